#pragma once
// Exports a network as an ONNX file, which other programs can run without gradflow. framework/gradflow/io/README.md
// lists the ONNX operators of each layer and activation.
#include <string>

#include <gradflow/io/model.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// What save_onnx() adds to the network.
struct OnnxOptions {
  /// If the outputs are logits, add the operator that turns them into probabilities: Softmax for class_logits, Sigmoid
  /// for one_logit and label_logits.
  bool probabilities = true;
};

/// Returns false in a build without protobuf (Debian's packages protobuf-compiler and libprotobuf-dev). In such a build
/// save_onnx() throws.
bool can_write_onnx();

/// Writes the complete file or nothing, with standard operators (opset 13) in float; double parameters are rounded.
/// Input of the graph: "x" [batch, inputs], the features before info.features is applied. Output of the graph
/// [batch, outputs]: "probabilities" if the outputs are logits (see reading_of()), or "logits" if options.probabilities
/// is false; for other outputs "y", with the scaling info.targets reverted. The metadata has loss, reads,
/// feature_names, class_names and label_names; the lists of names are JSON. The outputs differ from predict() by at
/// most 1e-5: absolute for numbers up to 1, relative for larger ones. Throws what reading_of() throws. Throws
/// ValueError if a layer or its activation is not one of the library's, if a number does not fit into float,
/// if info.targets is set although the outputs are logits, or if a text is not UTF-8. Throws ShapeError if a scaling
/// has another number of columns than the network. Throws std::system_error if the file cannot be written. Throws
/// std::runtime_error in a build without protobuf.
template <class T>
void save_onnx(const std::string& path, const Network<T>& network, const ModelInfo& info = {},
               const OnnxOptions& options = {});

}  // namespace gradflow

#pragma once
// A network as an ONNX file: what runs it then needs no gradflow. Which operators an activation becomes is in
// framework/gradflow/io/README.md.
#include <string>

#include <gradflow/io/model.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// What save_onnx() adds to the network.
struct OnnxOptions {
  /// Where the outputs are read as logits, let probabilities come out: by Softmax of classes, by Sigmoid of one logit
  /// and of labels.
  bool probabilities = true;
};

/// False in a build without protobuf (Debian's packages protobuf-compiler and libprotobuf-dev): then save_onnx()
/// throws.
bool can_write_onnx();

/// Writes the file whole or not at all, of standard operators (opset 13) in float: a network of doubles is rounded.
/// Its input is "x" [batch, inputs], as it was before info.features was applied; its output [batch, outputs] is
/// "probabilities"; "logits" where they are read so (reading_of()) and the option is off; else "y", after info.targets
/// was reverted. The metadata have loss, reads, feature_names, class_names and label_names, the names as JSON. What
/// comes out is predict()'s within 1e-5, of numbers above 1 relative to them.
/// Throws what reading_of() throws; ValueError for a layer that is not a dense one with an activation of the library,
/// for a number that float does not have, and for a text that is not UTF-8; ShapeError where a scaling is of another
/// width; std::system_error where the file cannot be written; std::runtime_error without protobuf.
template <class T>
void save_onnx(const std::string& path, const Network<T>& network, const ModelInfo& info = {},
               const OnnxOptions& options = {});

}  // namespace gradflow

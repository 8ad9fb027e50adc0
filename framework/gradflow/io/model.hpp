#pragma once
// A network in a file, with what is needed to use it: safetensors, one tensor for each block of parameters,
// "layer0.weight" [inputs, outputs], "layer0.bias" [outputs], "layer1.weight", ...
#include <optional>
#include <string>
#include <vector>

#include <gradflow/data/scaling.hpp>
#include <gradflow/nn/loss.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// What a network does not know itself: what goes in, and what comes out.
struct ModelInfo {
  std::string loss = {};                 ///< as make_loss() reads it, or of your own; empty: not said
  std::optional<Scaling> features = {};  ///< was applied to the inputs
  std::optional<Scaling> targets = {};   ///< was applied to the targets of a regression: revert() it of the outputs
  std::vector<std::string> feature_names = {};  ///< one for each input, or none
  std::vector<std::string> class_names = {};    ///< in the order of the class indices, or none
  std::string data_checksum = {};  ///< checksum() of the training data, as they were before features was applied
  std::vector<std::string> label_names = {};  ///< one for each output that says whether a label is true, or none
  std::optional<Reading> reads = {};          ///< of the outputs; empty: as the loss of that name reads them
};

/// info.reads, or what the loss of that name says, or values where there is neither a loss nor a name of a class or a
/// label. Throws ValueError where reads is empty and the loss is not one of the library.
Reading reading_of(const ModelInfo& info, std::size_t outputs);

/// What load_model() reads from a file.
template <class T = float>
struct Model {
  Network<T> network;  ///< with the parameters of the file
  ModelInfo info;      ///< as the file has it
};

/// Writes the file whole or not at all. Its metadata has the version of this form, the layers, the info, how the
/// outputs are read, and a checksum of all of it. Throws std::system_error, ValueError, and what reading_of() throws.
template <class T>
void save_model(const std::string& path, const Network<T>& network, const ModelInfo& info = {});

/// Makes the network that the file holds, of this version or an earlier one. Throws std::system_error where it cannot
/// be read, FormatError for what is not so: a byte that has changed, another type than T, a layer that is not a dense
/// one with an activation of the library (those need the other form).
template <class T = float>
Model<T> load_model(const std::string& path);

/// Reads the parameters into a network of yours, with layers of any kind, and returns the info. Throws as the other
/// form, and FormatError, naming all layers that differ; then the network is as it was.
template <class T>
ModelInfo load_model(const std::string& path, Network<T>& network);

}  // namespace gradflow

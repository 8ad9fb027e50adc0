#pragma once
// Saves a network, and everything needed to use it, in a safetensors file. The file has one tensor for each block of
// parameters, then for each block of state: "layer0.weight" [inputs, outputs], "layer0.bias" [outputs], "layer1.gain",
// ..., "layer1.running_mean", ... A block of one row is a tensor of one dimension, except "weight".
#include <optional>
#include <string>
#include <vector>

#include <gradflow/data/scaling.hpp>
#include <gradflow/nn/loss.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// The meaning of the inputs and outputs of a network. The network itself does not store it.
struct ModelInfo {
  std::string loss = {};                 ///< a name for make_loss(), or the name of your own loss; empty: not given
  std::optional<Scaling> features = {};  ///< the scaling that was applied to the inputs
  std::optional<Scaling> targets = {};   ///< the scaling that was applied to regression targets; see Scaling::revert()
  std::vector<std::string> feature_names = {};  ///< one for each input, or empty
  std::vector<std::string> class_names = {};    ///< in the order of the class indices, or empty
  std::string data_checksum = {};               ///< checksum() of the training data before `features` was applied
  std::vector<std::string> label_names = {};    ///< one for each output, if the outputs are labels; else empty
  std::optional<Reading> reads = {};            ///< how the outputs are read; empty: as `loss` reads them
};

/// Returns how the outputs are read: info.reads if it is set; Reading::values if info has no loss, no class names and
/// no label names; otherwise as the loss info.loss reads them. In the last case throws ValueError if the library has
/// no loss with this name, and what make_loss(info.loss) throws: NameError for "huber(delta", for example.
Reading reading_of(const ModelInfo& info, std::size_t outputs);

/// What load_model() reads from a file.
template <class T = float>
struct Model {
  Network<T> network;  ///< the network, with the parameters from the file
  ModelInfo info;      ///< the info from the file
};

/// Writes the complete file or nothing. The metadata of the file has the format version, the layers, the info, how the
/// outputs are read, and a checksum of the whole file. Throws std::system_error if the file cannot be written. Throws
/// ValueError if a text is not UTF-8. Also throws what reading_of() throws.
template <class T>
void save_model(const std::string& path, const Network<T>& network, const ModelInfo& info = {});

/// Makes the network that the file describes, in this format version or an earlier one. Throws std::system_error if the
/// file cannot be read. Throws FormatError if a byte of the file has changed, if its numbers are not of type T, or if
/// make_layer() cannot make a layer: one with an activation of your own, or of a kind that register_layer() has not
/// added. For such layers, use load_model(path, network).
template <class T = float>
Model<T> load_model(const std::string& path);

/// Reads parameters and states into an existing network, with layers of any kind, and returns the info. Throws
/// std::system_error if the file cannot be read. Throws FormatError if the file is damaged, if its numbers are not of
/// type T, or if layers differ; the message lists all layers that differ. If it throws, the network is unchanged.
template <class T>
ModelInfo load_model(const std::string& path, Network<T>& network);

}  // namespace gradflow

#pragma once
// Functions that model files and checkpoint files share; defined in model.cpp.
#include <span>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>

namespace gradflow::detail {

inline constexpr const char* format_version =
    "2";  ///< version 2 added reads, label_names, sample weights and layers that are not dense

/// The content of a model file, before it is written.
struct ModelParts {
  Metadata metadata;
  std::vector<Tensor> tensors;  ///< parameters and states; refers to their numbers, does not copy them
};

/// Returns the content of a model file. values: the network's own values(), or others, such as those of the best epoch.
/// They are kept by reference.
template <class T>
ModelParts model_parts(const Network<T>& network, std::span<const T> values, const ModelInfo& info);

/// Writes the complete file or nothing, with a checksum of all parts. Throws std::system_error, ValueError.
void write_sealed(const std::string& path, ModelParts parts);

/// Reads a file and verifies version and checksum. Throws what the constructor of SafetensorsFile throws, and
/// FormatError if write_sealed() did not write these bytes.
SafetensorsFile read_sealed(const std::string& path);

/// Does what load_model(path, network) does, with a file that has already been read.
template <class T>
ModelInfo read_model(const SafetensorsFile& file, Network<T>& network);

}  // namespace gradflow::detail

#pragma once
// What files of models and of checkpoints share; in model.cpp.
#include <span>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>

namespace gradflow::detail {

inline constexpr const char* format_version = "2";  ///< since it: reads, label_names, weights of samples

struct ModelParts {
  Metadata metadata;
  std::vector<Tensor> tensors;  ///< of the parameters, which are kept by reference
};

/// parameters: those of the network, or as many others
template <class T>
ModelParts model_parts(const Network<T>& network, std::span<const T> parameters, const ModelInfo& info);

/// Writes the file whole or not at all, with a checksum of all of it. Throws std::system_error, ValueError.
void write_sealed(const std::string& path, ModelParts parts);

/// Throws as SafetensorsFile, and FormatError where the file is not as write_sealed() wrote it.
SafetensorsFile read_sealed(const std::string& path);

/// load_model(path, network), of a file that was read.
template <class T>
ModelInfo read_model(const SafetensorsFile& file, Network<T>& network);

}  // namespace gradflow::detail

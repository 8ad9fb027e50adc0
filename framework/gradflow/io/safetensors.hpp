#pragma once
// Files in the safetensors format: named tensors and texts about them, which tools of every language read. A file is 8
// bytes with the header's length, little-endian; the header, JSON: {"__metadata__": {"key": "text"}, "name": {"dtype":
// "F32", "shape": [64, 32], "data_offsets": [begin, end]}, ...}, where offsets count from the header's end; and the
// numbers, without gaps.
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gradflow/base/memory.hpp>

namespace gradflow {

/// A tensor with a name. It does not own its numbers.
struct Tensor {
  std::string name;                  ///< "layer0.weight"; a file has each name once
  std::string type;                  ///< "F32", "F64"; a file may hold others
  std::vector<std::size_t> shape;    ///< [inputs, outputs]; empty: a single number
  std::span<const std::byte> bytes;  ///< row-major, little-endian
};

/// Texts by their keys, all in UTF-8.
using Metadata = std::map<std::string, std::string>;

/// T: float, double or std::uint64_t. The numbers are kept by reference. Throws ShapeError where there are not as many
/// as the shape says.
template <class T>
Tensor tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> numbers);

/// Writes the file whole or not at all. Throws std::system_error; ValueError for two tensors of one name, or for a text
/// that is not UTF-8.
void write_safetensors(const std::string& path, const Metadata& metadata, std::span<const Tensor> tensors);

/// A file that was read, and found to be as the format has it: no byte of it is anything but the header or a tensor's.
class SafetensorsFile {
 public:
  /// Throws std::system_error where it cannot be read, FormatError for what is not so. Memory and time grow with the
  /// bytes of the file, whatever its header promises.
  explicit SafetensorsFile(std::string path);
  SafetensorsFile(SafetensorsFile&&) = default;  // a copy's tensors would lie in the original

  const std::string& path() const { return path_; }       ///< as the constructor got it
  const Metadata& metadata() const { return metadata_; }  ///< empty where the header has none
  /// In the order of their bytes; these belong to this object.
  std::span<const Tensor> tensors() const;
  /// Copies a tensor's numbers; T as in tensor(). Throws FormatError where it is not there, or of another type or
  /// shape.
  template <class T>
  void read(const std::string& name, const std::vector<std::size_t>& shape, std::span<T> numbers) const;

 private:
  std::string path_;
  AlignedVector<std::byte> data_;
  Metadata metadata_;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::size_t> index_;  ///< of the tensors, by name
};

}  // namespace gradflow

#pragma once
// Reads and writes files in the safetensors format, which holds named tensors and texts and can be read in many
// languages. A file has three parts. First 8 bytes, little-endian: the length of the header. Then the header, in JSON:
// {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [64, 32], "data_offsets": [begin, end]}, ...};
// the offsets count from the end of the header. Then the numbers of all tensors, without gaps.
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gradflow/base/memory.hpp>

namespace gradflow {

/// A tensor with a name. It refers to numbers that another object owns.
struct Tensor {
  std::string name;                  ///< "layer0.weight"; different for each tensor of a file
  std::string type;                  ///< "F32", "F64"; files may contain other types
  std::vector<std::size_t> shape;    ///< [inputs, outputs]; empty: a single number
  std::span<const std::byte> bytes;  ///< row-major, little-endian
};

/// Texts with their keys, all in UTF-8.
using Metadata = std::map<std::string, std::string>;

/// Returns a tensor that refers to these numbers. T: float, double or std::uint64_t. Throws ShapeError if the count of
/// numbers does not fit the shape.
template <class T>
Tensor tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> numbers);

/// Writes the complete file or nothing. Throws std::system_error if the file cannot be written. Throws ValueError if
/// two tensors have the same name, or if a text is not UTF-8.
void write_safetensors(const std::string& path, const Metadata& metadata, std::span<const Tensor> tensors);

/// A file that was read and checked. Every byte of the file belongs to the header or to exactly one tensor.
class SafetensorsFile {
 public:
  /// Reads the file. Throws std::system_error if the file cannot be read, FormatError if it does not follow the format.
  /// Memory and time grow with the size of the file, not with sizes that its header claims.
  explicit SafetensorsFile(std::string path);
  SafetensorsFile(SafetensorsFile&&) = default;  // no copy: its tensors would refer to the original

  const std::string& path() const { return path_; }       ///< the path given to the constructor
  const Metadata& metadata() const { return metadata_; }  ///< empty if the header has none
  /// Returns the tensors in the order of their bytes in the file. The bytes are valid as long as this object exists.
  std::span<const Tensor> tensors() const;
  /// Copies the numbers of a tensor to `numbers`; T as in tensor(). Throws FormatError if the file has no tensor of
  /// this name, or if the tensor has another type or shape. Throws ShapeError if `numbers` has another size.
  template <class T>
  void read(const std::string& name, const std::vector<std::size_t>& shape, std::span<T> numbers) const;

 private:
  std::string path_;
  AlignedVector<std::byte> data_;
  Metadata metadata_;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::size_t> index_;  ///< index of each tensor in tensors_, by name
};

}  // namespace gradflow

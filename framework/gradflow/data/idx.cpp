#include <gradflow/data/idx.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/gz_file.hpp>

namespace gradflow {
namespace {

constexpr std::uint32_t labels_magic = 0x00000801;  // unsigned bytes (08), one dimension
constexpr std::uint32_t images_magic = 0x00000803;  // unsigned bytes, three dimensions

template <std::size_t dimensions>
struct Idx {
  std::array<std::size_t, dimensions> shape;
  std::vector<unsigned char> bytes;
};

std::string hexadecimal(std::uint32_t number) {
  std::array<char, 16> buffer;
  std::snprintf(buffer.data(), buffer.size(), "0x%08X", static_cast<unsigned>(number));
  return buffer.data();
}

std::uint32_t big_endian(std::span<const unsigned char> bytes) {
  std::uint32_t number = 0;
  for (const unsigned char byte : bytes.first(4)) number = number << 8 | byte;
  return number;
}

std::string hint_for(std::uint32_t magic) {
  if (magic == labels_magic) return "this file has labels. Are the two files swapped?";
  if (magic == images_magic) return "this file has images. Are the two files swapped?";
  const std::uint32_t type = magic >> 8;
  if (type == 0x08) return "this file has " + std::to_string(magic & 0xff) + " dimensions";
  if (type == 0x09 || (type >= 0x0B && type <= 0x0E)) return "the elements of this file are not unsigned bytes";
  return "is this an IDX file?";
}

void require_magic(const std::string& path, std::uint32_t magic, std::uint32_t expected) {
  if (magic != expected)
    throw FormatError({path, "magic number", hexadecimal(magic), hexadecimal(expected), hint_for(magic)});
}

/// Returns the product of the dimensions. Throws FormatError if a dimension is 0 or the product is too large.
std::size_t element_count(const std::string& path, std::span<const std::size_t> shape) {
  std::size_t count = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::string what = "dimension " + std::to_string(i);
    if (shape[i] == 0) throw FormatError({path, what, "0", "at least 1", {}});
    if (count > std::numeric_limits<std::size_t>::max() / 16 / shape[i])
      throw FormatError({path, what, std::to_string(shape[i]), "fewer elements than memory can hold", {}});
    count *= shape[i];
  }
  return count;
}

template <std::size_t dimensions>
std::array<std::size_t, dimensions> read_shape(const std::string& path, detail::GzFile& file, std::uint32_t magic) {
  constexpr std::size_t size = 4 + 4 * dimensions;
  const std::vector<unsigned char> header = file.read(size);
  if (header.size() >= 4) require_magic(path, big_endian(header), magic);
  if (header.size() < size)
    throw FormatError({path, "header", std::to_string(header.size()) + " bytes", std::to_string(size), {}});
  std::array<std::size_t, dimensions> shape;
  for (std::size_t i = 0; i < dimensions; ++i) shape[i] = big_endian(std::span(header).subspan(4 + 4 * i));
  return shape;
}

/// Throws FormatError if the file cannot hold the bytes that its header announces. Called before memory is allocated.
void require_bytes(const std::string& path, const detail::GzFile& file, std::size_t header, std::size_t expected) {
  const std::size_t most = file.most();
  if (expected <= most && header <= most - expected) return;
  const std::string got = std::to_string(most - std::min(most, header)), announced = std::to_string(expected);
  if (file.is_gzipped())
    throw FormatError({path,
                       "the header announces " + announced + " bytes, but at most " + got +
                           " are unpacked from a gzipped file of this size",
                       {},
                       {},
                       "if you trust the file, unpack it with gunzip"});
  throw FormatError({path, "bytes after the header", got, announced, "the file is cut off"});
}

template <std::size_t dimensions>
Idx<dimensions> read_idx(const std::string& path, std::uint32_t magic) {
  detail::GzFile file(path);
  Idx<dimensions> idx{read_shape<dimensions>(path, file, magic), {}};
  const std::size_t expected = element_count(path, idx.shape);
  require_bytes(path, file, 4 + 4 * dimensions, expected);
  idx.bytes = file.read(expected);
  if (idx.bytes.size() != expected)
    throw FormatError({path, "bytes after the header", std::to_string(idx.bytes.size()), std::to_string(expected),
                       "the file is cut off"});
  if (!file.read(1).empty())
    throw FormatError(
        {path, "bytes after the header", "more than " + std::to_string(expected), std::to_string(expected), {}});
  return idx;
}

std::vector<std::string> pixel_names(std::size_t height, std::size_t width) {
  std::vector<std::string> names;
  names.reserve(height * width);
  for (std::size_t row = 0; row < height; ++row)
    for (std::size_t column = 0; column < width; ++column)
      names.push_back("p" + std::to_string(row) + "_" + std::to_string(column));
  return names;
}

void require_labels_in_range(const std::string& path, std::span<const unsigned char> labels, std::size_t classes) {
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](unsigned char label) { return label >= classes; });
  if (bad != labels.end())
    throw FormatError({path, "label of image " + std::to_string(bad - labels.begin()), std::to_string(*bad),
                       "less than " + std::to_string(classes), "class_names needs a name for each label"});
}

template <class T>
Matrix<T> matrix(std::size_t rows, std::span<const unsigned char> bytes, T unit) {
  Matrix<T> m = zeros<T>(rows, bytes.size() / rows);
  std::transform(bytes.begin(), bytes.end(), m.data(), [unit](unsigned char byte) { return T(byte) / unit; });
  return m;
}

}  // namespace

template <class T>
Dataset<T> load_idx(const std::string& images_path, const std::string& labels_path, const IdxOptions& options) {
  const Idx<1> labels = read_idx<1>(labels_path, labels_magic);
  require_labels_in_range(labels_path, labels.bytes, options.class_names.size());
  const Idx<3> images = read_idx<3>(images_path, images_magic);
  const auto [count, height, width] = images.shape;
  if (count != labels.shape[0])
    throw FormatError({images_path,
                       "images",
                       std::to_string(count),
                       std::to_string(labels.shape[0]) + ", the number of labels in " + labels_path,
                       {}});
  return {matrix<T>(count, images.bytes, 255), matrix<T>(count, labels.bytes, 1), pixel_names(height, width),
          options.class_names};
}

template Dataset<float> load_idx(const std::string&, const std::string&, const IdxOptions&);
template Dataset<double> load_idx(const std::string&, const std::string&, const IdxOptions&);

}  // namespace gradflow

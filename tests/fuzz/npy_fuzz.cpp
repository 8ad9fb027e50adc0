// Target: load_npy, write_npy and load_npy_dataset. Input: a byte with the version. 1, 2 or 3: the target writes the
// magic bytes and the length of the header; the rest is a header, a line end, and the numbers. Other versions: the rest
// is a whole file. The file is read as an array, and as the features and the targets of a data set.
#include <cmath>
#include <cstring>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/npy.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {
namespace {

std::string file_of(Input input) {
  const std::uint8_t version = input.byte();
  if (version < 1 || version > 3) return std::string(input.rest());
  const std::string header = std::string(input.line()) + "\n";
  std::string file = "\x93NUMPY";
  (file += static_cast<char>(version)) += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(header.size() >> (8 * i));
  return file + header + std::string(input.rest());
}

/// The array must fill the file, and must come back with the same bits when it is written.
template <class T>
bool load(const MemoryFile& file, const std::string& content, Matrix<T>& m) {
  const std::string& path = file.write(content);
  if (!accepted<FormatError>([&] { m = load_npy<T>(path); })) return false;
  require(m.size() <= content.size(), "a number for at least one byte");
  std::string written;
  detail::write_npy([&](std::string_view piece) { written += piece; }, m);
  const Matrix<T> again = load_npy<T>(file.write(written));
  require(again.shape() == m.shape(), "the same shape");
  require(m.size() == 0 || std::memcmp(again.data(), m.data(), m.size() * sizeof(T)) == 0, "the same numbers");
  return true;
}

void load_both(const std::string& path, Target target) {
  Dataset<float> data;
  if (!accepted<FormatError, ValueError>([&] { data = load_npy_dataset<float>(path, path, {.target = target}); }))
    return;
  require(samples(data) > 0 && features(data) > 0 && rows(data.y) == samples(data), "features and targets");
  require_finite(data, "data");
  require(is_classification(data) == (target == Target::classes), "names for classes");
  if (target == Target::values) return;
  require(columns(data.y) == 1 && classes(data) >= 2, "two classes");
  for (const float y : flat(data.y))
    require(y >= 0 && y == std::floor(y) && static_cast<std::size_t>(y) < classes(data), "class indices");
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  static const fuzz::MemoryFile file;
  const fuzz::MemoryLimit limit((std::size_t(4) << 20) + 256 * size);
  const std::string content = fuzz::file_of({data, size});
  Matrix<float> floats;
  Matrix<double> doubles;
  const bool as_floats = fuzz::load(file, content, floats), as_doubles = fuzz::load(file, content, doubles);
  fuzz::require(as_doubles || !as_floats, "a double for each float");
  if (as_floats) {
    fuzz::require(floats.shape() == doubles.shape(), "the same shape");
    for (std::size_t i = 0; i < floats.size(); ++i)
      fuzz::require(std::isnan(doubles.data()[i])
                        ? std::isnan(floats.data()[i])
                        : std::abs(floats.data()[i] - static_cast<float>(doubles.data()[i])) <=
                                  std::abs(floats.data()[i]) * 1e-6f ||
                              floats.data()[i] == static_cast<float>(doubles.data()[i]),
                    "the same number, rounded");
  }
  const std::string& path = file.write(content);
  for (const Target target : {Target::classes, Target::values}) fuzz::load_both(path, target);
  return 0;
}

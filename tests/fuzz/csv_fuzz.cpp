// Target: load_csv. Input: a byte of flags (1: header, 2: values), the separator, a byte (modulo 32: length of the name
// of the label column), this name, the file.
#include <cmath>
#include <set>
#include <string>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/csv.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {
namespace {

template <class T>
void check_classes(const Dataset<T>& data) {
  std::set<T> used;
  for (const T index : flat(data.y)) used.insert(index);
  require(classes(data) >= 2 && used.size() == classes(data), "at least two classes, each with a sample");
  require(*used.begin() == 0 && *used.rbegin() == static_cast<T>(classes(data) - 1), "indices of classes");
  require(std::set(data.class_names.begin(), data.class_names.end()).size() == classes(data), "different names");
}

template <class T>
void check(const Dataset<T>& data, const CsvOptions& options) {
  require(samples(data) > 0 && rows(data.y) == samples(data) && columns(data.y) == 1, "a target for each sample");
  require(features(data) > 0 && data.feature_names.size() == features(data), "a name for each feature");
  require_finite(data, "csv");
  require(is_classification(data) == (options.target == Target::classes), "classes or values");
  if (is_classification(data)) check_classes(data);
}

/// Checks that the data in float are the data in double, rounded.
void check_alike(const Dataset<float>& rounded, const Dataset<double>& data) {
  require(rounded.x.shape() == data.x.shape() && rounded.class_names == data.class_names, "the same shape and names");
  for (std::size_t i = 0; i < data.x.size(); ++i)
    require(flat(rounded.x)[i] == static_cast<float>(flat(data.x)[i]), "the number in double, rounded");
}

void load(const std::string& path, const CsvOptions& options) {
  Dataset<float> rounded;
  Dataset<double> data;
  const bool as_float = accepted<FormatError, NameError, ValueError>([&] { rounded = load_csv<float>(path, options); });
  const bool as_double = accepted<FormatError, NameError, ValueError>([&] { data = load_csv<double>(path, options); });
  require(as_double || !as_float, "a file that is accepted as float is accepted as double");
  if (as_double) check(data, options);
  if (!as_float) return;
  check(rounded, options);
  check_alike(rounded, data);
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  static const fuzz::MemoryFile file;
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  CsvOptions options{.header = (flags & 1) != 0, .target = flags & 2 ? Target::values : Target::classes};
  options.separator = static_cast<char>(input.byte());
  options.label = input.text(input.byte() % 32);
  const std::string content = fuzz::expanded(input.rest());
  const fuzz::MemoryLimit limit((std::size_t(1) << 20) + 256 * content.size());
  fuzz::load(file.write(content), options);
  return 0;
}

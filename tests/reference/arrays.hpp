#pragma once
// Reads the arrays that make_reference.py wrote, by name, and measures differences from them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/base/numbers.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/math/tensor.hpp>

namespace gradflow::reference {

namespace detail {

/// Reads a file of arrays. Each array is a line "@ ROWS COLUMNS NAME", followed by a line for each row. A line that
/// begins with # is a comment.
class ArrayFile {
 public:
  explicit ArrayFile(const std::string& path) : path_(path), file_(path) {
    if (!file_) throw_system_error(path, "cannot read");
  }

  std::map<std::string, Matrix<double>> read() {
    std::map<std::string, Matrix<double>> arrays;
    while (next_line()) read_array(arrays);
    return arrays;
  }

 private:
  /// Reads the next line that is not a comment. Returns false at the end of the file.
  bool next_line() {
    do {
      if (!std::getline(file_, line_)) return false;
      ++number_;
    } while (line_.starts_with('#'));
    return true;
  }

  void read_array(std::map<std::string, Matrix<double>>& arrays) {
    std::istringstream head(line_);
    char at = 0;
    std::size_t rows = 0, columns = 0;
    std::string name;
    if (!(head >> at >> rows >> columns) || at != '@' || !std::getline(head >> std::ws, name))
      complain("array", in_quotes(line_), "@ ROWS COLUMNS NAME");
    if (arrays.contains(name)) complain("array", in_quotes(name) + " again", "each once");
    Matrix<double>& array = arrays.try_emplace(name, zeros<double>(rows, columns)).first->second;
    for (std::size_t i = 0; i < rows; ++i) {
      if (!next_line()) complain("rows", std::to_string(i), std::to_string(rows) + " in " + in_quotes(name));
      read_row(row(array, i));
    }
  }

  void read_row(std::span<double> numbers) {
    std::istringstream text(line_);
    std::size_t count = 0;
    for (std::string word; text >> word; ++count) {
      const auto number = parse_number(word);
      if (!number) complain("number", in_quotes(word), "a number");
      if (count < numbers.size()) numbers[count] = *number;
    }
    if (count != numbers.size()) complain("columns", std::to_string(count), std::to_string(numbers.size()));
  }

  [[noreturn]] void complain(std::string what, std::string got, std::string expected) const {
    throw FormatError(
        {path_ + ":" + std::to_string(number_), std::move(what), std::move(got), std::move(expected), {}});
  }

  std::string path_;
  std::ifstream file_;
  std::string line_;
  std::size_t number_ = 0;  // number of the current line, from 1
};

}  // namespace detail

class Arrays {
 public:
  /// Throws FormatError, with file and line, if the format is wrong, and std::system_error if the file cannot be read.
  explicit Arrays(const std::string& path) : path_(path), arrays_(detail::ArrayFile(path).read()) {}

  bool contains(const std::string& name) const { return arrays_.contains(name); }
  /// Returns an array: [rows, columns]. Throws NameError if there is no array of this name.
  const Matrix<double>& operator[](const std::string& name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) throw NameError({path_, "array", in_quotes(name), "one that is there", {}});
    return found->second;
  }
  /// Returns the names that end with `end`, without this end, such as cases("; loss").
  std::vector<std::string> cases(std::string_view end) const {
    std::vector<std::string> found;
    for (const auto& [name, array] : arrays_)
      if (name.ends_with(end)) found.push_back(name.substr(0, name.size() - end.size()));
    return found;
  }

 private:
  std::string path_;
  std::map<std::string, Matrix<double>> arrays_;
};

/// Reads a stored file beside the tests, such as "losses.txt".
inline Arrays stored(const std::string& file) { return Arrays(GRADFLOW_REFERENCE "/" + file); }

/// Returns the part of a name before the first "; ".
inline std::string first_part(const std::string& name) { return name.substr(0, name.find("; ")); }

/// Returns the policies of the list for which there is no name that begins with the policy.
template <class List>
std::vector<std::string> not_among(const std::vector<std::string>& names, List list) {
  std::vector<std::string> missing;
  for (const std::string_view policy : names_of(list))
    if (std::ranges::none_of(
            names, [&](const auto& name) { return parse_policy("reference", first_part(name)).name == policy; }))
      missing.emplace_back(policy);
  return missing;
}

template <class T>
Matrix<T> rounded(const Matrix<double>& array) {
  auto copy = zeros<T>(rows(array), columns(array));
  std::ranges::transform(flat(array), copy.data(), [](double x) { return static_cast<T>(x); });
  return copy;
}

inline void check_sizes(std::size_t got, std::size_t expected) {
  if (got != expected) throw ShapeError({"comparison", "numbers", std::to_string(got), std::to_string(expected), {}});
}

/// Returns the largest |got - expected| / |expected|, or NaN if any number is NaN.
template <class T>
double relative_difference(std::span<const T> got, std::span<const double> expected) {
  check_sizes(got.size(), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double off = std::abs(static_cast<double>(got[i]) - expected[i]);
    const double relative = off > 0 ? off / std::abs(expected[i]) : off;
    if (std::isnan(relative)) return relative;
    worst = std::max(worst, relative);
  }
  return worst;
}

/// Returns ||got - expected|| / ||expected||.
template <class T>
double distance(std::span<const T> got, std::span<const double> expected) {
  check_sizes(got.size(), expected.size());
  std::vector<double> off(got.size());
  for (std::size_t i = 0; i < off.size(); ++i) off[i] = static_cast<double>(got[i]) - expected[i];
  return norm(off) / norm(expected);
}

}  // namespace gradflow::reference

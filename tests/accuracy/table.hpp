#pragma once
// Writes the measured errors as a Markdown table.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <accuracy/accuracy.hpp>

namespace gradflow::test {

/// Returns the error and its argument: "2.28 at -3.4373". If there is no error: "0".
template <class T>
std::string cell(const typename Errors<T>::Worst& worst) {
  if (worst.amount == 0) return "0";
  return fmt::format("{:.3g} at {}", static_cast<double>(worst.amount), worst.sample.z);
}

template <class T>
std::string row(std::string_view name, const Accuracy<T>& accuracy) {
  return fmt::format("| {} | {} | {} | {} | {} |\n", name, cell<T>(accuracy.value.ulps()),
                     cell<T>(accuracy.value.share()), cell<T>(accuracy.slope.ulps()), cell<T>(accuracy.slope.share()));
}

/// Returns the head of a table. `arguments` is its title: "float, every number".
inline std::string table_head(std::string_view arguments) {
  return fmt::format(
      "**{}**\n\n"
      "| activation | value: error in ulp | value: error / bound | slope: error in ulp | slope: error / bound |\n"
      "|---|---|---|---|---|\n",
      arguments);
}

/// put_into_file() replaces the text between the two lines of the file that mark its place. check_place() only looks
/// for these lines. Both throw FormatError if the lines are missing, and std::system_error if the file cannot be read
/// or written.
void check_place(const std::string& path);
void put_into_file(const std::string& path, const std::string& text);

/// Returns what the errors depend on: "AMD EPYC, 16 floats per register, with fused multiply-add; g++ 12.2.0".
std::string machine();

}  // namespace gradflow::test

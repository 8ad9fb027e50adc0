#pragma once
// The table of what was measured, as Markdown.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <accuracy/accuracy.hpp>

namespace gradflow::test {

/// "2.28 at -3.4373"; 0 is nowhere.
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

/// Its head; rows follow. arguments: "float: every number"
inline std::string table_head(std::string_view arguments) {
  return fmt::format(
      "**{}**\n\n| activation | value: ulp | of the bound | slope: ulp | of the bound |\n|---|---|---|---|---|\n",
      arguments);
}

/// The text stands between two lines of the file that mark its place. Both throw FormatError where they are not there,
/// std::system_error where the file cannot be read or written.
void check_place(const std::string& path);
void put_into_file(const std::string& path, const std::string& text);

/// "AMD EPYC, 16 floats at once, with fused multiply-add; g++ 12.2.0": what the numbers depend on.
std::string machine();

}  // namespace gradflow::test

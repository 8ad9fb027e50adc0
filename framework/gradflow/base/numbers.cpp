#include <gradflow/base/numbers.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <system_error>

namespace gradflow {
namespace {

std::string_view without_plus(std::string_view text) {
  return text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
}

/// Returns +-infinity for a number too large for a double, and 0 for a number too small: from_chars reports the same
/// error for both, but a stream distinguishes them.
double beyond_range(std::string_view text) {
  std::istringstream stream{std::string(text)};
  stream.imbue(std::locale::classic());
  double nearest = 0;
  stream >> nearest;
  return std::abs(nearest) > 1 ? std::copysign(std::numeric_limits<double>::infinity(), nearest) : 0;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = without_plus(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  return error == std::errc::result_out_of_range ? beyond_range(text) : number;
}

template <class Whole>
std::optional<Whole> parse_whole(std::string_view text) {
  text = without_plus(text);
  Whole number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template std::optional<std::size_t> parse_whole(std::string_view);
template std::optional<long long> parse_whole(std::string_view);

}  // namespace gradflow

#pragma once
// Converts text to numbers, independently of the locale.
#include <optional>
#include <string_view>

namespace gradflow {

/// Returns the number if the whole text is one number. If not, returns nothing. Accepts "1.5", "+.5", "-2e-3", "inf"
/// and "nan". A number too small for a double becomes 0, a number too large becomes +-infinity.
std::optional<double> parse_number(std::string_view text);

/// Returns the number if the whole text is one whole number that Whole can hold. If not, returns nothing.
/// Whole: std::size_t or long long.
template <class Whole>
std::optional<Whole> parse_whole(std::string_view text);

}  // namespace gradflow

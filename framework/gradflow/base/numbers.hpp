#pragma once
// From text to number, whatever the locale.
#include <optional>
#include <string_view>

namespace gradflow {

/// Nothing where the text, all of it, is no number. Taken: "1.5", "+.5", "-2e-3", "inf", "nan". What is too small for a
/// double is 0, what is too large an infinity.
std::optional<double> parse_number(std::string_view text);

/// Nothing where the text, all of it, is no whole number, or one that Whole does not hold.
/// Whole: std::size_t or long long.
template <class Whole>
std::optional<Whole> parse_whole(std::string_view text);

}  // namespace gradflow

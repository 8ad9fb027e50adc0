#pragma once
// Reads option values that are lists, and whole numbers.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Splits at commas outside parentheses: "a, b(c=1,d=2)" -> "a", "b(c=1,d=2)".
std::vector<std::string> split_list(std::string_view text);

/// Returns the text as a whole number. Throws ValueError, which begins with where, if the text is not a whole number of
/// at least min.
std::size_t to_whole(std::string_view where, std::string_view text, std::size_t min);

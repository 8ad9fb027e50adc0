#pragma once
// Reads an option value that is a whole number.
#include <cstddef>
#include <string_view>

/// Returns the text as a whole number. Throws ValueError, which begins with where, if the text is not a whole number of
/// at least min.
std::size_t to_whole(std::string_view where, std::string_view text, std::size_t min);

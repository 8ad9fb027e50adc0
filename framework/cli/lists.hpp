#pragma once
// The texts of options that are more than one word, and whole numbers in them.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// "a, b(c=1,d=2)" -> "a", "b(c=1,d=2)"
std::vector<std::string> split_list(std::string_view text);

/// Throws ValueError, naming where, where the text is no whole number of at least min.
std::size_t to_whole(std::string_view where, std::string_view text, std::size_t min);

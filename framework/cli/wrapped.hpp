#pragma once
// Wraps text for a terminal of 100 columns.
#include <string>
#include <string_view>

/// Returns the words of the text in lines of at most 100 characters. Each line begins with the indent and ends with a
/// newline.
std::string wrapped(std::string_view text, std::string_view indent);

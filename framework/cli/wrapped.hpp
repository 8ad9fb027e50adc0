#pragma once
// Text for a terminal of 100 columns.
#include <string>
#include <string_view>

/// The words of a text in lines of at most 100 characters, each with the indent in front and a newline behind.
std::string wrapped(std::string_view text, std::string_view indent);

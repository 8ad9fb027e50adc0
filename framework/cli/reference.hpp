#pragma once
// Writes the manual page and the completion for bash. Both are made from the commands' options, like the help.
#include <string>
#include <string_view>

/// Returns a script for bash that completes the names of commands and options.
std::string bash_completion();

/// Returns the manual page gradflow(1) in the language of man.
std::string manual_page(std::string_view version);

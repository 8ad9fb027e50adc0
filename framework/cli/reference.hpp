#pragma once
// The manual page and the completion for bash: like the help, they come from the table of the commands' options.
#include <string>
#include <string_view>

/// A script for bash, which completes the names of commands and options.
std::string bash_completion();

/// gradflow(1), in the language of man.
std::string manual_page(std::string_view version);

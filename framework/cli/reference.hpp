#pragma once
// What is made of the commands' options beside their help: both come from the same table.
#include <string>
#include <string_view>

/// A script for bash, which completes the names of commands and options.
std::string bash_completion();

/// gradflow(1), in the language of man.
std::string manual_page(std::string_view version);

#pragma once
// The error for an argument that a command does not know.
#include <string>

#include <CLI/CLI.hpp>

/// Throws NameError: "option: got '--lr', expected an option of gradflow train; did you mean '--learning-rate'?". The
/// hint names the similar options of the command, else the commands that have such an option, else the options whose
/// help has the word, else how to see all options.
[[noreturn]] void throw_unknown_option(const CLI::App& app, const std::string& typed);

/// Returns "compare, train and sweep have '--learning-rate'" for the options with this name, else for the options that
/// it is short for: "--lr". Returns an empty text if there is none.
std::string commands_with(const std::string& typed);

#pragma once
// Finds out whether lines can be erased and redrawn, and whether colours are wanted.
#include <cstdio>

namespace gradflow {

/// Returns true if the stream is a terminal (not a file or pipe) with escape sequences: TERM is set and not "dumb".
bool is_capable_terminal(std::FILE* file);

/// Returns true unless the user has set NO_COLOR to a text that is not empty (https://no-color.org).
bool colours_are_wanted();

}  // namespace gradflow

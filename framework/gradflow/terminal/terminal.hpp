#pragma once
// Where lines can be erased and drawn again.
#include <cstdio>

namespace gradflow {

/// Whether the file is a terminal that knows escape sequences: neither a file nor a pipe, and TERM is set and not dumb.
bool is_capable_terminal(std::FILE* file);

/// Whether colours may be shown on such a terminal: the user has not set NO_COLOR (https://no-color.org).
bool colours_are_wanted();

}  // namespace gradflow

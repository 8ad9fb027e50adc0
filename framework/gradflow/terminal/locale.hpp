#pragma once
// Which characters a terminal can show.

namespace gradflow {

/// Returns true if the user's locale is UTF-8, by the first of LC_ALL, LC_CTYPE and LANG that is set and not empty.
bool locale_is_utf8();

}  // namespace gradflow

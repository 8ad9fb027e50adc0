#pragma once
// Which characters a terminal may be shown.

namespace gradflow {

/// What the user's locale asks for: LC_ALL, LC_CTYPE or LANG, the first that is set.
bool locale_is_utf8();

}  // namespace gradflow

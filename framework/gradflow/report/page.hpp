#pragma once
#include <string_view>

namespace gradflow::detail {

/// page.html with its style, D3 and its script in their places, and @DATA@ still to be filled in. Empty in a build
/// without D3.
std::string_view page();

}  // namespace gradflow::detail

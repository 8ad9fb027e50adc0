#pragma once
// Checks JSON from untrusted files before it is parsed. For the library's own use.
#include <cstddef>
#include <string>
#include <vector>

namespace gradflow::detail {

/// Returns the fault of a JSON text: it is not JSON, has a number that is too large, is nested deeper than `deepest`,
/// or has a name twice in one object. Returns an empty text if there is no fault: the text can then be parsed safely.
/// json_fault() itself needs time and memory about in proportion to the text's size. The parser that builds a whole
/// document can need time quadratic in the size if it calls a callback, and deep nesting can overflow the stack. names:
/// receives the names of the members of the outermost object, in their order; null: the names are not needed.
std::string json_fault(const std::string& text, std::size_t deepest, std::vector<std::string>* names = nullptr);

}  // namespace gradflow::detail

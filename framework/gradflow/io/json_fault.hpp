#pragma once
// Whether JSON that somebody else wrote can be read. For the library's own use.
#include <cstddef>
#include <string>
#include <vector>

namespace gradflow::detail {

/// In words what is wrong with a text: that it is no JSON, nested deeper than that, or has a name twice in one object;
/// empty where it can be read, in the time, memory and stack that its size allows. Those of the parser that keeps all
/// of it may be the square of its size where it is asked to tell what it reads, and a stack ends where a text still
/// nests. names: those of the outermost object, in their order; null: not asked for.
std::string json_fault(const std::string& text, std::size_t deepest, std::vector<std::string>* names = nullptr);

}  // namespace gradflow::detail

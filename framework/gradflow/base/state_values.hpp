#pragma once
// The values that a StateVisitor saves and loads, for classes that store them in a file.
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace gradflow {

/// A saved value: numbers, exact to the bit, or a text.
using StateValue = std::variant<std::vector<float>, std::vector<double>, std::vector<std::uint64_t>, std::string>;

/// Saved values by name, such as "early_stopping.best_loss".
struct State : std::map<std::string, StateValue> {};

}  // namespace gradflow

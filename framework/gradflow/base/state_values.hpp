#pragma once
// What a StateVisitor saves and loads, value by value, for a class that stores it in a file.
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace gradflow {

/// Numbers, exact to the bit, or a text.
using StateValue = std::variant<std::vector<float>, std::vector<double>, std::vector<std::uint64_t>, std::string>;

/// Values by their names: "early_stopping.best_loss".
struct State : std::map<std::string, StateValue> {};

}  // namespace gradflow

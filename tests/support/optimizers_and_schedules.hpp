#pragma once
// Every optimiser and every schedule of the library, as texts, to be tried with each other.
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>

namespace gradflow {

/// With those that differ by what they remember.
inline std::vector<std::string> all_optimizers() {
  std::vector<std::string> all = {"sgd(momentum=0.9)", "sgd(momentum=0.9,nesterov=true)", "rmsprop(momentum=0.5)"};
  for (const std::string_view name : names_of(Optimizers{})) all.emplace_back(name);
  return all;
}

/// Those that depend on the run's length have one of their own: this many steps.
inline std::vector<std::string> all_schedules(std::size_t steps) {
  const std::string length = "(steps=" + std::to_string(steps) + ")";
  const std::map<std::string, std::string, std::less<>> parameters = {{"step", "(every=3)"},
                                                                      {"cosine", length},
                                                                      {"linear_warmup", "(steps=7)"},
                                                                      {"one_cycle", length},
                                                                      {"on_plateau", "(patience=1,threshold=0.5)"}};
  std::vector<std::string> all;
  for (const std::string_view name : names_of(Schedules{})) {
    const auto found = parameters.find(name);
    all.push_back(std::string(name) + (found == parameters.end() ? "" : found->second));
  }
  return all;
}

}  // namespace gradflow

#pragma once
// Texts for every optimiser and every schedule of the library, so that a test can try all combinations.
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>

namespace gradflow {

/// All optimisers by name, and variants that keep other state (momentum, Nesterov).
inline std::vector<std::string> all_optimizers() {
  std::vector<std::string> all = {"sgd(momentum=0.9)", "sgd(momentum=0.9,nesterov=true)", "rmsprop(momentum=0.5)"};
  for (const std::string_view name : names_of(Optimizers{})) all.emplace_back(name);
  return all;
}

/// All schedules. cosine and one_cycle get the fixed length `steps`, so they do not depend on the length of the run.
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

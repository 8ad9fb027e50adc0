#pragma once
// check_optimizer() tests that an optimiser treats all parameters alike, whatever tensor they belong to. It finds
// faults that a gradient check cannot find: a step counter that advances once per tensor, a state that two tensors
// share, a state that survives reset(), and an update that depends on neighbouring parameters.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <gradflow/check/check_report.hpp>
#include <gradflow/optim/optimizer.hpp>
#include <gradflow/optim/rule_optimizer.hpp>

namespace gradflow {

/// Returns a new optimiser at each call, always with the same settings.
using MakeOptimizer = std::function<std::unique_ptr<Optimizer<double>>()>;

/// Steps and tensors of check_optimizer().
struct OptimizerCheckOptions {
  std::size_t steps = 100;                            ///< at least 2
  std::vector<std::size_t> tensors = {12, 3, 33, 1};  ///< size of each tensor; at least two tensors
  std::uint64_t seed = 1;
};

/// Checks an optimiser that updates each parameter by itself, with or without momentum and weight decay. Errors are
/// relative; most comparisons require the same bits. Throws ValueError if make() returns null, if there are fewer than
/// two steps or tensors, or if a tensor is empty.
CheckReport check_optimizer(const MakeOptimizer& make, const OptimizerCheckOptions& options = {});

/// Checks the optimiser of a rule: check_optimizer<SignSgd>(), check_optimizer(AdamRule{.weight_decay = 0.1}).
template <OptimizerRule Rule>
CheckReport check_optimizer(const Rule& rule = {}, const OptimizerCheckOptions& options = {}) {
  return check_optimizer(MakeOptimizer([rule] { return std::make_unique<RuleOptimizer<Rule, double>>(rule); }),
                         options);
}

}  // namespace gradflow

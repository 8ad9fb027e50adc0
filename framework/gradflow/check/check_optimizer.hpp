#pragma once
// Does an optimiser treat all parameters alike, wherever they lie? For what is easy to get wrong, and shows in no
// gradient check: a step counter that advances once per tensor, a state that two tensors share or that outlives a
// reset, a choice that one parameter makes for its neighbours.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <gradflow/check/check_report.hpp>
#include <gradflow/optim/optimizer.hpp>
#include <gradflow/optim/rule_optimizer.hpp>

namespace gradflow {

/// Makes a new optimiser, the same each time.
using MakeOptimizer = std::function<std::unique_ptr<Optimizer<double>>()>;

/// Steps and tensors of check_optimizer().
struct OptimizerCheckOptions {
  std::size_t steps = 100;                            ///< at least 2
  std::vector<std::size_t> tensors = {12, 3, 33, 1};  ///< their sizes, as a network's weights and biases; two at least
  std::uint64_t seed = 1;
};

/// For optimisers that look at one parameter at a time, with or without momentum and decay. Errors are relative; most
/// comparisons are bit for bit. Throws ValueError where make() gives nothing or an option asks for nothing.
CheckReport check_optimizer(const MakeOptimizer& make, const OptimizerCheckOptions& options = {});

/// check_optimizer<SignSgd>(), check_optimizer(AdamRule{.weight_decay = 0.1})
template <OptimizerRule Rule>
CheckReport check_optimizer(const Rule& rule = {}, const OptimizerCheckOptions& options = {}) {
  return check_optimizer(MakeOptimizer([rule] { return std::make_unique<RuleOptimizer<Rule, double>>(rule); }),
                         options);
}

}  // namespace gradflow

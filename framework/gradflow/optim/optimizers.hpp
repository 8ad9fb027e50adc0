#pragma once
// The optimisers: by type, as in Adam adam({.learning_rate = 0.01}), and by name, as in
// make_optimizer("adam(learning_rate=0.01)").
#include <memory>
#include <string_view>

#include <gradflow/optim/optimizer.hpp>
#include <gradflow/optim/rule_optimizer.hpp>
#include <gradflow/optim/rules.hpp>

namespace gradflow {

// These are compiled once, in the library.
extern template class RuleOptimizer<SgdRule, float>;
extern template class RuleOptimizer<SgdRule, double>;
extern template class RuleOptimizer<AdagradRule, float>;
extern template class RuleOptimizer<AdagradRule, double>;
extern template class RuleOptimizer<RmsPropRule, float>;
extern template class RuleOptimizer<RmsPropRule, double>;
extern template class RuleOptimizer<AdamRule, float>;
extern template class RuleOptimizer<AdamRule, double>;
extern template class RuleOptimizer<AdamWRule, float>;
extern template class RuleOptimizer<AdamWRule, double>;

// These are classes instead of aliases, so that `Adam adam(...)` means Adam<float>.

/// Stochastic gradient descent, plain or with momentum: SgdRule.
template <class T = float>
class Sgd : public RuleOptimizer<SgdRule, T> {
 public:
  /// Throws ValueError if a hyper-parameter is outside its range, or for nesterov without momentum.
  explicit Sgd(SgdRule rule = {}) : RuleOptimizer<SgdRule, T>(rule) {}
};

/// Divides the gradient by the root of the sum of all its squares so far: AdagradRule.
template <class T = float>
class Adagrad : public RuleOptimizer<AdagradRule, T> {
 public:
  /// Throws ValueError if a hyper-parameter is outside its range.
  explicit Adagrad(AdagradRule rule = {}) : RuleOptimizer<AdagradRule, T>(rule) {}
};

/// Divides the gradient by its running root mean square: RmsPropRule.
template <class T = float>
class RmsProp : public RuleOptimizer<RmsPropRule, T> {
 public:
  /// Throws ValueError if a hyper-parameter is outside its range.
  explicit RmsProp(RmsPropRule rule = {}) : RuleOptimizer<RmsPropRule, T>(rule) {}
};

/// Divides the gradient's running mean by its running root mean square: AdamRule.
template <class T = float>
class Adam : public RuleOptimizer<AdamRule, T> {
 public:
  /// Throws ValueError if a hyper-parameter is outside its range.
  explicit Adam(AdamRule rule = {}) : RuleOptimizer<AdamRule, T>(rule) {}
};

/// Adam with a weight decay that does not pass through the running means: AdamWRule.
template <class T = float>
class AdamW : public RuleOptimizer<AdamWRule, T> {
 public:
  /// Throws ValueError if a hyper-parameter is outside its range.
  explicit AdamW(AdamWRule rule = {}) : RuleOptimizer<AdamWRule, T>(rule) {}
};

/// Returns the optimiser that a text describes: "adam" or "adam(learning_rate=0.01, beta1=0.8)". Throws NameError for a
/// name that is not in Optimizers or a parameter that the rule does not have. Throws ValueError for a number outside
/// its range. T: float or double.
template <class T = float>
std::unique_ptr<Optimizer<T>> make_optimizer(std::string_view text);

}  // namespace gradflow

#pragma once
// RuleOptimizer<Rule, T>: one loop over the flat buffers for all rules, including your own.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/optim/change_meter.hpp>
#include <gradflow/optim/optimizer.hpp>

namespace gradflow {

/// An update rule; rules.hpp has five examples. update() returns a function of w, g and one more argument for each
/// buffer.
template <class R>
concept OptimizerRule = std::default_initializable<R> && requires(const R rule) {
  { R::name } -> std::convertible_to<std::string_view>;
  { rule.learning_rate } -> std::convertible_to<double>;
  { rule.buffers() } -> std::convertible_to<std::size_t>;
  rule.update(0.1, 1.0);
};

namespace detail {

template <OptimizerRule Rule>
const Rule& checked(const Rule& rule) {
  check_parameters(rule);
  if constexpr (requires { rule.check(); }) rule.check();
  return rule;
}

/// Scales and then clips the gradients before the rule uses them. Does neither if the step needs neither.
template <class T>
class GradientShaper {
 public:
  explicit GradientShaper(const StepOptions& options)
      : scale_(options.gradient_scale),
        limit_(options.clip_value),
        needed_(scale_ != 1 || limit_ < std::numeric_limits<double>::infinity()) {}
  Lanes<T> operator()(Lanes<T> g) const { return needed_ ? clamp(scale_ * g, -limit_, limit_) : g; }

 private:
  double scale_, limit_;
  bool needed_;
};

template <class T, std::size_t>
using BufferOf = Lanes<T>&;

/// Returns whether the update can be called with w, g and this many buffers.
template <class Update, class T, std::size_t... buffer>
constexpr bool takes_buffers(std::index_sequence<buffer...>) {
  return std::invocable<const Update&, Lanes<T>&, Lanes<T>, BufferOf<T, buffer>...>;
}

}  // namespace detail

/// The optimiser of a rule. A rule may keep up to 3 numbers for each parameter. A step throws ValueError if the
/// function from update() does not take as many buffers as buffers() returns. T: float or double.
template <OptimizerRule Rule, class T = float>
class RuleOptimizer : public Optimizer<T> {
 public:
  /// Throws ValueError if a hyper-parameter is outside its range.
  explicit RuleOptimizer(Rule rule = {})
      : Optimizer<T>(rule.learning_rate, detail::checked(rule).buffers()), rule_(rule) {}

  std::string_view name() const override { return Rule::name; }
  std::string describe() const override;

 protected:
  void update(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options) override;
  /// Throws NameError for a weight decay if the rule has no member weight_decay, and ValueError if the rule does not
  /// take the number.
  void check_group(const ParameterGroup& group) const override;

 private:
  static constexpr std::size_t most_buffers = 3;
  static constexpr bool has_weight_decay = requires(Rule rule) {
    { rule.weight_decay } -> std::same_as<double&>;
  };

  using Update = decltype(std::declval<const Rule&>().update(0.1, 1.0));

  Rule rule_with(std::optional<double> weight_decay) const;
  auto one_of(const Rule& rule, double rate, const StepOptions& options) const;
  void update_groups(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options);
  template <std::size_t n, class One>
  void sweep(const One& one, std::span<T> w, std::span<const T> g, Range part);
  template <class One, std::size_t... buffer>
  void loop(const One& one, T* w, const T* g, Range part, std::index_sequence<buffer...>);

  Rule rule_;
};

// Defined outside the class. Functions defined inside it would be compiled again in every file that uses them.

template <OptimizerRule Rule, class T>
std::string RuleOptimizer<Rule, T>::describe() const {
  Rule now = rule_;
  now.learning_rate = this->learning_rate;
  return gradflow::describe(now);
}

/// Returns what one step does to a parameter.
template <OptimizerRule Rule, class T>
inline auto RuleOptimizer<Rule, T>::one_of(const Rule& rule, double rate, const StepOptions& options) const {
  // Constructed in place: a copy would have to wait for the numbers that were just written.
  return [rule = rule.update(rate, static_cast<double>(this->steps())), shaped = detail::GradientShaper<T>(options)](
             Lanes<T>& w, Lanes<T> g, auto&... state) { rule(w, shaped(g), state...); };
}

template <OptimizerRule Rule, class T>
void RuleOptimizer<Rule, T>::update(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options) {
  if (!this->grouped_ranges().empty()) return update_groups(parameters, gradients, options);
  const auto one = one_of(rule_, this->learning_rate, options);
  detail::run_measured<T>(parameters, gradients, options,
                          [&](Range part) { sweep<0>(one, parameters, gradients, part); });
}

/// Updates range by range, each with a rule of its own. Skips frozen ranges.
template <OptimizerRule Rule, class T>
void RuleOptimizer<Rule, T>::update_groups(std::span<T> parameters, std::span<const T> gradients,
                                           const StepOptions& options) {
  auto group = this->grouped_ranges().begin();
  detail::run_measured<T>(parameters, gradients, options, [&](Range part) {
    while (part.size > 0) {
      while (group->begin + group->size <= part.begin) ++group;
      const std::size_t size = std::min(part.size, group->begin + group->size - part.begin);
      if (group->rate > 0)
        sweep<0>(one_of(rule_with(group->weight_decay), this->learning_rate * group->rate, options), parameters,
                 gradients, {part.begin, size});
      part = {part.begin + size, part.size - size};
    }
  });
}

template <OptimizerRule Rule, class T>
Rule RuleOptimizer<Rule, T>::rule_with(std::optional<double> weight_decay) const {
  Rule rule = rule_;
  if constexpr (has_weight_decay) rule.weight_decay = weight_decay.value_or(rule.weight_decay);
  return rule;
}

template <OptimizerRule Rule, class T>
void RuleOptimizer<Rule, T>::check_group(const ParameterGroup& group) const {
  if (group.weight_decay && !has_weight_decay)
    throw NameError({std::string(name()), "weight_decay of a group", text(*group.weight_decay),
                     "none, because the rule has no weight_decay", "add the member double weight_decay to the rule"});
  detail::checked(rule_with(group.weight_decay));
}

/// Calls loop() with the form of the update that takes as many buffers as the rule keeps.
template <OptimizerRule Rule, class T>
template <std::size_t n, class One>
inline void RuleOptimizer<Rule, T>::sweep(const One& one, std::span<T> w, std::span<const T> g, Range part) {
  constexpr auto indices = std::make_index_sequence<n>();
  if constexpr (detail::takes_buffers<Update, T>(indices))
    if (this->buffers() == n) return loop(one, w.data(), g.data(), part, indices);
  if constexpr (n < most_buffers)
    sweep<n + 1>(one, w, g, part);
  else
    throw ValueError({std::string(name()),
                      "buffers",
                      std::to_string(this->buffers()),
                      "the number of buffers that update takes",
                      {}});
}

template <OptimizerRule Rule, class T>
template <class One, std::size_t... buffer>
inline void RuleOptimizer<Rule, T>::loop(const One& one, T* w, const T* g, Range part, std::index_sequence<buffer...>) {
  elementwise(part.size, one, w + part.begin, g + part.begin, this->mutable_state(buffer).data() + part.begin...);
}

}  // namespace gradflow

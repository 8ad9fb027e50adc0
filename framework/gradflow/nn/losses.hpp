#pragma once
// The losses. A policy is a struct with a `name` and one expression value(y, t) of a prediction y and its target t. Its
// derivative with respect to y is computed from this expression, as for activations. If a loss needs probabilities, y
// are logits: the loss combines log and exp, so that it stays finite for logits of +-1e4. Write conditions with
// select(), not with ?: or if, because y and t hold several numbers. To add a loss, write a struct here and add its
// name to the list; in your own program the struct is enough. A loss on logits declares `reads`; without `reads`, its
// outputs are interpreted as values.
#include <concepts>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/math/dual.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/loss.hpp>

namespace gradflow {

/// (y - t)^2, mean over batch and outputs (as in torch and Keras)
struct MeanSquaredError {
  static constexpr std::string_view name = "mse";
  template <class V>
  V value(const V& y, const V& t) const {
    return (y - t) * (y - t);
  }
};

/// |y - t|, mean over batch and outputs; its slope at y = t is 0
struct MeanAbsoluteError {
  static constexpr std::string_view name = "mae";
  template <class V>
  V value(const V& y, const V& t) const {
    return abs(y - t);
  }
};

/// (y - t)^2 / 2 for |y - t| up to delta, a straight line beyond; mean over batch and outputs. Huber 1964
struct Huber {
  static constexpr std::string_view name = "huber";
  double delta = 1;  ///< the default of torch and Keras
  static constexpr Parameter<Huber> parameters[] = {{"delta", &Huber::delta, 1e-6}};
  template <class V>
  V value(const V& y, const V& t) const {
    const V error = y - t;
    return select(abs(error) <= delta, 0.5 * error * error, delta * (abs(error) - 0.5 * delta));
  }
};

/// -t log p - (1 - t) log(1 - p), where p = sigmoid(y) and y is the logit; mean over batch and outputs (as in torch's
/// BCEWithLogitsLoss). Targets must be in [0, 1].
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary_cross_entropy";
  static constexpr Reading reads = Reading::label_logits;  ///< with one output: one_logit
  template <class V>
  V value(const V& y, const V& t) const {
    return t * softplus(-y) + (1 - t) * softplus(y);
  }
};

/// -sum_c t_c log p_c, where p = softmax(y) and y are the logits; mean over the batch (as in torch's CrossEntropyLoss).
/// Targets are one column of class indices in [0, outputs), or one column per output with probabilities that sum to 1
/// (one-hot or soft). Needs at least two outputs.
struct CrossEntropy {
  static constexpr std::string_view name = "cross_entropy";
  static constexpr Reading reads = Reading::class_logits;  ///< one logit for each class
  /// See Loss::evaluate(). Throws ValueError for a target that is neither a class index nor probabilities with a sum of
  /// 1, to within 1e-3.
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                  const SampleWeights<T>& weights = {}) const;
};

/// The losses that can be chosen by name in make_loss().
using Losses = TypeList<MeanSquaredError, MeanAbsoluteError, Huber, BinaryCrossEntropy, CrossEntropy>;

namespace detail {

/// Throws ValueError if a target is outside [0, 1].
template <class T>
void check_probabilities(std::string_view loss, const Matrix<T>& target);

/// Returns the sum of the weights. Throws ShapeError unless there is one weight per row, ValueError if a weight is
/// below 0 or not finite.
template <class T>
double checked_sum(std::string_view where, std::span<const T> weights, std::size_t rows);

/// Returns the number by which the sum over the samples is divided: weights.total if it is above 0, else the sum of the
/// weights. Throws the errors of checked_sum().
template <class T>
double total_weight(std::string_view where, const SampleWeights<T>& weights, std::size_t rows) {
  const double sum = weights.weights.empty() ? static_cast<double>(rows) : checked_sum(where, weights.weights, rows);
  return weights.total > 0 ? weights.total : sum;
}

/// Returns 1 / (total * outputs), or 0 if total is 0.
inline double share_of(double total, std::size_t outputs = 1) {
  return total > 0 ? 1 / (total * static_cast<double>(outputs)) : 0;
}

template <class Policy>
Reading reading_of(std::size_t outputs) {
  static_assert(
      !requires { Policy::takes_logits; },
      "takes_logits was replaced: a loss on logits declares how they are read: static constexpr Reading reads = "
      "Reading::label_logits, or Reading::class_logits");
  if constexpr (requires { Policy::reads; }) {
    const bool of_labels = Policy::reads == Reading::one_logit || Policy::reads == Reading::label_logits;
    if (of_labels) return outputs == 1 ? Reading::one_logit : Reading::label_logits;
    return Policy::reads;
  } else {
    return Reading::values;
  }
}

}  // namespace detail

/// A loss that is the weighted mean of an element-wise policy over batch and outputs.
template <class Policy, class T>
class MeanLoss final : public Loss<T> {
 public:
  /// Throws ValueError if a parameter of the policy is outside its range.
  explicit MeanLoss(Policy policy = {}) : policy_(policy) { check_parameters(policy_); }
  std::string describe() const override { return gradflow::describe(policy_); }
  Reading reads(std::size_t outputs) const override { return detail::reading_of<Policy>(outputs); }

  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                  const SampleWeights<T>& weights = {}) const override {
    require_not_empty(Policy::name, "output", output);
    require_shape(Policy::name, "targets", target, {rows(output), columns(output), "the shape of the output"});
    if (reads(columns(output)) != Reading::values) detail::check_probabilities(Policy::name, target);
    const double share = detail::share_of(detail::total_weight(Policy::name, weights, rows(output)), columns(output));
    resize(delta, rows(output), columns(output));
    if (weights.weights.empty()) return share * sum(output, target, delta, 0, output.size(), share);
    double total = 0;
    for (std::size_t i = 0; i < rows(output); ++i) {
      const double weight = weights.of(i);
      total += weight * sum(output, target, delta, i * columns(output), columns(output), share * weight);
    }
    return share * total;
  }

 private:
  /// Returns the sum of the losses of n numbers, which begin at index `first`. Writes their slopes, times share, to
  /// delta.
  [[gnu::always_inline]] double sum(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                                    std::size_t first, std::size_t n, double share) const {
    constexpr std::size_t step = Lanes<T>::size;
    const auto losses = [&](std::size_t i, auto... part) {  // the losses of a whole Lanes, or of a part
      const auto both =
          value_and_slope(Lanes<T>::load(output.data() + i, part...), Lanes<T>::load(target.data() + i, part...));
      (share * both.slope).store(delta.data() + i, part...);
      return both.value;
    };
    Lanes<double> sums = 0;
    std::size_t i = first;
    const std::size_t end = first + n;
    for (; i + step <= end; i += step) sums = add_to(sums, losses(i));
    const double total = fold(sums, [](auto a, auto b) { return a + b; });
    if (i == end) return total;
    T last[step];
    losses(i, end - i).store(last);
    return std::accumulate(last, last + (end - i), total);
  }

  Dual<Lanes<T>> value_and_slope(Lanes<T> y, Lanes<T> t) const {
    if constexpr (requires { policy_.derivative(y, t); })
      return {policy_.value(y, t), policy_.derivative(y, t)};
    else
      return policy_.value(Dual<Lanes<T>>(y, 1), Dual<Lanes<T>>(t, 0));
  }

  Policy policy_;
};

namespace detail {

template <class Policy, class T>
concept WeightedRowLoss = requires(const Policy& p, const Matrix<T>& m, Matrix<T>& delta, SampleWeights<T> weights) {
  p.evaluate(m, m, delta, weights);
};
template <class Policy, class T>
concept LooksAtRows = WeightedRowLoss<Policy, T> || requires(const Policy& p, const Matrix<T>& m, Matrix<T>& delta) {
  p.evaluate(m, m, delta);
};

[[noreturn]] void refuse_weights(std::string_view loss);

}  // namespace detail

/// A loss whose policy looks at whole rows. The policy has its own evaluate(output, target, delta, weights). If that
/// function has no parameter `weights`, the loss rejects sample weights with a ValueError. evaluate() is called only
/// with the shapes that Loss::evaluate() names, and must write a delta with the shape of the output.
template <class Policy, class T>
class RowLoss final : public Loss<T> {
 public:
  /// Throws ValueError if a parameter of the policy is outside its range.
  explicit RowLoss(Policy policy = {}) : policy_(policy) { check_parameters(policy_); }
  std::string describe() const override { return gradflow::describe(policy_); }
  Reading reads(std::size_t outputs) const override { return detail::reading_of<Policy>(outputs); }
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                  const SampleWeights<T>& weights = {}) const override {
    require_not_empty(Policy::name, "output", output);
    detail::require_targets(Policy::name, "targets", target, rows(output), columns(output));
    detail::total_weight(Policy::name, weights, rows(output));
    const double loss = mean(output, target, delta, weights);
    require_shape(Policy::name, "delta", delta, {rows(output), columns(output), "the shape of the output"});
    return loss;
  }

 private:
  double mean(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
              const SampleWeights<T>& weights) const {
    if constexpr (detail::WeightedRowLoss<Policy, T>) {
      return policy_.evaluate(output, target, delta, weights);
    } else {
      if (!weights.weights.empty() || weights.total > 0) detail::refuse_weights(Policy::name);
      return policy_.evaluate(output, target, delta);
    }
  }

  Policy policy_;
};

/// Makes a loss from a policy. The training loop calls the loss once per batch.
template <class T, class Policy>
requires(!std::convertible_to<Policy, std::string_view>) LossPtr<T> make_loss(const Policy& policy) {
  if constexpr (detail::LooksAtRows<Policy, T>)
    return std::make_shared<const RowLoss<Policy, T>>(policy);
  else
    return std::make_shared<const MeanLoss<Policy, T>>(policy);
}
/// Returns the loss itself, so that a trainer accepts a policy, a name or a loss.
template <class T>
LossPtr<T> make_loss(const LossPtr<T>& loss) {
  return loss;
}

// The following are compiled once, in the library.
extern template LossPtr<float> make_loss<float>(const MeanSquaredError&);
extern template LossPtr<double> make_loss<double>(const MeanSquaredError&);
extern template LossPtr<float> make_loss<float>(const MeanAbsoluteError&);
extern template LossPtr<double> make_loss<double>(const MeanAbsoluteError&);
extern template LossPtr<float> make_loss<float>(const Huber&);
extern template LossPtr<double> make_loss<double>(const Huber&);
extern template LossPtr<float> make_loss<float>(const BinaryCrossEntropy&);
extern template LossPtr<double> make_loss<double>(const BinaryCrossEntropy&);
extern template LossPtr<float> make_loss<float>(const CrossEntropy&);
extern template LossPtr<double> make_loss<double>(const CrossEntropy&);

}  // namespace gradflow

#pragma once
// The losses. A policy is a struct with a `name` and one expression value(y, t) of a prediction and its target, whose
// derivative with respect to y follows from it, as an activation's does. Where probabilities are meant, y are logits:
// log and exp meet inside the loss, so that it stays finite for logits of +-1e4. A choice is written with select(), not
// with ?: or if: y and t are several numbers at once. To add a loss: a struct here and a word in the list; in your own
// program the struct is enough.
#include <concepts>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include <gradflow/base/dual.hpp>
#include <gradflow/base/lanes.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/base/shapes.hpp>
#include <gradflow/base/tensor.hpp>

namespace gradflow {

template <class T>
class Loss {
 public:
  virtual ~Loss() = default;
  virtual std::string describe() const = 0;
  /// A network of one output means class 1 where it is above this: 0 for a logit, 1/2 for a value.
  virtual double class_threshold() const { return 0.5; }
  /// The mean loss of a batch; writes delta = dL/doutput, [batch, outputs]. target: [batch, outputs], or, for several
  /// outputs, [batch, 1], class indices. Throws ShapeError, ValueError.
  virtual double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const = 0;
};

template <class T>
using LossPtr = std::shared_ptr<const Loss<T>>;

/// (y - t)^2, mean over batch and outputs (as torch's and Keras')
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

/// (y - t)^2 / 2 up to |y - t| = delta, a straight line beyond; mean over batch and outputs. Huber 1964
struct Huber {
  static constexpr std::string_view name = "huber";
  double delta = 1;  ///< as torch's and Keras'
  static constexpr auto parameters = std::tuple{Parameter{"delta", &Huber::delta, 1e-6}};
  template <class V>
  V value(const V& y, const V& t) const {
    const V error = y - t;
    return select(abs(error) <= delta, 0.5 * error * error, delta * (abs(error) - 0.5 * delta));
  }
};

/// -t log p - (1 - t) log(1 - p), p = sigmoid(y), y the logit; mean over batch and outputs (as torch's
/// BCEWithLogitsLoss). Targets in [0, 1].
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary_cross_entropy";
  static constexpr bool takes_logits = true;  ///< and targets in [0, 1]
  template <class V>
  V value(const V& y, const V& t) const {
    return t * softplus(-y) + (1 - t) * softplus(y);
  }
};

/// -sum_c t_c log p_c, p = softmax(y), y the logits; mean over the batch (as torch's CrossEntropyLoss). Targets: one
/// column of class indices in [0, outputs), or as many columns as outputs with probabilities that sum to 1 (one-hot or
/// soft).
struct CrossEntropy {
  static constexpr std::string_view name = "cross_entropy";
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const;
};

using Losses = TypeList<MeanSquaredError, MeanAbsoluteError, Huber, BinaryCrossEntropy, CrossEntropy>;

namespace detail {

/// Throws ShapeError unless y is [rows, outputs] with at least one row. With several outputs, [rows, 1] is right too:
/// class indices. For the losses, and for every function that evaluates one.
template <class T>
void require_targets(std::string_view where, std::string_view what, const Matrix<T>& y, std::size_t rows,
                     std::size_t outputs);

/// Throws ValueError where a target is outside [0, 1].
template <class T>
void check_probabilities(std::string_view loss, const Matrix<T>& target);

}  // namespace detail

/// The mean of an element-wise policy over batch and outputs.
template <class Policy, class T>
class MeanLoss final : public Loss<T> {
 public:
  explicit MeanLoss(Policy policy = {}) : policy_(policy) { check_parameters(policy_); }
  std::string describe() const override { return gradflow::describe(policy_); }
  double class_threshold() const override { return takes_logits ? 0 : 0.5; }

  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const override {
    require_not_empty(Policy::name, "output", output);
    require_shape(Policy::name, "targets", target, {rows(output), columns(output), "the shape of the output"});
    if constexpr (takes_logits) detail::check_probabilities(Policy::name, target);
    resize(delta, rows(output), columns(output));
    constexpr std::size_t step = Lanes<T>::size;
    const std::size_t size = output.size();
    const double share = 1 / static_cast<double>(size);
    const auto losses = [&](std::size_t i, auto... n) {  // of a batch, or of n numbers
      const auto both =
          value_and_slope(Lanes<T>::load(output.data() + i, n...), Lanes<T>::load(target.data() + i, n...));
      (share * both.slope).store(delta.data() + i, n...);
      return both.value;
    };
    Lanes<double> sums = 0;
    std::size_t i = 0;
    for (; i + step <= size; i += step) sums = add_to(sums, losses(i));
    double total = fold(sums, [](auto a, auto b) { return a + b; });
    if (i < size) {
      T last[step];
      losses(i, size - i).store(last);
      total = std::accumulate(last, last + (size - i), total);
    }
    return total * share;
  }

 private:
  static constexpr bool takes_logits = requires { Policy::takes_logits; };

  Dual<Lanes<T>> value_and_slope(Lanes<T> y, Lanes<T> t) const {
    if constexpr (requires { policy_.derivative(y, t); })
      return {policy_.value(y, t), policy_.derivative(y, t)};
    else
      return policy_.value(Dual<Lanes<T>>(y, 1), Dual<Lanes<T>>(t, 0));
  }

  Policy policy_;
};

/// A policy that looks at whole rows: it has evaluate(output, target, delta) itself. It is called only with the shapes
/// that Loss::evaluate() names, and has to write a delta of the output's shape.
template <class Policy, class T>
class RowLoss final : public Loss<T> {
 public:
  explicit RowLoss(Policy policy = {}) : policy_(policy) { check_parameters(policy_); }
  std::string describe() const override { return gradflow::describe(policy_); }
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const override {
    require_not_empty(Policy::name, "output", output);
    detail::require_targets(Policy::name, "targets", target, rows(output), columns(output));
    const double loss = policy_.evaluate(output, target, delta);
    require_shape(Policy::name, "delta that it wrote", delta,
                  {rows(output), columns(output), "the shape of the output"});
    return loss;
  }

 private:
  Policy policy_;
};

/// "cross_entropy", "huber(delta=0.5)". Throws NameError, ValueError.
template <class T = float>
LossPtr<T> make_loss(std::string_view text);

/// From a policy to the loss that the training loop calls once a batch.
template <class T, class Policy>
requires(!std::convertible_to<Policy, std::string_view>) LossPtr<T> make_loss(const Policy& policy) {
  if constexpr (requires(const Matrix<T>& m, Matrix<T>& delta) { policy.evaluate(m, m, delta); })
    return std::make_shared<const RowLoss<Policy, T>>(policy);
  else
    return std::make_shared<const MeanLoss<Policy, T>>(policy);
}
template <class T>
LossPtr<T> make_loss(const LossPtr<T>& loss) {
  return loss;
}

/// Probabilities of the classes, row by row: [batch, outputs]. Throws ShapeError where there are no outputs.
template <class T>
Matrix<T> softmax(const Matrix<T>& logits);

/// Probabilities, element by element: [batch, outputs]
template <class T>
Matrix<T> sigmoid(const Matrix<T>& logits);

}  // namespace gradflow

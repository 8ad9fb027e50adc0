#pragma once
// The interface between a loss and the training loop, and Reading: how the outputs of a network are interpreted.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/math/tensor.hpp>

namespace gradflow {

/// How the outputs of a network are interpreted. This follows from the loss with which the network was trained.
/// Decisions, metrics, files and reports use it.
enum class Reading {
  values,        ///< numbers in the unit of the targets; with two classes on one output, class 1 if it is above 1/2
  one_logit,     ///< class 1 if the output is above 0; its sigmoid is the probability of class 1
  class_logits,  ///< one output per class; the largest is the class; their softmax gives the probabilities
  label_logits,  ///< one output per label, which is true if it is above 0; any number of labels may be true
};

/// Returns the name of a reading: "class_logits".
std::string_view name(Reading reading);
/// Returns the reading with this name. Throws NameError if there is none.
Reading make_reading(std::string_view name);

/// The weights of the samples of a batch.
template <class T>
struct SampleWeights {
  std::span<const T> weights = {};  ///< [batch]  each at least 0; empty: all are 1
  /// The sum of the weights of the whole batch, if `weights` are only a part of them. 0 means the sum of `weights`.
  double total = 0;
  /// Returns the weight of a sample. Samples count from 0.
  double of(std::size_t sample) const { return weights.empty() ? 1 : static_cast<double>(weights[sample]); }
};

/// A loss. The training loop calls evaluate() once per batch. make_loss() makes a loss from a name or from a policy.
template <class T>
class Loss {
 public:
  virtual ~Loss() = default;
  /// Returns "huber(delta=0.5)"; parameters at their default are left out.
  virtual std::string describe() const = 0;
  /// Returns how the outputs of a network are interpreted if it has this number of outputs.
  virtual Reading reads(std::size_t /*outputs*/) const { return Reading::values; }
  /// Returns the weighted mean loss of a batch, and writes delta = dL/doutput, [batch, outputs]. Both are 0 if all
  /// weights are 0. target: [batch, outputs]; with several outputs, class indices in [batch, 1] are also allowed.
  /// Throws ShapeError if a shape does not fit, ValueError for a target or a weight outside its range.
  virtual double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                          const SampleWeights<T>& weights = {}) const = 0;
};

/// A shared loss, as make_loss() returns it.
template <class T>
using LossPtr = std::shared_ptr<const Loss<T>>;

/// Makes a loss from a text such as "cross_entropy" or "huber(delta=0.5)". Throws NameError for an unknown name,
/// ValueError for a value outside its range.
template <class T = float>
LossPtr<T> make_loss(std::string_view text);

/// Returns the probabilities of the classes, row by row: [batch, outputs]. Throws ShapeError if there are no outputs.
template <class T>
Matrix<T> softmax(const Matrix<T>& logits);
/// The same for an expression of xtensor.
template <class E>
auto softmax(const xt::xexpression<E>& logits) {
  return softmax(matrix(logits));
}

/// Returns the probabilities, element by element: [batch, outputs].
template <class T>
Matrix<T> sigmoid(const Matrix<T>& logits);
/// The same for an expression of xtensor.
template <class E>
auto sigmoid(const xt::xexpression<E>& logits) {
  return sigmoid(matrix(logits));
}

namespace detail {

/// Throws ShapeError unless y is [rows, outputs] with at least one row. If there are several outputs, y may also be one
/// column of class indices, [rows, 1]. The losses call this check, and so do all functions that evaluate a loss.
template <class T>
void require_targets(std::string_view where, std::string_view what, const Matrix<T>& y, std::size_t rows,
                     std::size_t outputs);

}  // namespace detail

}  // namespace gradflow

#pragma once
// What a loss is, as the training loop calls it, and how it says that the outputs of a network are read.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/math/tensor.hpp>

namespace gradflow {

/// How the outputs of a network are read. The loss that it was trained with says it, and decisions, metrics, files and
/// reports ask for it.
enum class Reading {
  values,        ///< numbers in the unit of the targets; of two classes on one output, class 1 above 1/2
  one_logit,     ///< class 1 if it is above 0; its sigmoid is the probability of class 1
  class_logits,  ///< one of each class, the largest is the class; their softmax is the probabilities
  label_logits,  ///< one of each label, which is true above 0; any number of labels may be true
};

/// "class_logits"
std::string_view name(Reading reading);
/// The reading of this name. Throws NameError.
Reading make_reading(std::string_view name);

/// How much each sample of a batch counts.
template <class T>
struct SampleWeights {
  std::span<const T> weights = {};  ///< [batch]  of at least 0; empty: all 1
  double total = 0;  ///< the whole batch's sum of weights, if this is a part of it; 0: the sum of `weights`
  /// The weight of a sample, counted from 0.
  double of(std::size_t sample) const { return weights.empty() ? 1 : static_cast<double>(weights[sample]); }
};

/// A loss as the training loop calls it, once a batch. make_loss() makes one from a name or from a policy.
template <class T>
class Loss {
 public:
  virtual ~Loss() = default;
  /// "huber(delta=0.5)"; parameters at their default are left out
  virtual std::string describe() const = 0;
  /// How the outputs of a network are read, if it has this number of them.
  virtual Reading reads(std::size_t /*outputs*/) const { return Reading::values; }
  /// The mean loss of a batch, weighted; writes delta = dL/doutput, [batch, outputs]. It is 0 where all weights are.
  /// target: [batch, outputs], or, for several outputs, [batch, 1], class indices. Throws ShapeError, ValueError.
  virtual double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                          const SampleWeights<T>& weights = {}) const = 0;
};

/// A shared loss, as make_loss() returns it.
template <class T>
using LossPtr = std::shared_ptr<const Loss<T>>;

/// "cross_entropy", "huber(delta=0.5)". Throws NameError, ValueError.
template <class T = float>
LossPtr<T> make_loss(std::string_view text);

/// Probabilities of the classes, row by row: [batch, outputs]. Throws ShapeError where there are no outputs.
template <class T>
Matrix<T> softmax(const Matrix<T>& logits);

/// Probabilities, element by element: [batch, outputs]
template <class T>
Matrix<T> sigmoid(const Matrix<T>& logits);

namespace detail {

/// Throws ShapeError unless y is [rows, outputs] with at least one row. With several outputs, [rows, 1] is right too:
/// class indices. For the losses, and for every function that evaluates one.
template <class T>
void require_targets(std::string_view where, std::string_view what, const Matrix<T>& y, std::size_t rows,
                     std::size_t outputs);

}  // namespace detail

}  // namespace gradflow

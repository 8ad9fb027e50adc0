#pragma once
// Loss and metrics of a network on a data set.
#include <limits>

#include <gradflow/data/dataset.hpp>
#include <gradflow/nn/loss.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// A metric that does not apply is NaN.
struct Evaluation {
  double loss = std::numeric_limits<double>::quiet_NaN();      ///< weighted mean over the samples
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< share of right classes, or of right labels
  double mae = std::numeric_limits<double>::quiet_NaN();       ///< regression: mean |y - t|
  double r2 = std::numeric_limits<double>::quiet_NaN();        ///< regression: 1 - sum (y - t)^2 / sum (t - mean t)^2
  double subset_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< share of samples with all labels right
};

/// Returns loss and metrics over all samples, weighted, for the current parameters of the network. How the loss reads
/// the outputs (Reading) decides which metrics apply.
///
/// Classes, if the loss reads logits of classes or the data set names classes: the network decides for the largest
/// output. With one output, it decides for class 1 if a logit is above 0 or a value above 1/2.
///
/// Labels: the network decides for true if an output is above 0. A target above 1/2 is true.
///
/// Regression, for values without classes: mae and R^2 are means over the targets. R^2 is NaN if a target does not
/// vary. Both are NaN if there are several outputs but only one column of class indices.
///
/// If the loss is not finite, all metrics are NaN. If there are no samples, loss and metrics are NaN. Throws what the
/// network or the loss throws. Throws ShapeError if Loss::evaluate() does not take the targets, if x and y have
/// different numbers of samples, or if there is one output for more than two classes. Throws ValueError if a class does
/// not exist, or if the network ends in probabilities and the loss takes logits.
template <class T>
Evaluation evaluate(const Network<T>& network, const Loss<T>& loss, const Dataset<T>& dataset);

/// Returns the loss of an output that is the same for all samples: the mean of the targets or, if the loss reads
/// logits, the logits of their shares. For C classes of equal shares the loss is ln C. A network that does no better
/// has learned nothing from its inputs. outputs: the number of outputs of the network. Returns NaN if there are no
/// samples. Throws what the loss throws, and ShapeError as evaluate() does.
template <class T>
double chance_loss(const Loss<T>& loss, const Dataset<T>& dataset, std::size_t outputs);

namespace detail {

/// Throws ValueError, with the name of the last layer, if this layer makes probabilities and the loss takes logits. An
/// activation makes probabilities if all its values lie in [0, 1]. A layer without an activation makes probabilities if
/// its rows sum to 1 for the first samples of x.
template <class T>
void require_logits(const Network<T>& network, const Loss<T>& loss, const Matrix<T>& x);

}  // namespace detail

}  // namespace gradflow

#pragma once
// What a network does on a data set.
#include <limits>

#include <gradflow/data/dataset.hpp>
#include <gradflow/nn/loss.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// A metric that does not apply is NaN.
struct Evaluation {
  double loss = std::numeric_limits<double>::quiet_NaN();      ///< weighted mean over the samples
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< classes: the share that is right; labels: of all
  double mae = std::numeric_limits<double>::quiet_NaN();       ///< regression: mean |y - t|
  double r2 = std::numeric_limits<double>::quiet_NaN();        ///< regression: 1 - sum (y - t)^2 / sum (t - mean t)^2
  double subset_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< labels: the share of samples with all right
};

/// Loss and metrics over all samples, weighted, at the weights of the network as they are. What applies follows from
/// how the loss reads the outputs (Reading). Classes, where the loss reads logits of classes or the data set names
/// classes: the decision is the largest output; of one output, class 1 above 0 for a logit and above 1/2 for a value.
/// Labels: true above 0, and a target above 1/2. Regression, for values without classes: the mean over the targets; R^2
/// is NaN where a target does not vary. A loss that is not finite has no metrics; all is NaN where there are no
/// samples. One column of class indices for several values has neither mae nor R^2. Throws what the network or the loss
/// throws, ShapeError for targets that Loss::evaluate() does not take, for x and y that differ in samples, and for more
/// than two classes on one output, ValueError for a class that is none and for a network that ends in probabilities
/// where the loss takes logits.
template <class T>
Evaluation evaluate(const Network<T>& network, const Loss<T>& loss, const Dataset<T>& dataset);

/// The loss of an output that is the same for all samples: the targets' mean or, where the loss reads logits, those of
/// their shares: ln C of C classes alike. A network that does no better has learned nothing of its inputs. outputs: the
/// network's. Throws what the loss throws, and ShapeError as evaluate() does; NaN where there are no samples.
template <class T>
double chance_loss(const Loss<T>& loss, const Dataset<T>& dataset, std::size_t outputs);

namespace detail {

/// Throws ValueError, by the name of the last layer, where it makes probabilities and the loss takes logits: an
/// activation whose values are all in [0, 1], or, of a layer without one, rows that sum to 1 for the first samples of
/// x.
template <class T>
void require_logits(const Network<T>& network, const Loss<T>& loss, const Matrix<T>& x);

}  // namespace detail

}  // namespace gradflow

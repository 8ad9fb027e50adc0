#pragma once
// What a network does on a data set.
#include <limits>

#include <gradflow/data/dataset.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// A metric that does not apply is NaN.
struct Evaluation {
  double loss = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< classes: the share that is right
  double mae = std::numeric_limits<double>::quiet_NaN();       ///< regression: mean |y - t|
  double r2 = std::numeric_limits<double>::quiet_NaN();        ///< regression: 1 - sum (y - t)^2 / sum (t - mean t)^2
};

/// Loss and metrics over all samples, at the weights as they are. Classes: with one output the class is 1 where it is
/// above loss.class_threshold(), else the one with the largest output. Regression: the mean over the targets; R^2 is
/// NaN where a target does not vary. A loss that is not finite has no metrics; all is NaN where there are no samples.
/// One column of targets for several outputs holds class indices: without class names it has neither mae nor R^2.
/// Throws what the network or the loss throws, ShapeError for targets that Loss::evaluate() does not take, for x and y
/// that differ in samples, and for more than two classes on one output, ValueError for a class that is none.
template <class T>
Evaluation evaluate(const Network<T>& network, const Loss<T>& loss, const Dataset<T>& dataset);

/// The loss of an output that is the same for all samples, the targets' mean or, where that is less, the logits of
/// their shares: ln C of C classes alike. A network that does no better has learned nothing of its inputs. outputs: the
/// network's. Throws what the loss throws, and ShapeError as evaluate() does; NaN where there are no samples.
template <class T>
double chance_loss(const Loss<T>& loss, const Dataset<T>& dataset, std::size_t outputs);

}  // namespace gradflow

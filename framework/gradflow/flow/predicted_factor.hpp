#pragma once
// What mean-field theory says of a network as it stands: of its own weights, its own widths and one batch.
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// What theory expects of LayerFlow::factor.
struct PredictedFactor {
  double factor;  ///< sqrt(chi), chi = sigma_w^2 E f'(sqrt(q) Z)^2; NaN where theory has nothing to say
  /// Standard deviation of ln(factor) due to the finite width n: sqrt((3 E f'^4 / (E f'^2)^2 - 1) / n) / 2, as if all
  /// samples sent the same gradient; where theirs differ it is less. relu: sqrt(5 / n) / 2, as Hanin & Nica 2018 have
  /// it
  double deviation;
};

/// For each layer; NaN in the last one, and where a layer or the one after it is not dense or has no activation.
/// sigma_w^2 is fan_in times the mean square of the weights. q, the variance of z, is measured in the first layer, on
/// the batch x [batch, inputs], and follows by theory in the others. Says something of weights that were drawn alone:
/// before training. Throws ShapeError where x has another width, or no samples.
template <class T>
std::vector<PredictedFactor> predicted_factors(const Network<T>& network, const Matrix<T>& x);

}  // namespace gradflow

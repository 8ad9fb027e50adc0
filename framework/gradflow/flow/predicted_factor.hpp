#pragma once
// Predictions of mean-field theory for one given network: for its weights, its widths and one batch.
#include <type_traits>
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// The value of LayerFlow::factor that theory expects.
struct PredictedFactor {
  double factor;  ///< sqrt(chi), chi = sigma_w^2 E f'(sqrt(q) Z)^2; NaN if theory makes no prediction
  /// Standard deviation of ln(factor) due to the finite width n: sqrt((3 E f'^4 / (E f'^2)^2 - 1) / n) / 2. Assumes
  /// that all samples have the same gradient; if they differ, the deviation is smaller. For relu it is sqrt(5 / n) / 2,
  /// as in Hanin & Nica 2018.
  double deviation;
};

/// Returns a prediction for each layer. It is NaN for the last layer. If a layer is not dense, has no activation, feeds
/// a skip, or is followed by a layer that is not dense, the prediction is NaN for this layer and all later layers.
/// sigma_w^2 is fan_in times the mean square of a layer's weights. q, the variance of z, is measured in the first layer
/// on the batch x [batch, inputs]; theory gives q of the other layers. The prediction holds only for weights that were
/// just drawn, before training. Throws ShapeError if x has another width or no samples.
template <class T>
std::vector<PredictedFactor> predicted_factors(const Network<T>& network, const std::type_identity_t<Matrix<T>>& x);

}  // namespace gradflow

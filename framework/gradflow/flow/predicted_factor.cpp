#include <gradflow/flow/predicted_factor.hpp>

#include <cmath>
#include <limits>

#include <gradflow/math/reduce.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/nn/moments.hpp>

namespace gradflow {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double square(double x) { return x * x; }

template <class T>
struct DenseParameters {
  std::size_t inputs, outputs;
  std::span<const T> weight, bias;  // bias may be empty

  /// Returns fan_in times the mean square of the weights.
  double weight_variance() const { return square(norm(weight)) / static_cast<double>(outputs); }

  /// Returns the mean over units of (b + m * sum of the unit's weights)^2: what inputs of mean m add to the variance of
  /// z. This holds even if biases depend on the weights, as those of Centred do.
  double shift_variance(double m) const {
    double total = 0;
    for (std::size_t j = 0; j < outputs; ++j) {
      double shift = bias.empty() ? 0 : static_cast<double>(bias[j]);
      for (std::size_t i = 0; i < inputs; ++i) shift += m * static_cast<double>(weight[i * outputs + j]);
      total += square(shift);
    }
    return total / static_cast<double>(outputs);
  }
};

/// Returns the weights and biases of a layer, or no numbers if the layer is not dense.
template <class T>
DenseParameters<T> dense_parameters(const Network<T>& network, std::size_t layer) {
  const std::size_t inputs = network.layer(layer).inputs(), outputs = network.layer(layer).outputs();
  if (!has_weights(network.layer(layer))) return {inputs, outputs, {}, {}};
  const auto all = network.parameters(layer);
  return {inputs, outputs, all.first(inputs * outputs), all.subspan(inputs * outputs)};
}

template <class T>
double measured_variance(const DenseParameters<T>& layer, const Matrix<T>& x) {
  double total = 0;
  for (std::size_t r = 0; r < rows(x); ++r)
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      double z = layer.bias.empty() ? 0 : static_cast<double>(layer.bias[j]);
      for (std::size_t i = 0; i < layer.inputs; ++i)
        z += static_cast<double>(row(x, r)[i]) * static_cast<double>(layer.weight[i * layer.outputs + j]);
      total += square(z);
    }
  return total / static_cast<double>(rows(x) * layer.outputs);
}

/// Returns E f, computed from E (f + 1)^2 - E f^2 = 2 E f + 1.
double mean_value(const ActivationInfo& activation, double q) {
  const auto above = [&](double z) { return activation.value(z) + 1; };
  return (mean_square(above, q) - mean_square_value(activation, q) - 1) / 2;
}

template <class T>
double next_variance(const DenseParameters<T>& layer, const ActivationInfo& previous_activation, double q) {
  const double mean = mean_value(previous_activation, q);
  return layer.weight_variance() * (mean_square_value(previous_activation, q) - square(mean)) +
         layer.shift_variance(mean);
}

/// Returns the prediction for a layer of n units, from its slopes and the variance of the weights after it.
PredictedFactor predict(const ActivationInfo& activation, double q, double weight_variance, std::size_t units) {
  const double slopes = mean_square_slope(activation, q);
  const auto squared_slope = [&](double z) { return square(activation.slope(z)); };
  const double kurtosis = mean_square(squared_slope, q) / square(slopes);
  return {std::sqrt(weight_variance * slopes), std::sqrt((3 * kurtosis - 1) / static_cast<double>(units)) / 2};
}

}  // namespace

template <class T>
std::vector<PredictedFactor> predicted_factors(const Network<T>& network, const std::type_identity_t<Matrix<T>>& x) {
  require_rows("predicted_factors", "x", x);
  require_shape("predicted_factors", "x", x, {rows(x), network.inputs(), "a column for each input of the network"});
  std::vector<PredictedFactor> predicted(network.size(), {unknown, unknown});
  double q = unknown;
  for (std::size_t i = 0; i + 1 < network.size(); ++i) {
    const auto layer = dense_parameters(network, i), after = dense_parameters(network, i + 1);
    const ActivationInfo* const activation = network.layer(i).activation();
    if (layer.weight.empty() || !activation || network.feeds_skip(i)) return predicted;
    q = i == 0 ? measured_variance(layer, x) : next_variance(layer, *network.layer(i - 1).activation(), q);
    if (!(q < std::numeric_limits<double>::infinity()) || after.weight.empty()) return predicted;
    predicted[i] = predict(*activation, q, after.weight_variance(), layer.outputs);
  }
  return predicted;
}

template std::vector<PredictedFactor> predicted_factors(const Network<float>&, const Matrix<float>&);
template std::vector<PredictedFactor> predicted_factors(const Network<double>&, const Matrix<double>&);

}  // namespace gradflow

// The factor by which the norm of dL/dz changes from layer to layer going back, against mean-field theory: all of
// initialisation, forward and backward in one number.
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

constexpr std::size_t width = 256, depth = 20, batch = 64;

/// The geometric mean over layers 5 to 20 (counted from 1) and over seeds.
template <class A>
double measured_factor(const Initializer& initializer, double weight_scale, int seeds, A activation = {}) {
  double log_sum = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    const std::vector<LayerPtr<float>> layers(depth, dense<A>(width, width, {.activation = activation}));
    Network<float> network(layers);
    const auto start = static_cast<std::uint64_t>(100 + seed);
    network.initialize(initializer, start);
    for (float& weight : network.parameters()) weight *= static_cast<float>(weight_scale);
    const auto x = random_matrix<float>(batch, width, start);
    network.forward(x);
    network.backward(x, random_matrix<float>(batch, width, start + 50));
    const GradientFlow flow = gradient_flow(network);
    log_sum += std::log(flow.delta_norms[4] / flow.delta_norms[depth - 1]) / (depth - 5);
  }
  return std::exp(log_sum / seeds);
}

TEST(Theory, SigmoidLosesThreeQuartersOfTheGradientALayer) {
  EXPECT_NEAR(measured_factor<Sigmoid>(GlorotNormal{}, 1, 2) / 0.23605234, 1, 0.01);
  EXPECT_NEAR(measured_factor<Sigmoid>(HeNormal{}, 1, 2) / 0.31776891, 1, 0.01);
}

TEST(Theory, TanhLosesFivePercentOrGainsTenByItsWeights) {
  EXPECT_NEAR(measured_factor<Tanh>(GlorotNormal{}, 1, 4) / 0.95156, 1, 0.01);
  EXPECT_NEAR(measured_factor<Tanh>(GlorotNormal{}, 5.0 / 3, 2) / 1.09992332, 1, 0.01);
}

TEST(Theory, ReluKeepsItWithHeAndLosesThirtyPercentWithGlorot) {
  EXPECT_NEAR(measured_factor<Relu>(HeNormal{}, 1, 2), 1, 0.025);
  EXPECT_NEAR(measured_factor<Relu>(GlorotNormal{}, 1, 2) / 0.70710678, 1, 0.025);
  EXPECT_NEAR(measured_factor<LeakyRelu>(HeNormal{}, std::sqrt(1 / 1.04), 2), 1, 0.015);
}

/// The largest singular value of w [n, n], by power iteration on w^T w.
double spectral_norm(std::span<const float> w, std::size_t inputs, std::size_t outputs) {
  std::vector<double> v(outputs, 1), u(inputs);
  double size = 0;
  for (int iteration = 0; iteration < 300; ++iteration) {
    for (std::size_t i = 0; i < inputs; ++i) {
      u[i] = 0;
      for (std::size_t j = 0; j < outputs; ++j) u[i] += static_cast<double>(w[i * outputs + j]) * v[j];
    }
    double square = 0;
    for (std::size_t j = 0; j < outputs; ++j) {
      v[j] = 0;
      for (std::size_t i = 0; i < inputs; ++i) v[j] += static_cast<double>(w[i * outputs + j]) * u[i];
      square += v[j] * v[j];
    }
    size = std::sqrt(square);  // of w^T w v, v of length 1: the square of the singular value
    for (double& x : v) x /= size;
  }
  return std::sqrt(size);
}

// No statistics: sigma' is at most 1/4.
TEST(Theory, SigmoidNeverPassesMoreThanAQuarterOfTheSpectralNorm) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Network<float> network{dense<Sigmoid>(10, 40), dense<Sigmoid>(40, 20), dense<Sigmoid>(20, 30),
                           dense<Identity>(30, 5)};
    network.initialize(HeNormal{}, seed);
    const auto x = random_matrix<float>(17, 10, seed);
    network.forward(x);
    network.backward(x, random_matrix<float>(17, 5, seed));
    const GradientFlow flow = gradient_flow(network);
    for (std::size_t i = 1; i < network.size(); ++i) {
      const auto& layer = network.layer(i);
      const auto weight = std::as_const(network).parameters(i).first(layer.inputs() * layer.outputs());
      const double bound = spectral_norm(weight, layer.inputs(), layer.outputs()) / 4 * flow.delta_norms[i];
      EXPECT_LE(flow.delta_norms[i - 1], bound * (1 + 1e-6)) << i;
      EXPECT_GT(flow.delta_norms[i - 1], bound / 100) << "the bound says nothing here";
    }
  }
}

}  // namespace
}  // namespace gradflow

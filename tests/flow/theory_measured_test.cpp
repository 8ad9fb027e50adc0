// Compares the factor by which each layer changes the norm of dL/dz on the way back with mean-field theory. One number
// thus tests initialisation, forward and backward pass. 20 layers of width 256, a batch of 64, 8 seeds, layers 5 to 20.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/flow/theory.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

constexpr std::size_t width = 256, depth = 20, first_layer = 4;

/// Returns the geometric mean of the measured factors of layers 5 to 20 (counted from 1), over all seeds.
template <class A>
double measured_factor(double sigma_w) {
  constexpr std::uint64_t seeds = 8;
  std::vector<double> factors;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Network<float> network(std::vector<LayerPtr<float>>(depth, dense<A>(width, width)));
    network.initialize(Normal{sigma_w}, seed);
    const auto norms = probe_gradient_flow(network, {.batch = 64, .seed = seed}).delta_norms;
    for (std::size_t l = first_layer; l + 1 < depth; ++l) factors.push_back(norms[l] / norms[l + 1]);
  }
  return geometric_mean(factors);
}

template <class A>
double predicted_factor(double sigma_w) {
  const std::vector<double> factors = MeanField{activation_info(A{}), sigma_w}.factors(sigma_w * sigma_w, depth);
  return geometric_mean(std::span(factors).subspan(first_layer));
}

template <class A>
void expect_as_predicted(double sigma_w, double factor, double tolerance) {
  const double measured = measured_factor<A>(sigma_w);
  EXPECT_NEAR(measured / factor, 1, tolerance) << A::name;
  EXPECT_NEAR(measured / predicted_factor<A>(sigma_w), 1, tolerance) << A::name;
}

TEST(TheoryMeasured, SigmoidWithGlorotLosesThreeQuartersALayer) { expect_as_predicted<Sigmoid>(1, 0.23605234, 0.01); }

TEST(TheoryMeasured, SigmoidWithHeLosesTwoThirdsALayer) {
  expect_as_predicted<Sigmoid>(std::sqrt(2), 0.31776891, 0.01);
}

TEST(TheoryMeasured, TanhWithGlorotLosesFivePercentALayer) { expect_as_predicted<Tanh>(1, 0.95156, 0.01); }

TEST(TheoryMeasured, TanhWithTorchsGainExplodesByTenPercentALayer) {
  expect_as_predicted<Tanh>(5.0 / 3, 1.09992332, 0.01);
}

TEST(TheoryMeasured, ReluWithHeKeepsTheGradient) { expect_as_predicted<Relu>(std::sqrt(2), 1, 0.025); }

TEST(TheoryMeasured, ReluWithGlorotLosesThirtyPercentALayer) { expect_as_predicted<Relu>(1, 0.70710678, 0.025); }

TEST(TheoryMeasured, LeakyReluWithItsOwnGainKeepsTheGradient) {
  expect_as_predicted<LeakyRelu>(std::sqrt(2 / 1.04), 1, 0.015);
}

/// Returns the variance of ln ||h||^2 over networks with different seeds, all with the same single input.
double variance_of_log_square(std::size_t layers, std::size_t units, std::uint64_t seeds) {
  double sum = 0, squares = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Network<float> network(std::vector<LayerPtr<float>>(layers, dense<Relu>(units, units)));
    network.initialize(HeNormal{}, seed);
    double square = 0;
    for (const float h : network.predict(random_matrix<float>(1, units, 1))) square += static_cast<double>(h * h);
    sum += std::log(square);
    squares += std::log(square) * std::log(square);
  }
  const auto n = static_cast<double>(seeds);
  return (squares - sum * sum / n) / (n - 1);
}

// Hanin & Nica 2018: with He initialisation, ||h||^2 of one input is log-normal over the networks. For L layers of N
// units, ln ||h||^2 has variance 5 L / N, to first order in 1 / N. A variance from n draws has the relative standard
// error sqrt(2 / n).
TEST(TheoryMeasured, OneInputsNormSpreadsByFiveLayersOverWidth) {
  constexpr std::uint64_t seeds = 500;
  constexpr std::size_t layers = 8, units = 64;
  const double expected = 5.0 * layers / units;
  EXPECT_NEAR(variance_of_log_square(layers, units, seeds) / expected, 1, 4 * std::sqrt(2.0 / seeds));
}

}  // namespace
}  // namespace gradflow

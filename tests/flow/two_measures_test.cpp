// Tests ten sigmoid layers on two interleaved half-circles: the norm of dL/dW alone is misleading, and centred weights
// let the network learn.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/data/toy.hpp>
#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/metrics.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
namespace {

constexpr std::size_t width = 32;

/// Returns a network with ten hidden sigmoid layers and an output layer.
template <class T>
Network<T> ten_layers(const Initializer& initializer, std::uint64_t seed) {
  std::vector<LayerPtr<T>> layers(11, dense<Sigmoid, T>(width, width));
  layers.front() = dense<Sigmoid, T>(2, width);
  layers.back() = dense<Identity, T>(width, 1);
  Network<T> network(layers);
  network.initialize(initializer, seed);
  return network;
}

template <class T>
Dataset<T> half_circles() {
  return moons<T>({.samples = 1000, .noise = 0.1, .seed = 1});
}

/// Runs a forward and a backward pass. Returns the sum of dL/doutput, which is the mean residual.
double pass(Network<double>& network, const Dataset<double>& data) {
  Matrix<double> delta;
  make_loss<double>(BinaryCrossEntropy{})->evaluate(network.forward(data.x), data.y, delta);
  network.backward(data.x, delta);
  double sum = 0;
  for (const double d : delta) sum += d;
  return sum;
}

/// Sets the output bias to its optimum, where the mean residual is 0. Each step divides the residual by 1/4, the
/// largest possible second derivative.
void settle_output_bias(Network<double>& network, const Dataset<double>& data) {
  double& bias = network.parameters(network.size() - 1).back();
  double residual = pass(network, data);
  for (int step = 0; step < 100 && std::abs(residual) > 1e-15; ++step) {
    bias -= 4 * residual;
    residual = pass(network, data);
  }
  ASSERT_NEAR(residual, 0, 1e-14);
}

/// Returns ||H - mean|| / ||H|| for h [batch, units]. The mean of each unit is over the batch.
double spread(const Matrix<double>& h) {
  double around_mean = 0, all = 0;
  for (std::size_t j = 0; j < columns(h); ++j) {
    double mean = 0;
    for (std::size_t i = 0; i < rows(h); ++i) mean += h(i, j) / static_cast<double>(rows(h));
    for (std::size_t i = 0; i < rows(h); ++i) {
      around_mean += (h(i, j) - mean) * (h(i, j) - mean);
      all += h(i, j) * h(i, j);
    }
  }
  return std::sqrt(around_mean / all);
}

/// Returns the geometric mean of the ratios of successive numbers.
double factor(const std::vector<double>& x) {
  return std::pow(x.back() / x.front(), 1 / static_cast<double>(x.size() - 1));
}

double median(std::vector<double> x) {
  std::ranges::sort(x);
  return (x[(x.size() - 1) / 2] + x[x.size() / 2]) / 2;
}

double largest_over_smallest(const std::vector<double>& x) {
  const auto [low, high] = std::ranges::minmax(x);
  return high / low;
}

/// The norms of dL/dW in layers 2 to 11 (counted from 1), and two measures that show the truth: the factor per layer of
/// ||dL/dz||, and that of the spread.
struct Measures {
  std::vector<double> weight_norms;
  double delta_factor, spread_factor;
};

Measures measure(Network<double>& network, const Dataset<double>& data) {
  pass(network, data);
  const GradientFlow flow = gradient_flow(network);
  std::vector<double> spreads;
  for (std::size_t i = 0; i + 1 < network.size(); ++i) spreads.push_back(spread(network.trace(i).a));
  return {{flow.weight_norms.begin() + 1, flow.weight_norms.end()}, factor_per_layer(flow), factor(spreads)};
}

constexpr std::uint64_t seeds = 16;

TEST(TwoMeasures, TheWeightGradientIsFlatWhereTheDeltaAndTheSpreadHalveAtEveryLayer) {
  const Dataset<double> data = half_circles<double>();
  std::vector<std::vector<double>> norms_of_layer(10);
  std::vector<double> delta_factors, spread_factors;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    auto network = ten_layers<double>(Centred{2}, seed);
    settle_output_bias(network, data);
    const Measures measures = measure(network, data);
    EXPECT_LT(largest_over_smallest(measures.weight_norms), 6) << "seed " << seed;
    for (std::size_t i = 0; i < 10; ++i) norms_of_layer[i].push_back(measures.weight_norms[i]);
    delta_factors.push_back(measures.delta_factor);
    spread_factors.push_back(measures.spread_factor);
  }
  for (const auto& norms : norms_of_layer) {
    EXPECT_GT(median(norms), 1.6e-4);
    EXPECT_LT(median(norms), 8e-4);
  }
  EXPECT_NEAR(median(delta_factors), 0.5, 0.05) << "||dL/dz||, from layer to layer back";
  EXPECT_NEAR(median(spread_factors), 0.5, 0.05) << "the spread, from layer to layer forward";
}

TEST(TwoMeasures, OneBatchDoesNotShowItAsItsResidualDoesNotCancel) {
  constexpr std::size_t batch_size = 32;
  const Dataset<double> data = half_circles<double>();
  Dataset<double> batch;
  std::vector<std::size_t> indices(batch_size);
  std::vector<std::vector<double>> norms_of_layer(11);
  std::vector<double> rises;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    auto network = ten_layers<double>(Centred{2}, seed);
    settle_output_bias(network, data);
    for (std::size_t first = 0; first + batch_size <= rows(data.x); first += batch_size) {
      std::iota(indices.begin(), indices.end(), first);
      gather<double>(data, indices, batch);
      pass(network, batch);
      const GradientFlow flow = gradient_flow(network);
      for (std::size_t i = 0; i < 11; ++i) norms_of_layer[i].push_back(flow.weight_norms[i]);
      rises.push_back(1 / gradient_ratio(flow));
    }
  }
  for (std::size_t i = 0; i < 10; ++i) EXPECT_GT(median(norms_of_layer[i + 1]), median(norms_of_layer[i])) << i;
  EXPECT_NEAR(std::log10(median(rises)), 3, 0.15) << "a factor of 1000 from the first layer to the output";
}

/// Trains a new network for this many steps. Returns its loss and accuracy.
Evaluation trained(const Initializer& initializer, std::size_t steps) {
  const Dataset<float> data = half_circles<float>();
  auto network = ten_layers<float>(initializer, 1);
  Sgd sgd({.learning_rate = 0.1});
  Trainer(network, BinaryCrossEntropy{}, sgd, {.steps = steps, .batch_size = 32, .seed = 1}).fit(data);
  return evaluate(network, *make_loss<float>(BinaryCrossEntropy{}), data);
}

TEST(TwoMeasures, TheNetworkOfTheFlatWeightGradientLearnsNothingInAThousandSteps) {
  const Evaluation end = trained(Centred{2}, 1000);
  EXPECT_NEAR(end.loss, std::log(2), 0.01);
  EXPECT_NEAR(end.accuracy, 0.5, 0.01);
}

TEST(TenSigmoidLayers, LoseFivePowersOfTenOfTheWeightGradientBetweenTheFirstAndTheLast) {
  const Dataset<double> data = half_circles<double>();
  std::vector<double> logs;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    auto network = ten_layers<double>(GlorotUniform{}, seed);
    const auto norms = measure(network, data).weight_norms;
    logs.push_back(std::log10(norms[0] / norms[8]));  // hidden layer 2 and the last one
  }
  EXPECT_NEAR(median(logs), -5.0, 0.4);
}

TEST(TenSigmoidLayers, LearnNothingWithGlorot) {
  const Evaluation end = trained(GlorotUniform{}, 5000);
  EXPECT_NEAR(end.loss, std::log(2), 0.01);
  EXPECT_NEAR(end.accuracy, 0.5, 0.01);
}

TEST(TenSigmoidLayers, AreCuredByCentredWeights) {
  const Evaluation end = trained(Centred{4}, 5000);
  EXPECT_LT(end.loss, 0.01);
  EXPECT_GT(end.accuracy, 0.995);
}

}  // namespace
}  // namespace gradflow

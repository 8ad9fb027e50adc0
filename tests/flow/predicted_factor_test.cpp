#include <gradflow/flow/predicted_factor.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/data/toy.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/theory.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/skip.hpp>
#include <support/matrices.hpp>
#include <support/pass_on.hpp>

namespace gradflow {
namespace {

struct Own {
  static constexpr std::string_view name = "own";
  template <class V>
  V value(const V& z) const {
    return z * sigmoid(1.7 * z) + 0.1 * sin(z);
  }
};

struct Measured {
  std::vector<double> factors;
  std::vector<PredictedFactor> predicted;
};

/// Measures and predicts the factors of a new network on moons: ten layers from `layer`, then an output layer.
template <class Layer>
Measured at_start(const Layer& layer, std::size_t width, std::string_view initializer, std::uint64_t seed) {
  std::vector<LayerPtr<float>> layers{layer(2, width)};
  while (layers.size() < 10) layers.push_back(layer(width, width));
  layers.push_back(dense("identity", width, 1));
  Network<float> network(layers);
  network.initialize(*make_initializer(initializer), seed);
  const auto data = make_toy("moons", {.samples = 64, .seed = seed});
  Matrix<float> delta;
  make_loss<float>(BinaryCrossEntropy{})->evaluate(network.forward(data.x), data.y, delta);
  network.backward(data.x, delta);
  Measured measured{{}, predicted_factors(network, data.x)};
  FlowMeter<float> meter;
  for (const LayerFlow& flow : meter.measure(network)) measured.factors.push_back(flow.factor);
  return measured;
}

template <class Layer>
void expect_within_band(const char* name, const Layer& layer) {
  constexpr double band = 3;  // in standard deviations
  std::size_t outside = 0, all = 0;
  for (const std::size_t width : {32u, 256u})
    for (const std::string_view initializer : {"auto", "glorot_uniform"})
      for (const std::uint64_t seed : {1u, 2u, 3u}) {
        const Measured measured = at_start(layer, width, initializer, seed);
        double apart = 0, variance = 0;
        for (std::size_t i = 10; i-- > 0;) {  // back from the output; `apart` sums the logarithms
          const auto [factor, deviation] = measured.predicted[i];
          const double off = std::log(measured.factors[i] / factor);
          apart += off;
          variance += deviation * deviation;
          EXPECT_LT(std::abs(apart), band * std::sqrt(variance)) << name << " profile, layer " << i;
          outside += std::abs(off) > band * deviation;
          ++all;
        }
      }
  EXPECT_LE(outside, all / 50) << name;
}

TEST(PredictedFactor, TheLineLiesWithinItsBandForBuiltInActivationsAndAUsersOwn) {
  for (const char* name : {"sigmoid", "tanh", "relu", "leaky_relu"})
    expect_within_band(name, [name](std::size_t in, std::size_t out) { return dense(name, in, out); });
  expect_within_band("own", [](std::size_t in, std::size_t out) { return dense<Own>(in, out); });
}

TEST(PredictedFactor, TheBandIsNoWiderThanItMustBe) {
  for (const char* name : {"sigmoid", "tanh", "relu"}) {
    double squares = 0, count = 0;
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
      const auto layer = [name](std::size_t in, std::size_t out) { return dense(name, in, out); };
      const Measured measured = at_start(layer, 256, "auto", seed);
      for (std::size_t i = 0; i < 10; ++i, ++count)
        squares +=
            std::pow(std::log(measured.factors[i] / measured.predicted[i].factor) / measured.predicted[i].deviation, 2);
    }
    EXPECT_GT(std::sqrt(squares / count), 0.3) << name;
    EXPECT_LT(std::sqrt(squares / count), 1.2) << name;
  }
}

TEST(PredictedFactor, FollowsTheoryWhereTheNetworkIsWide) {
  std::vector<LayerPtr<double>> layers(4, dense<Tanh, double>(1000, 1000));
  Network<double> network(layers);
  network.initialize(Normal{1.5, 0.3}, 1);
  const auto x = random_matrix<double>(32, 1000, 1);
  const auto predicted = predicted_factors(network, x);
  const auto expected = MeanField{activation_info(Tanh{}), 1.5, 0.3}.factors(1.5 * 1.5 + 0.3 * 0.3, 4);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(predicted[i].factor / expected[i], 1, 0.01) << i;
}

/// The first layer is the identity, so that z of the second layer has sigma_w^2 times the variance of the first layer's
/// z. If z has variance q, the mean square slope of sine is (1 + exp(-2 q)) / 2.
TEST(PredictedFactor, EachLayerIsFedByTheActivationOfTheOneBefore) {
  constexpr std::size_t width = 500;
  constexpr double sigma_w = 0.7;
  Network<double> network{dense<Identity, double>(width, width), dense<Sine, double>(width, width),
                          dense<Identity, double>(width, width)};
  network.initialize(Normal{sigma_w}, 1);
  Matrix<double> x = random_matrix<double>(32, width, 1);
  double squares = 0;
  for (double& value : x) {
    value *= 2;
    squares += value * value;
  }
  const double q = std::pow(sigma_w, 4) * squares / static_cast<double>(x.size());
  const auto predicted = predicted_factors(network, x);
  EXPECT_NEAR(predicted[0].factor / sigma_w, 1, 0.01);
  EXPECT_NEAR(predicted[1].factor / (sigma_w * std::sqrt((1 + std::exp(-2 * q)) / 2)), 1, 0.01);
}

TEST(PredictedFactor, TheDeviationOfReluIsThatOfHaninAndNica) {
  Network<float> network{dense<Relu>(3, 40), dense<Identity>(40, 2)};
  network.initialize(HeNormal{}, 1);
  EXPECT_NEAR(predicted_factors(network, random_matrix<float>(5, 3, 1))[0].deviation, std::sqrt(5.0 / 40) / 2, 1e-9);
}

TEST(PredictedFactor, KnowsThatCentredBiasesDependOnTheWeights) {
  const auto layer = [](std::size_t in, std::size_t out) { return dense("sigmoid", in, out); };
  const Measured measured = at_start(layer, 256, "centred(sigma_w=4)", 1);
  for (std::size_t i = 3; i < 9; ++i) EXPECT_NEAR(measured.predicted[i].factor, 0.9, 0.05) << i;
}

TEST(PredictedFactor, WhereALayerIsNotDenseNothingIsSaid) {
  Network<float> network{dense<Tanh>(2, 2), std::make_shared<const PassOn<float>>(), dense<Tanh>(2, 2),
                         dense<Tanh>(2, 2)};
  network.initialize(GlorotUniform{}, 1);
  for (const PredictedFactor& predicted : predicted_factors(network, matrix<float>({{1, 2}})))
    EXPECT_TRUE(std::isnan(predicted.factor) && std::isnan(predicted.deviation));
}

TEST(PredictedFactor, WhereASkipBeginsNothingIsSaid) {
  Network<float> network{dense<Tanh>(2, 2), dense<Tanh>(2, 2), residual({dense<Tanh>(2, 2)}), dense<Tanh>(2, 2)};
  network.initialize(GlorotUniform{}, 1);
  const auto predicted = predicted_factors(network, matrix<float>({{1, 2}}));
  EXPECT_FALSE(std::isnan(predicted[0].factor));
  for (std::size_t i = 1; i < predicted.size(); ++i) EXPECT_TRUE(std::isnan(predicted[i].factor)) << i;
}

}  // namespace
}  // namespace gradflow

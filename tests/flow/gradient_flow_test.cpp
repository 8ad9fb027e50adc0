#include <gradflow/flow/gradient_flow.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <support/matrices.hpp>
#include <support/pass_on.hpp>

namespace gradflow {
namespace {

template <class T>
class GradientFlowTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(GradientFlowTest, Numbers);

template <class T>
double norm_by_hand(std::span<const T> numbers) {
  double sum = 0;
  for (const T x : numbers) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}

TYPED_TEST(GradientFlowTest, NormsAreThoseOfTheLastBackward) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(3, 8), dense<Tanh, T>(8, 5, {.bias = false}), dense<Identity, T>(5, 2)};
  network.initialize(GlorotUniform{}, 1);
  const auto x = random_matrix<T>(6, 3, 1);
  network.forward(x);
  network.backward(x, random_matrix<T>(6, 2, 2));
  const GradientFlow flow = gradient_flow(network);
  ASSERT_EQ(flow.delta_norms.size(), 3u);
  ASSERT_EQ(flow.weight_norms.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto weight = network.gradients(i).first(network.layer(i).blocks()[0].size());
    EXPECT_NEAR(flow.delta_norms[i], norm_by_hand<T>(flat(network.trace(i).delta)), 1e-12);
    EXPECT_NEAR(flow.weight_norms[i], norm_by_hand<T>(weight), 1e-12);
  }
  EXPECT_EQ(delta_norms(network), flow.delta_norms);
  EXPECT_DOUBLE_EQ(gradient_ratio(flow), flow.weight_norms[0] / flow.weight_norms[2]);
  EXPECT_DOUBLE_EQ(gradient_left(flow), flow.delta_norms[0] / flow.delta_norms[2]);
  EXPECT_DOUBLE_EQ(factor_per_layer(flow), std::sqrt(gradient_left(flow)));
}

TYPED_TEST(GradientFlowTest, AProbeSendsStandardNormalNumbersForwardAndBack) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(50, 40), dense<Identity, T>(40, 30)};
  network.initialize(LecunNormal{}, 1);
  network.keep_z(true);
  const GradientFlow flow = probe_gradient_flow(network, {.batch = 500, .seed = 1});
  EXPECT_NEAR(norm_by_hand<T>(flat(network.trace(0).z)) / std::sqrt(500.0 * 40), 1, 0.03)
      << "the inputs have variance 1";
  EXPECT_NEAR(flow.delta_norms[1] / std::sqrt(500.0 * 30), 1, 0.03) << "dL/doutput has variance 1";
  EXPECT_EQ(flow.delta_norms, gradient_flow(network).delta_norms) << "the network keeps the pass that was measured";
}

TYPED_TEST(GradientFlowTest, AProbeIsTheSameForTheSameSeedAndAnotherForAnother) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(5, 8), dense<Identity, T>(8, 3)};
  network.initialize(GlorotUniform{}, 1);
  network.keep_z(true);
  const auto first = probe_gradient_flow(network, {.seed = 1}), other = probe_gradient_flow(network, {.seed = 2});
  EXPECT_EQ(probe_gradient_flow(network, {.seed = 1}).delta_norms, first.delta_norms);
  const Matrix<T> z = network.trace(0).z;
  EXPECT_NE(other.delta_norms.back(), first.delta_norms.back()) << "dL/doutput";
  probe_gradient_flow(network, {.seed = 2});
  EXPECT_FALSE(same_bits(network.trace(0).z, z)) << "another seed gives another input";
}

TYPED_TEST(GradientFlowTest, AProbeWithoutSamplesIsRefused) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(5, 8)};
  EXPECT_THROW(probe_gradient_flow(network, {.batch = 0}), ValueError);
}

TYPED_TEST(GradientFlowTest, ALayerWithoutParametersHasADeltaAndNoWeightNorm) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(2, 2), std::make_shared<const PassOn<T>>(), dense<Identity, T>(2, 1)};
  network.initialize(GlorotUniform{}, 1);
  const auto x = random_matrix<T>(6, 2, 1);
  network.forward(x);
  network.backward(x, random_matrix<T>(6, 1, 2));
  const GradientFlow flow = gradient_flow(network);
  EXPECT_TRUE(std::isnan(flow.weight_norms[1]));
  EXPECT_GT(flow.weight_norms[0], 0);
  EXPECT_GT(flow.weight_norms[2], 0);
  EXPECT_GT(flow.delta_norms[1], 0);
}

GradientFlow with_deltas(std::vector<double> deltas) { return {std::move(deltas), {}}; }

TEST(GradientFlowTest, TheFactorIsTheGeometricMeanFromLayerToLayerGoingBack) {
  EXPECT_DOUBLE_EQ(factor_per_layer(with_deltas({1, 7, 2, 8})), 0.5);
  EXPECT_DOUBLE_EQ(factor_per_layer(with_deltas({8, 1})), 8);
  EXPECT_DOUBLE_EQ(gradient_left(with_deltas({1, 7, 2, 8})), 0.125);
  EXPECT_DOUBLE_EQ(gradient_ratio({{}, {3, 5, 6}}), 0.5);
}

TEST(GradientFlowTest, OneLayerLosesNothing) {
  EXPECT_EQ(factor_per_layer(with_deltas({0.3})), 1);
  EXPECT_EQ(gradient_left(with_deltas({0.3})), 1);
  EXPECT_EQ(judge(with_deltas({0.3})), GradientState::flowing);
}

TEST(GradientFlowTest, TheStateFollowsTheThresholds) {
  EXPECT_EQ(judge(with_deltas({0.0099, 1})), GradientState::vanishing);
  EXPECT_EQ(judge(with_deltas({0.01, 1})), GradientState::flowing);
  EXPECT_EQ(judge(with_deltas({1, 1})), GradientState::flowing);
  EXPECT_EQ(judge(with_deltas({100, 1})), GradientState::flowing);
  EXPECT_EQ(judge(with_deltas({101, 1})), GradientState::exploding);
  EXPECT_EQ(judge(with_deltas({0, 5, 1})), GradientState::dead);
}

TEST(GradientFlowTest, AGradientIsNotFiniteWhereAnyLayersIsNot) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const auto& deltas : std::vector<std::vector<double>>{
           {infinity, 1}, {std::nan(""), 1}, {infinity, infinity}, {1, infinity}, {1, infinity, 1}})
    EXPECT_EQ(judge(with_deltas(deltas)), GradientState::not_finite);
}

TEST(GradientFlowTest, WithoutAGradientAtTheOutputThereIsNone) {
  EXPECT_EQ(judge(with_deltas({0, 0, 0})), GradientState::none);
}

TEST(GradientFlowTest, ALayersStateFollowsTheSameThresholds) {
  EXPECT_EQ(judge_layer(0.0198, 2), GradientState::vanishing);
  EXPECT_EQ(judge_layer(0.02, 2), GradientState::flowing);
  EXPECT_EQ(judge_layer(2, 2), GradientState::flowing);
  EXPECT_EQ(judge_layer(200, 2), GradientState::flowing);
  EXPECT_EQ(judge_layer(202, 2), GradientState::exploding);
  EXPECT_EQ(judge_layer(1e-30, 0), GradientState::exploding);
}

TEST(GradientFlowTest, ALayerThatGetsNothingIsDeadAndOneWithoutANumberIsNotFinite) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(judge_layer(0, 1), GradientState::dead);
  EXPECT_EQ(judge_layer(0, 0), GradientState::none);
  EXPECT_EQ(judge_layer(infinity, 1), GradientState::not_finite);
  EXPECT_EQ(judge_layer(std::nan(""), 1), GradientState::not_finite);
  EXPECT_EQ(judge_layer(1, infinity), GradientState::not_finite);
  EXPECT_EQ(judge_layer(0, std::nan("")), GradientState::not_finite);
}

}  // namespace
}  // namespace gradflow

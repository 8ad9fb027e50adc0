#include <gradflow/flow/layer_flow.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/nn/dense.hpp>
#include <support/allocations.hpp>
#include <support/errors.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>
#include <support/pass_on.hpp>

namespace gradflow {
namespace {

template <class T>
class FlowMeterTest : public testing::Test {
 protected:
  static constexpr double precision = std::is_same_v<T, float> ? 2e-6 : 1e-14;
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(FlowMeterTest, Numbers);

/// The widths are above and below the size of a register, and none is a multiple of another.
template <class T>
Network<T> a_network(std::string_view activation, std::string_view initializer = "he_normal", std::uint64_t seed = 1) {
  Network<T> network{dense<T>(activation, 7, 35), dense<T>(activation, 35, 3), dense<T>(activation, 3, 17),
                     dense<T>("identity", 17, 2)};
  network.initialize(*make_initializer(initializer), seed);
  network.keep_z(true);
  probe_gradient_flow(network, {.batch = 19, .seed = seed});
  return network;
}

/// Return all numbers of a matrix, or those of one column, as double.
template <class T>
std::vector<double> numbers_of(const Matrix<T>& m) {
  return {m.begin(), m.end()};
}
template <class T>
std::vector<double> column_of(const Matrix<T>& m, std::size_t j) {
  std::vector<double> column;
  for (std::size_t i = 0; i < rows(m); ++i) column.push_back(static_cast<double>(row(m, i)[j]));
  return column;
}
double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}
double norm_of(const std::vector<double>& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}
double share_of(const std::vector<double>& x, const std::function<bool(double)>& is) {
  return static_cast<double>(std::ranges::count_if(x, is)) / static_cast<double>(x.size());
}
template <std::size_t bins>
double sum_of(const Histogram<bins>& h) {
  return std::accumulate(h.shares.begin(), h.shares.end(), 0.0);
}

TYPED_TEST(FlowMeterTest, NormsAndFactorsAreThoseOfTheGradients) {
  using T = TypeParam;
  const Network<T> network = a_network<T>("tanh");
  FlowMeter<T> meter;
  const auto flows = meter.measure(network);
  const GradientFlow expected = gradient_flow(network);
  ASSERT_EQ(flows.size(), 4u);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    EXPECT_EQ(flows[i].delta_norm, expected.delta_norms[i]);
    EXPECT_EQ(flows[i].weight_gradient_norm, expected.weight_norms[i]);
    const auto bias = network.gradients(i).subspan(network.layer(i).blocks()[1].offset);
    EXPECT_NEAR(flows[i].bias_gradient_norm / norm_of({bias.begin(), bias.end()}), 1, 1e-14);
    if (i == 3) continue;
    EXPECT_EQ(flows[i].factor, expected.delta_norms[i] / expected.delta_norms[i + 1]);
    EXPECT_NEAR(flows[i].slope_factor * flows[i].weight_factor / flows[i].factor, 1, 1e-15);
  }
  EXPECT_TRUE(std::isnan(flows[3].factor) && std::isnan(flows[3].weight_factor));
}

TYPED_TEST(FlowMeterTest, ActivationsAndSlopesAreThoseComputedByHand) {
  using T = TypeParam;
  for (const std::string_view activation : {"sigmoid", "gelu", "relu"}) {
    const Network<T> network = a_network<T>(activation);
    FlowMeter<T> meter;
    const auto flows = meter.measure(network);
    for (std::size_t i = 0; i + 1 < flows.size(); ++i) {
      const Matrix<T>& a = network.trace(i).a;
      const auto outputs = numbers_of(a), slopes = numbers_of(network.trace(i).slope);
      std::vector<double> apart_from_mean, within;
      for (const double x : outputs) apart_from_mean.push_back(x - mean_of(outputs));
      for (std::size_t j = 0; j < columns(a); ++j)
        for (const double x : column_of(a, j)) within.push_back(x - mean_of(column_of(a, j)));
      const auto count = static_cast<double>(outputs.size());
      const LayerFlow& flow = flows[i];
      const double within_rounding = this->precision;
      EXPECT_NEAR(flow.activation_mean, mean_of(outputs), within_rounding);
      EXPECT_NEAR(flow.activation_deviation, norm_of(apart_from_mean) / std::sqrt(count), within_rounding);
      EXPECT_NEAR(flow.spread, norm_of(within) / norm_of(outputs), within_rounding);
      EXPECT_NEAR(flow.slope_mean, mean_of(slopes), within_rounding);
      EXPECT_NEAR(flow.slope_factor, norm_of(slopes) / std::sqrt(count), within_rounding);
      const double largest = slope_range(*network.layer(i).activation()).size();
      EXPECT_EQ(flow.saturated, share_of(slopes, [&](double s) { return std::abs(s) < 0.01 * largest; })) << activation;
      EXPECT_NEAR(sum_of(flow.slopes), 1, 1e-12);
      EXPECT_NEAR(sum_of(flow.z), 1, 1e-12);
    }
  }
}

TYPED_TEST(FlowMeterTest, TheSpreadOfAlmostEqualSamplesKeepsItsDigits) {
  using T = TypeParam;
  Network<T> network{std::make_shared<const PassOn<T>>()};
  Matrix<T> x = zeros<T>(8, 2);
  const T apart = std::is_same_v<T, float> ? T(0x1p-14) : T(0x1p-30);
  for (std::size_t i = 0; i < 8; ++i) row(x, i)[0] = row(x, i)[1] = 1 + (i % 2 == 0 ? apart : -apart);
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  EXPECT_NEAR(meter.measure(network)[0].spread / static_cast<double>(apart), 1, 1e-6);
  network.backward(zeros<T>(8, 2), network.forward(zeros<T>(8, 2)));
  EXPECT_EQ(meter.measure(network)[0].spread, 0);
}

TYPED_TEST(FlowMeterTest, HistogramsCountWhereTheNumbersLie) {
  using T = TypeParam;
  const Network<T> network = a_network<T>("tanh");
  FlowMeter<T> meter;
  const LayerFlow& flow = meter.measure(network)[1];  // 19 rows of 3 numbers: few enough to be counted all
  EXPECT_EQ(flow.slopes.low, slope_range(activation_info(Tanh{})).low);
  EXPECT_EQ(flow.slopes.high, 1);
  for (std::size_t bin = 0; bin < flow.z.shares.size(); ++bin) {
    const double low = -10 + 0.5 * static_cast<double>(bin);
    const double expected =
        share_of(numbers_of(network.trace(1).z), [&](double z) { return z >= low && z < low + 0.5; });
    EXPECT_NEAR(flow.z.shares[bin], expected, 1e-12) << "from " << low;
  }
}

TYPED_TEST(FlowMeterTest, EveryLayersHistogramSpansTheSlopesOfItsOwnActivation) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(2, 3), dense<Sigmoid, T>(3, 3), dense<Sigmoid, T>(3, 3), dense<Relu, T>(3, 1)};
  network.initialize(GlorotUniform{}, 1);
  probe_gradient_flow(network);
  FlowMeter<T> meter;
  const auto flows = meter.measure(network);
  EXPECT_EQ(flows[0].slopes.high, 1);
  EXPECT_EQ(flows[1].slopes.high, 0.25);
  EXPECT_EQ(flows[2].slopes.high, 0.25);
  EXPECT_EQ(flows[3].slopes.high, 1);
}

TYPED_TEST(FlowMeterTest, WhatLiesOutsideIsInTheOutermostBins) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(1, 1)};
  network.keep_z(true);
  network.parameters()[0] = 1;
  Matrix<T> x = matrix<T>({{-1e30}, {-11}, {1000}, {0.1}});
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  const Histogram<40>& z = meter.measure(network)[0].z;
  EXPECT_EQ(z.shares.front(), 0.5);
  EXPECT_EQ(z.shares.back(), 0.25);
  EXPECT_EQ(z.shares[20], 0.25);
}

TYPED_TEST(FlowMeterTest, ANaNIsInNoBin) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(1, 1)};
  network.keep_z(true);
  network.parameters()[0] = 1;
  const Matrix<T> x = matrix<T>({{0.1}, {std::nan("")}, {-9.9}, {9.9}});
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  const Histogram<40>& z = meter.measure(network)[0].z;
  EXPECT_EQ(sum_of(z), 0.75);
  for (const std::size_t bin : {0u, 20u, 39u}) EXPECT_EQ(z.shares[bin], 0.25) << bin;
}

/// z rises evenly through all bins. The histogram counts about 128 evenly spaced rows, so that the share of each bin is
/// off by at most one of them.
TYPED_TEST(FlowMeterTest, HistogramsOfManyRowsAreOfRowsEvenlyApart) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(1, 1)};
  network.keep_z(true);
  network.parameters()[0] = 1;
  Matrix<T> x = zeros<T>(4000, 1);
  for (std::size_t i = 0; i < 4000; ++i) row(x, i)[0] = static_cast<T>(-10 + (static_cast<double>(i) + 0.5) / 200);
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  for (const double share : meter.measure(network)[0].z.shares) EXPECT_NEAR(share, 1 / 40.0, 1 / 128.0);
}

TYPED_TEST(FlowMeterTest, AHistogramOfZGoesWithZ) {
  using T = TypeParam;
  Network<T> network = a_network<T>("tanh");
  FlowMeter<T> meter;
  EXPECT_GT(sum_of(meter.measure(network)[0].z), 0);
  network.keep_z(false);
  probe_gradient_flow(network);
  EXPECT_EQ(sum_of(meter.measure(network)[0].z), 0);
}

TYPED_TEST(FlowMeterTest, AUnitIsDeadAfterSoManyBatchesWithoutASlope) {
  using T = TypeParam;
  Network<T> network{dense<Relu, T>(1, 4), dense<Identity, T>(4, 1)};
  const T rising[] = {1, 1, 1, 1, 0, -1, -2, -3};  // weights, then biases; at x = 0.5 only the first unit has a slope
  std::ranges::copy(rising, network.parameters(0).begin());
  FlowMeter<T> meter({.dead_after = 3});
  std::vector<double> dead;
  for (const double x : {0.5, 0.5, 2.5, 0.5, 0.5, 0.5}) {
    network.backward(matrix<T>({{x}}), network.forward(matrix<T>({{x}})));
    dead.push_back(meter.measure(network)[0].dead);
  }
  EXPECT_EQ(dead, (std::vector<double>{0.75, 0.75, 0.25, 0.25, 0.25, 0.75}));
}

TYPED_TEST(FlowMeterTest, ASlopeThatIsZeroInTheNumberTypeAloneIsToldFromOneThatIsZero) {
  using T = TypeParam;
  const auto measured = [](LayerPtr<T> layer, double x) {
    Network<T> network{layer};
    network.keep_z(true);
    std::ranges::fill(network.parameters(), T(1));
    network.backward(matrix<T>({{x}}), network.forward(matrix<T>({{x}})));
    FlowMeter<T> meter;
    const LayerFlow flow = meter.measure(network)[0];
    EXPECT_EQ(meter.saw_zero_slopes(), network.trace(0).slope.data()[0] == 0);
    return flow;
  };
  EXPECT_EQ(measured(dense<Relu, T>(1, 1, {.bias = false}), -150).numerically_dead, 0);
  const bool is_float = std::is_same_v<T, float>;
  EXPECT_EQ(measured(dense<Sigmoid, T>(1, 1, {.bias = false}), -150).numerically_dead, is_float ? 1 : 0);
  EXPECT_EQ(measured(dense<Sigmoid, T>(1, 1, {.bias = false}), -5).numerically_dead, 0);
  EXPECT_EQ(measured(dense<Sigmoid, T>(1, 1, {.bias = false}), -150).saturated, 1);
}

TYPED_TEST(FlowMeterTest, NumericallyDeadIsAShareOfAllSlopes) {
  using T = TypeParam;
  Network<T> network{dense<Sigmoid, T>(1, 1, {.bias = false})};
  network.keep_z(true);
  network.parameters()[0] = 1;
  const Matrix<T> x = matrix<T>({{-150}, {0}, {-160}, {1}, {-5}, {2}, {3}, {-1}});
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  const bool is_float = std::is_same_v<T, float>;
  EXPECT_EQ(meter.measure(network)[0].numerically_dead, is_float ? 0.25 : 0);
}

TYPED_TEST(FlowMeterTest, WhatALayerDoesNotHaveIsNaN) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(2, 2, {.bias = false}), std::make_shared<const PassOn<T>>()};
  network.initialize(GlorotUniform{}, 1);
  probe_gradient_flow(network);
  FlowMeter<T> meter;
  const auto flows = meter.measure(network);
  EXPECT_TRUE(std::isnan(flows[0].bias_gradient_norm));
  EXPECT_TRUE(std::isnan(flows[1].weight_gradient_norm) && std::isnan(flows[1].slope_mean));
  EXPECT_TRUE(std::isnan(flows[1].dead) && std::isnan(flows[1].saturated));
  EXPECT_FALSE(std::isnan(flows[1].spread));
  EXPECT_EQ(sum_of(flows[0].z), 0) << "without z there is no histogram of z";
}

/// An activation as a user would write it. All measures work without further code.
struct Bent {
  static constexpr std::string_view name = "bent";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, -0.5 * z, 2 * z);
  }
};

TYPED_TEST(FlowMeterTest, AUsersActivationGetsAllOfIt) {
  using T = TypeParam;
  EXPECT_EQ(slope_range(activation_info(Bent{})).low, -0.5);
  EXPECT_EQ(slope_range(activation_info(Bent{})).size(), 2);
  EXPECT_EQ(slope_range(activation_info(Bent{})).low_at, 0);
  EXPECT_EQ(slope_range(activation_info(Bent{})).high_at, 0.01);
  Network<T> network{dense<Bent, T>(5, 9), dense<Identity, T>(9, 1)};
  network.initialize(AutoInit{}, 1);
  probe_gradient_flow(network);
  FlowMeter<T> meter;
  const LayerFlow& flow = meter.measure(network)[0];
  EXPECT_NEAR(flow.slopes.shares.front() + flow.slopes.shares.back(), 1, 1e-12);
  EXPECT_GT(flow.slopes.shares.front(), 0.2);
  EXPECT_EQ(flow.saturated, 0);
}

/// Its slope of largest size, -1, is negative.
struct BentDown {
  static constexpr std::string_view name = "bent_down";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, -z, 0.001 * z);
  }
};

TYPED_TEST(FlowMeterTest, AUnitIsSaturatedByTheSizeOfItsSlopesWhateverTheirSign) {
  using T = TypeParam;
  EXPECT_EQ(slope_range(activation_info(BentDown{})).size(), 1);
  Network<T> network{dense<BentDown, T>(1, 1)};
  network.parameters()[0] = 1;
  const Matrix<T> x = matrix<T>({{-1}, {2}, {-3}, {-4}});
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  EXPECT_EQ(meter.measure(network)[0].saturated, 0.25);
}

/// A step function. Its slope is 0 everywhere.
struct Step01 {
  static constexpr std::string_view name = "step01";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, V(0), V(1));
  }
};

TYPED_TEST(FlowMeterTest, AnActivationWithoutASlopeIsSaturatedAndDead) {
  using T = TypeParam;
  Network<T> network{dense<Step01, T>(1, 3)};
  network.keep_z(true);
  std::ranges::fill(network.parameters(), T(1));
  const Matrix<T> x = matrix<T>({{-3}, {2}});
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  const LayerFlow& flow = meter.measure(network)[0];
  EXPECT_EQ(flow.saturated, 1);
  EXPECT_EQ(flow.dead, 1);
  EXPECT_EQ(flow.numerically_dead, 0) << "the exact slope is 0, too";
  EXPECT_TRUE(meter.saw_zero_slopes());
}

/// |z|
struct Folded {
  static constexpr std::string_view name = "folded";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, -z, z);
  }
};

TYPED_TEST(FlowMeterTest, AUnitWhoseSlopesCancelIsNotDead) {
  using T = TypeParam;
  Network<T> network{dense<Folded, T>(1, 1)};
  network.parameters()[0] = 1;
  const Matrix<T> x = matrix<T>({{-1}, {1}});
  network.backward(x, network.forward(x));
  FlowMeter<T> meter;
  const LayerFlow& flow = meter.measure(network)[0];
  EXPECT_EQ(flow.dead, 0);
  EXPECT_EQ(flow.slope_mean, 0);
  EXPECT_EQ(flow.slope_factor, 1);
}

TYPED_TEST(FlowMeterTest, AllocatesAtTheFirstCallOnly) {
  using T = TypeParam;
  const Network<T> network = a_network<T>("relu");
  FlowMeter<T> meter;
  const std::size_t at_first = allocations();
  meter.measure(network);
  const std::size_t before = allocations();
  EXPECT_GT(before, at_first);
  for (int i = 0; i < 20; ++i) meter.measure(network);
  EXPECT_EQ(allocations(), before);
}

TYPED_TEST(FlowMeterTest, UnitsAreAlikeWhereAllOfTheirParametersAre) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(2, 3), dense<Tanh, T>(3, 2), dense<Identity, T>(2, 1)};
  network.initialize(Constant{0.1}, 1);
  network.parameters(1).back() += 1;  // a bias
  probe_gradient_flow(network);
  FlowMeter<T> meter;
  const auto flows = meter.measure(network);
  EXPECT_TRUE(flows[0].units_alike);
  EXPECT_FALSE(flows[1].units_alike);
  EXPECT_FALSE(flows[2].units_alike) << "a layer with one unit has no units alike";
}

/// The gains of a norm are all 1 at first, but that does not make its units alike.
TYPED_TEST(FlowMeterTest, OnlyUnitsWithWeightsCanBeAlike) {
  using T = TypeParam;
  for (const test::LayerCase<T>& kind : test::layer_cases<T>()) {
    Network<T> network = test::network_with(kind);
    network.initialize(GlorotUniform{}, 1);
    probe_gradient_flow(network);
    FlowMeter<T> meter;
    for (const LayerFlow& flow : meter.measure(network)) EXPECT_FALSE(flow.units_alike) << kind.name;
  }
}

TYPED_TEST(FlowMeterTest, TheInputsScaleIsTheirSizeAndTheLargestOffset) {
  using T = TypeParam;
  const auto [size, offset] = input_scale(matrix<T>({{3, 11, 5}, {-1, 9, 5}}));  // standard deviations 2, 1, 0
  EXPECT_NEAR(size, std::sqrt((9 + 1 + 121 + 81 + 25 + 25) / 6.0), 1e-6);
  EXPECT_NEAR(offset, 10, 1e-6);
}

TEST(FlowMeter, RefusesDeadAfterNoBatch) {
  EXPECT_EQ(message_of<ValueError>([] { FlowMeter meter({.dead_after = 0}); }),
            "flow_meter: dead_after: got 0, expected at least 1");
}

}  // namespace
}  // namespace gradflow

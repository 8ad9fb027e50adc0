// Compares mean-field theory with published numbers and closed forms, for built-in and user-written activations.
#include <gradflow/flow/theory.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/nn/activations.hpp>

/// Activations as a user would write them, in the user's own namespace.
namespace mine {

/// Twice a relu, with its kink at 0.3: E f'^2 = 4 P(Z > 0.3 / sqrt(q)).
struct Shifted {
  static constexpr std::string_view name = "shifted";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0.3, V(0), 2 * (z - 0.3));
  }
};

/// z, but 0 / 0 at z = 0.
struct Hole {
  static constexpr std::string_view name = "hole";
  template <class V>
  V value(const V& z) const {
    return z * z / z;
  }
};

/// 3 z: its theory has simple closed forms.
struct Triple {
  static constexpr std::string_view name = "triple";
  template <class V>
  V value(const V& z) const {
    return 3 * z;
  }
};

}  // namespace mine

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class A>
MeanField mean_field(double sigma_w_squared, double sigma_b_squared = 0) {
  return {activation_info(A{}), std::sqrt(sigma_w_squared), std::sqrt(sigma_b_squared)};
}

void expect_fixed_point(const MeanField& network, double q, double chi, double factor) {
  const double found = network.fixed_point();
  EXPECT_NEAR(found, q, 5.1e-11);
  EXPECT_NEAR(network.next(found), found, 1e-12);
  EXPECT_NEAR(network.chi(found), chi, 5.1e-11);
  EXPECT_NEAR(std::sqrt(network.chi(found)), factor, 5.1e-9);
}

TEST(Theory, SigmoidWithGlorotKeepsLessThanAQuarter) {
  expect_fixed_point(mean_field<Sigmoid>(1), 0.2646868752, 0.0557207068, 0.23605234);
}

TEST(Theory, SigmoidWithHeKeepsLessThanAThird) {
  expect_fixed_point(mean_field<Sigmoid>(2), 0.5552895914, 0.1009770807, 0.31776891);
}

TEST(Theory, TanhWithTorchsGainExplodesByTenPercentALayer) {
  expect_fixed_point(mean_field<Tanh>(25.0 / 9), 1.1784804904, 1.2098313204, 1.09992332);
}

TEST(Theory, TanhWithGlorotHasItsFixedPointAtZeroAndIsCriticalThere) {
  const MeanField network = mean_field<Tanh>(1);
  EXPECT_EQ(network.fixed_point(), 0);
  EXPECT_DOUBLE_EQ(network.chi(0), 1);
}

/// Returns the geometric mean of the factors of layers 5 to 19 of 20, counted from 1.
double mean_factor(const MeanField& network, double first) {
  return geometric_mean(std::span<const double>(network.factors(first, 20)).subspan(4));
}

TEST(Theory, TanhWithGlorotLosesFivePercentOnItsWayThere) {
  EXPECT_NEAR(mean_factor(mean_field<Tanh>(1), 1), 0.95156, 5e-6);
}

TEST(Theory, ReluWithHeKeepsEveryVariance) {
  const MeanField network = mean_field<Relu>(2);
  for (const double q : {1e-6, 1.0, 123.456}) {
    EXPECT_EQ(network.fixed_point(q), q);
    EXPECT_NEAR(network.chi(q), 1, 1e-14);
  }
}

TEST(Theory, SomeNetworksKeepEveryVarianceAndOthersDoNot) {
  EXPECT_TRUE(mean_field<Relu>(2).keeps_every_variance());
  EXPECT_TRUE(mean_field<LeakyRelu>(2 / 1.04).keeps_every_variance());
  EXPECT_FALSE(mean_field<Relu>(2.001).keeps_every_variance());
  EXPECT_FALSE(mean_field<Selu>(1).keeps_every_variance());
}

TEST(Theory, ReluWithGlorotLosesThirtyPercent) {
  const MeanField network = mean_field<Relu>(1);
  EXPECT_NEAR(network.chi(1), 0.5, 1e-14);
  EXPECT_NEAR(mean_factor(network, 1), 0.70710678, 5e-9);
  EXPECT_EQ(network.fixed_point(), 0);
}

TEST(Theory, LeakyReluWithItsOwnGainKeepsEveryVariance) {
  const MeanField network = mean_field<LeakyRelu>(2 / 1.04);
  for (const double q : {1e-6, 1.0, 123.456}) {
    EXPECT_EQ(network.fixed_point(q), q);
    EXPECT_NEAR(network.chi(q), 1, 1e-14);
  }
}

TEST(Theory, AtABiasVarianceOfOneTwentiethTanhGoesFromOrderToChaos) {
  for (const auto& [sigma_w_squared, chi] : {std::pair{1.0, 0.7590316472}, {1.5, 0.9386362682}, {2.5, 1.1335156987}}) {
    const MeanField network = mean_field<Tanh>(sigma_w_squared, 0.05);
    EXPECT_NEAR(network.chi(network.fixed_point()), chi, 5.1e-11) << sigma_w_squared;
  }
}

TEST(Theory, TanhIsCriticalWhereSchoenholzAndOthersSay) {
  const ActivationInfo tanh = activation_info(Tanh{});
  const auto point = critical_point_of(tanh, std::sqrt(0.05));
  ASSERT_TRUE(point);
  EXPECT_NEAR(point->sigma_w * point->sigma_w, 1.7609546396, 1e-9);
  EXPECT_NEAR(point->q, 0.5700478816, 1e-9);
  const auto same = critical_point_at(tanh, 0.5700478816);
  ASSERT_TRUE(same);
  EXPECT_NEAR(same->sigma_w * same->sigma_w, 1.7609546396, 1e-9);
  EXPECT_NEAR(same->sigma_b * same->sigma_b, 0.05, 1e-9);
}

TEST(Theory, TanhIsCriticalNearTheOriginToo) {
  const ActivationInfo tanh = activation_info(Tanh{});
  const auto point = critical_point_of(tanh, std::sqrt(2.0105213e-5));
  ASSERT_TRUE(point);
  EXPECT_NEAR(point->sigma_w * point->sigma_w, 1.05, 1e-8);
  const auto origin = critical_point_of(tanh, 0);
  ASSERT_TRUE(origin);
  EXPECT_DOUBLE_EQ(origin->sigma_w, 1);
  EXPECT_EQ(origin->q, 0);
}

TEST(Theory, ReluIsCriticalWithHeAndNoBiasAndNowhereElse) {
  const ActivationInfo relu = activation_info(Relu{});
  for (const auto& point : {critical_point_of(relu, 0), critical_point_at(relu, 1), critical_point_at(relu, 0)}) {
    ASSERT_TRUE(point);
    EXPECT_NEAR(point->sigma_w * point->sigma_w, 2, 1e-14);
    EXPECT_NEAR(point->sigma_b, 0, 1e-6);
  }
  for (const double sigma_b : {1e-6, 1e-3, 0.1, 1.0}) EXPECT_FALSE(critical_point_of(relu, sigma_b)) << sigma_b;
}

TEST(Theory, ATinyBiasIsNotMistakenForRounding) {
  for (const double slope : {0.01, 0.2, 0.3, 0.7}) {
    const ActivationInfo leaky = activation_info(LeakyRelu{slope});
    for (double sigma_b = 1e-7; sigma_b < 1; sigma_b *= 10)
      EXPECT_FALSE(critical_point_of(leaky, sigma_b)) << slope << " " << sigma_b;
    EXPECT_TRUE(critical_point_of(leaky, 0)) << slope;
  }
}

// sigma_b^2 must be q - E f^2 / E f'^2, which is 4/3 q^3 for small q. With such small biases this difference is below
// the rounding error of q.
TEST(Theory, TanhWithATinyBiasIsCriticalBesideTheOrigin) {
  for (const double sigma_b : {1e-4, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11}) {
    const auto point = critical_point_of(activation_info(Tanh{}), sigma_b);
    ASSERT_TRUE(point) << sigma_b;
    EXPECT_NEAR(point->q / std::cbrt(0.75 * sigma_b * sigma_b), 1, sigma_b < 1e-9 ? 0.1 : 0.01) << sigma_b;
    EXPECT_NEAR(point->sigma_b / sigma_b, 1, sigma_b < 1e-9 ? 0.1 : 1e-3) << sigma_b;
    EXPECT_NEAR(point->sigma_w, 1 + point->q - 2 * point->q * point->q, 1e-4 * point->q) << sigma_b;
  }
}

// For large q the normal density is nearly constant wherever tanh has a slope. So E f'^2 = (4/3) / sqrt(2 pi q), and
// 4/3 is the integral of tanh'^2.
TEST(Theory, TanhIsCriticalWithLargeBiasesToo) {
  for (const double sigma_b : {500.0, 700.0, 800.0, 990.0}) {
    const auto point = critical_point_of(activation_info(Tanh{}), sigma_b);
    ASSERT_TRUE(point) << sigma_b;
    EXPECT_NEAR(point->sigma_b, sigma_b, 1e-9 * sigma_b);
    EXPECT_LE(point->q, 1e6);
    const double mean_square_slope = 4.0 / 3 / std::sqrt(2 * std::acos(-1.0) * point->q);
    EXPECT_NEAR(point->sigma_w * point->sigma_w * mean_square_slope, 1, 1e-5) << sigma_b;
  }
  EXPECT_FALSE(critical_point_of(activation_info(Tanh{}), 1100)) << "its q* is beyond 1e6";
}

TEST(Theory, SoftplusIsCriticalNowhere) {
  const ActivationInfo softplus = activation_info(Softplus{});
  for (const double sigma_b : {0.0, 0.1, 1.0}) EXPECT_FALSE(critical_point_of(softplus, sigma_b)) << sigma_b;
  for (const double q : {0.0, 0.1, 1.0, 1e3}) EXPECT_FALSE(critical_point_at(softplus, q)) << q;
}

TEST(Theory, AVarianceThatTheNetworkLeavesIsNotCritical) {
  EXPECT_FALSE(critical_point_at(activation_info(Gelu{}), 0)) << "sigma_w = 2: q grows from every start";
}

TEST(Theory, CriticalPointsOfEveryActivationAreFixedPointsWithChiOne) {
  int found = 0;
  for_each_type(Activations{}, [&](const auto& activation) {
    const ActivationInfo info = activation_info(activation);
    for (const double sigma_b : {0.0, 0.1})
      if (const auto point = critical_point_of(info, sigma_b)) {
        const MeanField network{info, point->sigma_w, sigma_b};
        EXPECT_NEAR(network.next(point->q), point->q, 1e-9 * std::max(point->q, 1e-3)) << info.name << " " << sigma_b;
        EXPECT_NEAR(network.chi(point->q), 1, 1e-9) << info.name << " " << sigma_b;
        ++found;
      }
  });
  EXPECT_GT(found, 15);
}

TEST(Theory, VariancesFollowTheRecursionAndFactorsTheirChi) {
  const MeanField network = mean_field<Silu>(1.7, 0.3);
  const auto q = network.variances(2.5, 6);
  const auto factors = network.factors(2.5, 6);
  ASSERT_EQ(q.size(), 6u);
  ASSERT_EQ(factors.size(), 5u);
  EXPECT_EQ(q[0], 2.5);
  for (std::size_t l = 0; l < 5; ++l) {
    EXPECT_EQ(q[l + 1], network.next(q[l]));
    EXPECT_EQ(factors[l], std::sqrt(network.chi(q[l])));
  }
  EXPECT_TRUE(network.factors(1, 1).empty());
  EXPECT_TRUE(network.factors(1, 0).empty());
}

TEST(Theory, TheDepthScaleIsInfiniteWhereItIsCritical) {
  EXPECT_DOUBLE_EQ(depth_scale(std::exp(-0.1)), 10);
  EXPECT_DOUBLE_EQ(depth_scale(std::exp(0.1)), 10);
  EXPECT_EQ(depth_scale(mean_field<Relu>(2).chi(1)), infinity);
  EXPECT_EQ(depth_scale(1), infinity);
  EXPECT_EQ(depth_scale(0), 0);
}

TEST(Theory, FixedPointsAreFoundFromAnyStartAndZeroAndInfinityAreSaid) {
  const MeanField bounded = mean_field<Tanh>(2, 0.1);
  const double q = bounded.fixed_point(1);
  for (const double start : {0.0, 1e-12, 0.01, 100.0, 1e9}) EXPECT_NEAR(bounded.fixed_point(start) / q, 1, 1e-12);
  EXPECT_EQ(mean_field<Tanh>(0.5).fixed_point(), 0);
  EXPECT_EQ(mean_field<Tanh>(0.5).fixed_point(0), 0);
  EXPECT_NEAR(mean_field<Relu>(1, 0.3).fixed_point(), 0.6, 1e-12);
  EXPECT_EQ(mean_field<Relu>(2, 0.3).fixed_point(), infinity);
  EXPECT_EQ(mean_field<Relu>(2.1).fixed_point(), infinity);
  const MeanField softplus = mean_field<Softplus>(2);
  EXPECT_EQ(softplus.fixed_point(), infinity);
  EXPECT_NEAR(softplus.chi(infinity), 1, 1e-5);
  EXPECT_EQ(softplus.next(infinity), infinity);
}

TEST(Theory, AVarianceThatIsKeptToRoundingOnTheWayIsNoFixedPoint) {
  EXPECT_EQ(mean_field<HardTanh>(1).fixed_point(), 0)
      << "below q = 0.02 each layer loses less than 1e-12 of q, but it does lose it";
  EXPECT_EQ(mean_field<Relu6>(2).fixed_point(), 0);
  EXPECT_EQ(mean_field<Identity>(1, 0.01).fixed_point(), infinity) << "q grows by sigma_b^2, however large it is";
}

// The fixed point to second order: q* = (1 - 1 / (sigma_w f'(0))^2) / (2 (2/3)^2).
TEST(Theory, AFixedPointNearTheOriginIsFoundAndNotTakenForZero) {
  const double slope = 1.7159 * 2 / 3;
  for (const double excess : {1e-8, 2.1e-7, 1e-5}) {
    const double q = (1 - std::pow(1 + excess, -2)) / (2 * 4.0 / 9);
    EXPECT_NEAR(mean_field<LecunTanh>(std::pow((1 + excess) / slope, 2)).fixed_point() / q, 1, 1e-4) << excess;
    EXPECT_EQ(mean_field<LecunTanh>(std::pow((1 - excess) / slope, 2)).fixed_point(), 0) << excess;
  }
}

TEST(Theory, AnActivationThatIsNotANumberAtZeroFallsThereToo) {
  EXPECT_EQ(mean_field<mine::Hole>(0.5).fixed_point(), 0);
}

TEST(Theory, ASmallBiasIsHeldWhereTheFixedPointWouldBeZero) {
  for (const double sigma_b_squared : {1e-12, 1e-16, 1e-20, 1e-26}) {
    const double q = mean_field<Tanh>(1, sigma_b_squared).fixed_point();
    EXPECT_NEAR(q / std::sqrt(sigma_b_squared / 2), 1, 2e-3) << "the fixed point of q -> q - 2 q^2 + sigma_b^2";
  }
}

TEST(Theory, CentredTakesAwayWhatTheActivationAddsAtZero) {
  const ActivationInfo half = centred(activation_info(Sigmoid{}));
  EXPECT_EQ(half.value(0), 0);
  EXPECT_EQ(half.slope(0), 0.25);
  const auto point = critical_point_of(half, 0);
  ASSERT_TRUE(point);
  EXPECT_DOUBLE_EQ(point->sigma_w, 4) << "the default sigma_w of Centred";
  EXPECT_EQ((MeanField{half, 2}.fixed_point()), 0);
  EXPECT_DOUBLE_EQ((MeanField{half, 2}.chi(0)), 0.25) << "every layer halves the norm";
}

template <class A>
void expect_gains(double forward, double backward, double tolerance = 6e-7) {
  EXPECT_NEAR(forward_gain(activation_info(A{})), forward, tolerance) << A::name;
  EXPECT_NEAR(backward_gain(activation_info(A{})), backward, tolerance) << A::name;
}

TEST(Theory, GainsAreTheKnownOnes) {
  expect_gains<Sigmoid>(1.846229, 4.722646);
  expect_gains<Tanh>(1.592537, 1.467414);
  expect_gains<Relu>(std::sqrt(2), std::sqrt(2), 1e-12);
  expect_gains<LeakyRelu>(1.386750491, 1.386750491, 1e-9);
  expect_gains<Elu>(1.245198, 1.223429);
  expect_gains<Gelu>(1.533530, 1.481114);
  expect_gains<Silu>(1.676532, 1.623320);
  expect_gains<Softsign>(2.337533, 2.095781);
}

TEST(Theory, HoldsForAnActivationOfTheUsersOwn) {
  const double q = 0.7, tail = std::erfc(0.3 / std::sqrt(2 * q)) / 2;
  EXPECT_NEAR(mean_field<mine::Shifted>(1.3).chi(q), 1.3 * 4 * tail, 1e-12);
  const MeanField triple = mean_field<mine::Triple>(0.05, 0.2);
  EXPECT_NEAR(triple.fixed_point(), 0.2 / (1 - 9 * 0.05), 1e-12);
  EXPECT_NEAR(triple.chi(5), 0.45, 1e-14);
  const auto point = critical_point_of(activation_info(mine::Triple{}), 0);
  ASSERT_TRUE(point);
  EXPECT_NEAR(point->sigma_w, 1.0 / 3, 1e-15);
}

}  // namespace
}  // namespace gradflow

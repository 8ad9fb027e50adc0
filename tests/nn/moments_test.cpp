// Compares moments under a normal distribution with published numbers, closed forms, and another quadrature rule.
#include <gradflow/nn/moments.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string_view>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/activations.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

using Function = std::function<double(double)>;

/// Returns E f(Z) for Z ~ N(0, 1), by Gauss-Legendre quadrature with three points in each of many short intervals. All
/// kinks of f lie at the ends of intervals.
double expectation(const Function& f) {
  constexpr double node = 0.7745966692414834, width = 1.0 / 128;
  double sum = 0;
  for (double left = -12; left < 12; left += width)
    for (const auto& [x, weight] : {std::pair{-node, 5.0 / 9}, {0.0, 8.0 / 9}, {node, 5.0 / 9}}) {
      const double z = left + width * (1 + x) / 2;
      sum += weight * width / 2 * f(z) * std::exp(-z * z / 2);
    }
  return sum / std::sqrt(2 * std::acos(-1.0));
}

/// Returns P(Z > x) for Z ~ N(0, 1).
double upper_tail(double x) { return std::erfc(x / std::sqrt(2)) / 2; }

TEST(Moments, AtVarianceOneAreTheKnownOnes) {
  struct Known {
    double value, slope;
  };
  std::map<std::string_view, Known> known{{"sigmoid", {0.293379035858, 0.044836241350}},
                                          {"tanh", {0.394294490398, 0.464402902448}},
                                          {"relu", {0.5, 0.5}},
                                          {"leaky_relu", {0.52, 0.52}},
                                          {"elu", {0.644945417493, 0.668102001223}},
                                          {"gelu", {0.425221482570, 0.455850865649}},
                                          {"silu", {0.355775519817, 0.379482351633}},
                                          {"softsign", {0.183014021267, 0.227671340422}}};
  for_each_type(Activations{}, [&](const auto& activation) {
    const auto moments = known.find(activation.name);
    if (moments == known.end()) return;
    const ActivationInfo info = activation_info(activation);
    EXPECT_NEAR(mean_square_value(info, 1), moments->second.value, 1e-9) << info.name;
    EXPECT_NEAR(mean_square_slope(info, 1), moments->second.slope, 1e-9) << info.name;
    known.erase(moments);
  });
  EXPECT_TRUE(known.empty());
}

TEST(Moments, OfEveryActivationAgreeWithAQuadratureOfAnotherKind) {
  for_each_type(Activations{}, [](const auto& activation) {
    const ActivationInfo info = activation_info(activation);
    for (const double q : {0.25, 1.0, 4.0}) {
      const auto square_of = [q](const Function& g) {
        return expectation([&](double z) { return g(std::sqrt(q) * z) * g(std::sqrt(q) * z); });
      };
      EXPECT_NEAR(mean_square_value(info, q), square_of(info.value), 1e-10) << info.name << " " << q;
      EXPECT_NEAR(mean_square_slope(info, q), square_of(info.slope), 1e-10) << info.name << " " << q;
    }
  });
}

TEST(Moments, SeluKeepsMeanZeroAndVarianceOne) {
  const ActivationInfo selu = activation_info(Selu{});
  EXPECT_NEAR(expectation(selu.value), 0, 1e-6);
  EXPECT_NEAR(mean_square_value(selu, 1), 1, 1e-6);
}

TEST(Moments, FollowClosedFormsOverEighteenPowersOfTen) {
  const ActivationInfo sine = activation_info(Sine{}), gaussian = activation_info(Gaussian{});
  for (double q = 1e-12; q <= 1e6; q *= 10) {
    EXPECT_NEAR(mean_square_value(sine, q) / (-std::expm1(-2 * q) / 2), 1, 3e-12) << q;
    EXPECT_NEAR(mean_square_slope(sine, q) / ((1 + std::exp(-2 * q)) / 2), 1, 3e-12) << q;
    EXPECT_NEAR(mean_square_value(gaussian, q) * std::sqrt(1 + 4 * q), 1, 1e-12) << q;
    EXPECT_NEAR(mean_square_slope(gaussian, q) * std::pow(1 + 4 * q, 1.5) / (4 * q), 1, 1e-12) << q;
    EXPECT_NEAR(mean_square([](double x) { return x * x; }, q) / (3 * q * q), 1, 1e-12) << q;
  }
}

TEST(Moments, KinksAndJumpsMayStandAnywhere) {
  const auto jump = [](double x) { return x > 0.3 ? 1.0 : 0.0; };
  const auto kink = [](double x) { return x > 0.3 ? x - 0.3 : 0.0; };
  for (const double q : {0.01, 1.0, 100.0, 1e6}) {
    const double a = 0.3 / std::sqrt(q), density = std::exp(-a * a / 2) / std::sqrt(2 * std::acos(-1.0));
    EXPECT_NEAR(mean_square(jump, q) / upper_tail(a), 1, 1e-12) << q;
    EXPECT_NEAR(mean_square(kink, q) / (q * ((1 + a * a) * upper_tail(a) - a * density)), 1, 1e-11) << q;
  }
}

TEST(Moments, GrowthIsFollowedFarOutAndInfinityIsSaid) {
  const auto exponential = [](double x) { return std::exp(x); };
  for (const double q : {1.0, 9.0, 25.0}) EXPECT_NEAR(mean_square(exponential, q) / std::exp(2 * q), 1, 1e-12) << q;
  EXPECT_EQ(mean_square(exponential, 1e6), std::numeric_limits<double>::infinity());
}

TEST(Moments, AtVarianceZeroAreThoseAtZeroAndOfAKinkTheMeanOfItsSides) {
  const ActivationInfo sigmoid = activation_info(Sigmoid{}), relu = activation_info(Relu{});
  EXPECT_EQ(mean_square_value(sigmoid, 0), 0.25);
  EXPECT_DOUBLE_EQ(mean_square_slope(sigmoid, 0), 0.0625);
  EXPECT_EQ(mean_square_value(relu, 0), 0);
  EXPECT_DOUBLE_EQ(mean_square_slope(relu, 0), 0.5);
}

TEST(Moments, AVarianceThatIsNoneIsRefused) {
  const ActivationInfo tanh = activation_info(Tanh{});
  EXPECT_EQ(message_of<ValueError>([&] { mean_square_value(tanh, -1); }).find("mean_square: q: got -1, expected "), 0u);
  EXPECT_THROW(mean_square_slope(tanh, std::nan("")), ValueError);
  EXPECT_THROW(mean_square_slope(tanh, std::numeric_limits<double>::infinity()), ValueError);
}

}  // namespace
}  // namespace gradflow

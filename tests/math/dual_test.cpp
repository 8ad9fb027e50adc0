// Compares slopes and curvatures of every elementary function with closed forms in long double.
#include <gradflow/math/dual.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "math/ulp.hpp"

namespace gradflow {
namespace {

using test::Exact;
using V = Lanes<double>;
using D = Dual<V>;
using DD = Dual<D>;

struct Jet {
  double value, slope, curvature;
};

/// Returns f, f' and f'' at x.
template <class F>
Jet jet(F f, double x) {
  const DD y = f(DD(D(x, 1), D(1, 0)));
  return {y.value.value.first(), y.value.slope.first(), y.slope.slope.first()};
}

/// Evaluates f on numbers, duals and nested duals. All must give the same value and slope, and the given derivatives.
template <class F, class G, class H>
void expect_derivatives(const char* name, F f, G slope, H curvature, std::vector<double> points) {
  for (const double x : points) {
    const Jet y = jet(f, x);
    const D once = f(D(x, 1));
    const auto exact_slope = static_cast<double>(slope(Exact{x})),
               exact_curvature = static_cast<double>(curvature(Exact{x}));
    EXPECT_EQ(once.value.first(), test::at(f, x)) << name << " at " << x;
    EXPECT_EQ(once.slope.first(), y.slope) << name << " at " << x;
    EXPECT_EQ(once.value.first(), y.value) << name << " at " << x;
    EXPECT_NEAR(y.slope, exact_slope, 4e-15 * std::abs(exact_slope)) << name << " at " << x;
    EXPECT_NEAR(y.curvature, exact_curvature, 2e-14 * std::abs(exact_curvature) + 1e-300) << name << " at " << x;
  }
}

const std::vector<double> everywhere{-30, -5.5, -1, -0.3, -1e-9, 0, 1e-9, 0.25, 1, 2.5, 12, 30};
const std::vector<double> near_zero{-2.5, -1, -0.3, -1e-9, 0, 1e-9, 0.25, 1, 2.5};
const std::vector<double> above_zero{1e-9, 0.25, 1, 2.5, 12, 30};

Exact s(Exact x) { return 1 / (1 + std::exp(-x)); }
Exact s1(Exact x) { return s(x) * s(-x); }
Exact s2(Exact x) { return -s1(x) * std::tanh(x / 2); }
Exact s3(Exact x) { return s1(x) * (std::tanh(x / 2) * std::tanh(x / 2) - 2 * s1(x)); }
Exact sech2(Exact x) { return 1 / (std::cosh(x) * std::cosh(x)); }
Exact normal_density(Exact x) { return 2 * std::numbers::inv_sqrtpi_v<Exact> * std::exp(-x * x); }

TEST(Dual, Exponentials) {
  const auto e = [](Exact x) { return std::exp(x); };
  expect_derivatives(
      "exp", [](auto x) { return exp(x); }, e, e, everywhere);
  expect_derivatives(
      "expm1", [](auto x) { return expm1(x); }, e, e, everywhere);
}

TEST(Dual, LogarithmsAndRoot) {
  expect_derivatives(
      "log", [](auto x) { return log(x); }, [](Exact x) { return 1 / x; }, [](Exact x) { return -1 / (x * x); },
      above_zero);
  expect_derivatives(
      "log1p", [](auto x) { return log1p(x); }, [](Exact x) { return 1 / (1 + x); },
      [](Exact x) { return -1 / ((1 + x) * (1 + x)); }, above_zero);
  expect_derivatives(
      "sqrt", [](auto x) { return sqrt(x); }, [](Exact x) { return 0.5L / std::sqrt(x); },
      [](Exact x) { return -0.25L / (x * std::sqrt(x)); }, above_zero);
}

TEST(Dual, CircularFunctions) {
  const auto sine = [](Exact x) { return std::sin(x); };
  const auto cosine = [](Exact x) { return std::cos(x); };
  expect_derivatives(
      "sin", [](auto x) { return sin(x); }, cosine, [=](Exact x) { return -sine(x); }, near_zero);
  expect_derivatives(
      "cos", [](auto x) { return cos(x); }, [=](Exact x) { return -sine(x); }, [=](Exact x) { return -cosine(x); },
      near_zero);
}

TEST(Dual, Erfc) {
  // The derivative contains exp(-x^2). Rounding x^2 makes its relative error grow with x^2, so that |x| is small here.
  expect_derivatives(
      "erfc", [](auto x) { return erfc(x); }, [](Exact x) { return -normal_density(x); },
      [](Exact x) { return 2 * x * normal_density(x); }, {-3, -1, -1e-9, 0, 0.5, 2, 4});
}

TEST(Dual, SigmoidAndItsKinKeepTheirDigitsInTheTails) {
  expect_derivatives(
      "sigmoid", [](auto x) { return sigmoid(x); }, s1, s2, everywhere);
  expect_derivatives(
      "sigmoid_slope", [](auto x) { return sigmoid_slope(x); }, s2, s3, everywhere);
  expect_derivatives(
      "softplus", [](auto x) { return softplus(x); }, s, s1, everywhere);
  expect_derivatives(
      "tanh", [](auto x) { return tanh(x); }, sech2, [](Exact x) { return -2 * std::tanh(x) * sech2(x); }, everywhere);
}

TEST(Dual, ArithmeticFollowsTheRulesOfDifferentiation) {
  // (2x + 1)(3 - x) / x = 5 - 2x + 3/x
  const auto f = [](auto x) { return (2 * x + 1) * (3 - x) / x; };
  expect_derivatives(
      "quotient", f, [](Exact x) { return -2 - 3 / (x * x); }, [](Exact x) { return 6 / (x * x * x); },
      {-4, -0.5, 0.25, 1, 7});
  expect_derivatives(
      "negation", [](auto x) { return -(x * x * x); }, [](Exact x) { return -3 * x * x; },
      [](Exact x) { return -6 * x; }, {-4, 0, 7});
}

TEST(Dual, FormulasAgreeWithCentralDifferences) {
  const auto f = [](auto x) { return x * sigmoid(x) + exp(-x * x) * tanh(3 * x) / (2 + cos(x)) - log1p(x * x); };
  constexpr double h = 1e-5;
  for (double x = -4; x <= 4; x += 0.37) {
    const double difference = (test::at(f, x + h) - test::at(f, x - h)) / (2 * h);
    EXPECT_NEAR(f(D(x, 1)).slope.first(), difference, 1e-9) << x;
    const double bend = (f(D(x + h, 1)).slope.first() - f(D(x - h, 1)).slope.first()) / (2 * h);
    EXPECT_NEAR(jet(f, x).curvature, bend, 1e-8) << x;
  }
}

TEST(Dual, TheSlopeOfAnotherVariableIsCarriedAlong) {
  const D x(3, 0), y(5, 1);
  const D f = x * y + x;
  EXPECT_EQ(f.value.first(), 18);
  EXPECT_EQ(f.slope.first(), 3);
}

TEST(Dual, AbsHasSlopeZeroAtZero) {
  const auto f = [](auto x) { return abs(x); };
  EXPECT_EQ(f(D(-2, 1)).slope.first(), -1);
  EXPECT_EQ(f(D(0, 1)).slope.first(), 0);
  EXPECT_EQ(f(D(-0.0, 1)).slope.first(), 0);
  EXPECT_EQ(f(D(2, 1)).slope.first(), 1);
  EXPECT_EQ(jet(f, -2).curvature, 0);
}

TEST(Dual, ComparisonsLookAtTheValueAlone) {
  static_assert(std::same_as<Dual<D>::Mask, Mask<double>>);
  const D low(1, 9), same(1, -9), high(2, 0);
  EXPECT_TRUE(any((low < high) & (low <= high) & (high > low) & (high >= low) & (low != high) & (low == same)));
  EXPECT_FALSE(any((low < same) | (low > same) | (low != same) | (low == high) | (high <= low) | (low >= high)));
}

TEST(Dual, SelectTakesValueAndSlopeOfTheSameBranch) {
  const auto leaky = [](auto z) { return select(z <= 0, 0.2 * z, z); };
  EXPECT_EQ(leaky(D(-1, 1)).slope.first(), 0.2);
  EXPECT_EQ(leaky(D(0, 1)).slope.first(), 0.2);
  EXPECT_EQ(leaky(D(1, 1)).slope.first(), 1);
}

TEST(Dual, ClampHasSlopeZeroAtBothKinksAndBeyond) {
  const auto f = [](auto x) { return clamp(x, -1, 6); };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double x : {-infinity, -2.0, -1.0, 6.0, 7.0, infinity}) EXPECT_EQ(f(D(x, 1)).slope.first(), 0) << x;
  for (const double x : {-0.999, 0.0, 5.999}) EXPECT_EQ(f(D(x, 1)).slope.first(), 1) << x;
  EXPECT_TRUE(std::isnan(f(D(std::nan(""), 1)).value.first()));
}

TEST(Dual, FiniteHasSlopeOneWithinTheRange) {
  const auto f = [](auto x) { return finite(x); };
  EXPECT_EQ(f(D(1e300, 1)).slope.first(), 1);
  EXPECT_EQ(f(D(std::numeric_limits<double>::infinity(), 1)).slope.first(), 0);
  EXPECT_EQ(f(D(std::numeric_limits<double>::infinity(), 1)).value.first(), std::numeric_limits<double>::max());
}

TEST(Dual, NanIsNotLostInValueOrSlope) {
  for (const auto& f : std::vector<D (*)(const D&)>{
           [](const D& x) { return exp(x); }, [](const D& x) { return expm1(x); }, [](const D& x) { return log1p(x); },
           [](const D& x) { return sin(x); }, [](const D& x) { return erfc(x); }, [](const D& x) { return tanh(x); },
           [](const D& x) { return sigmoid(x); }, [](const D& x) { return softplus(x); }}) {
    const D y = f(D(std::nan(""), 1));
    EXPECT_TRUE(std::isnan(y.value.first()));
    EXPECT_TRUE(std::isnan(y.slope.first()));
  }
}

}  // namespace
}  // namespace gradflow

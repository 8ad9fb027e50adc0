// Tests constants of the activations: the extrema of value, slope and curvature, and where they lie.
#include <gradflow/nn/activations.hpp>

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include <support/activations.hpp>

namespace gradflow {
namespace {

template <class T>
class Constants : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Constants, Numbers);

using Function = std::function<double(double)>;

/// Returns the z between low and high at which f crosses 0 (bisection).
double root(const Function& f, double low, double high) {
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    ((f(low) < 0) == (f(middle) < 0) ? low : high) = middle;
  }
  return low;
}

/// Returns the z between low and high at which f is largest (golden-section search).
double peak(const Function& f, double low, double high) {
  constexpr double golden = 0.6180339887498949;
  for (int i = 0; i < 60; ++i) {
    const double left = high - golden * (high - low), right = low + golden * (high - low);
    (f(left) < f(right) ? low : high) = f(left) < f(right) ? left : right;
  }
  return (low + high) / 2;
}

TYPED_TEST(Constants, TheGreatestSlopesOfSigmoidAndTanhAreExact) {
  EXPECT_EQ(slope_at(Sigmoid{}, TypeParam(0)), TypeParam(0.25));
  EXPECT_EQ(slope_at(Tanh{}, TypeParam(0)), TypeParam(1));
  for (double x = -90; x <= 90; x += 0.01) {
    ASSERT_LE(slope_at(Sigmoid{}, static_cast<TypeParam>(x)), TypeParam(0.25)) << x;
    ASSERT_LE(slope_at(Tanh{}, static_cast<TypeParam>(x)), TypeParam(1)) << x;
  }
}

template <class A>
void expect_greatest_curvature(double at, double curvature) {
  const ActivationInfo info = activation_info(A{});
  const auto size = [&](double z) { return std::abs(info.curvature(z)); };
  EXPECT_NEAR(peak(size, 0, 4), at, 1e-7) << A::name;
  EXPECT_NEAR(peak(size, -4, 0), -at, 1e-7) << A::name;
  EXPECT_NEAR(size(at), curvature, 1e-7) << A::name;
  EXPECT_NEAR(static_cast<double>(std::abs(curvature_at(A{}, static_cast<float>(at)))), curvature, 1e-7) << A::name;
}

TEST(Constants, TheGreatestCurvaturesOfSigmoidAndTanh) {
  expect_greatest_curvature<Sigmoid>(1.3169578969, 0.0962250449);
  expect_greatest_curvature<Tanh>(0.6584789485, 0.7698003589);
}

struct Hill {
  double minimum_at, minimum;          ///< the minimum of f
  double steepest_at, greatest_slope;  ///< the maximum of f'
};

template <class A>
void expect_hill(const Hill& hill) {
  const ActivationInfo info = activation_info(A{});
  EXPECT_NEAR(root(info.slope, -2, 0), hill.minimum_at, 1e-6) << A::name;
  EXPECT_NEAR(info.value(hill.minimum_at), hill.minimum, 1e-6) << A::name;
  EXPECT_NEAR(root(info.curvature, 0.5, 4), hill.steepest_at, 1e-6) << A::name;
  EXPECT_NEAR(info.slope(hill.steepest_at), hill.greatest_slope, 1e-6) << A::name;
  const auto minimum = value_at(A{}, static_cast<float>(hill.minimum_at));
  const auto slope = slope_at(A{}, static_cast<float>(hill.steepest_at));
  EXPECT_NEAR(static_cast<double>(minimum), hill.minimum, 1e-6) << A::name;
  EXPECT_NEAR(static_cast<double>(slope), hill.greatest_slope, 1e-6) << A::name;
}

TEST(Constants, MinimaAndGreatestSlopesOfGeluSiluAndMish) {
  expect_hill<Gelu>({-0.7517915243, -0.1699712075, 1.4142135624, 1.1289041452});
  expect_hill<Silu>({-1.2784645425, -0.2784645428, 2.3993572805, 1.0998393201});
  expect_hill<Mish>({-1.1924312145, -0.3088434130, 1.4905711795, 1.0884981613});
}

TYPED_TEST(Constants, LecunTanhMapsOneToAboutOne) {
  EXPECT_NEAR(static_cast<double>(value_at(LecunTanh{}, TypeParam(1))), 0.9999972559, 1e-6);
  EXPECT_NEAR(static_cast<double>(slope_at(LecunTanh{}, TypeParam(0))), 1.1439333, 1e-6);
}

}  // namespace
}  // namespace gradflow

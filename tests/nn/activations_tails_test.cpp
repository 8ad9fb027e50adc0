// Tests arguments of large size: slopes keep their digits, while the textbook formulas give 0, infinity or NaN.
#include <gradflow/nn/activations.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <math/ulp.hpp>
#include <support/activations.hpp>
#include <support/exact_activations.hpp>

namespace gradflow {
namespace {

template <class T>
class Tails : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Tails, Numbers);

template <class T>
std::vector<T> grid(double end, double step) {
  std::vector<T> x;
  for (double z = -end; z <= end; z += step) x.push_back(static_cast<T>(z));
  return x;
}

using Exact = test::Formulas<long double>;

TEST(Tails, TheTextbookFormulasVanishInFloat) {
  const auto plain_sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
  const auto rounded_sigmoid = [](double x) { return static_cast<float>(1 / (1 + std::exp(-x))); };
  const auto vanishes = [](float y) { return y * (1 - y) == 0; };
  EXPECT_TRUE(vanishes(plain_sigmoid(16.6356f)));
  EXPECT_FALSE(vanishes(plain_sigmoid(16.6354f)));
  EXPECT_TRUE(vanishes(rounded_sigmoid(17.3288)));
  EXPECT_FALSE(vanishes(rounded_sigmoid(17.3286)));
  const auto rounded_tanh = [](double x) { return static_cast<float>(std::tanh(x)); };
  const auto tanh_slope = [](float y) { return 1 - y * y; };
  EXPECT_EQ(tanh_slope(rounded_tanh(9.0110)), 0);
  EXPECT_NE(tanh_slope(rounded_tanh(9.0108)), 0);
  const double slope_at_8 = static_cast<double>(tanh_slope(rounded_tanh(8)));
  EXPECT_NEAR(slope_at_8 / static_cast<double>(Exact::tanh_slope(8)), 1.059, 1e-3);
}

TYPED_TEST(Tails, SlopesOfSigmoidAndTanhKeepSixDigits) {
  for (const TypeParam x : grid<TypeParam>(80, 0.013)) {
    const auto exact = static_cast<double>(Exact::sigmoid_slope(static_cast<long double>(x)));
    ASSERT_NEAR(static_cast<double>(slope_at(Sigmoid{}, x)), exact, 1e-6 * exact) << x;
  }
  for (const TypeParam x : grid<TypeParam>(40, 0.007)) {
    const auto exact = static_cast<double>(Exact::tanh_slope(static_cast<long double>(x)));
    ASSERT_NEAR(static_cast<double>(slope_at(Tanh{}, x)), exact, 1e-6 * exact) << x;
  }
  EXPECT_NEAR(static_cast<double>(slope_at(Sigmoid{}, TypeParam(16.6355))), 5.96e-8, 1e-10);
  EXPECT_NEAR(static_cast<double>(slope_at(Tanh{}, TypeParam(9.0109))), 5.96e-8, 1e-10);
}

TYPED_TEST(Tails, TanhIsTwiceSigmoidOfTwiceLessOne) {
  using T = TypeParam;
  for (const T x : grid<T>(80, 0.013))
    ASSERT_NEAR(value_at(Tanh{}, x), 2 * value_at(Sigmoid{}, 2 * x) - 1, 2 * std::numeric_limits<T>::epsilon()) << x;
}

TYPED_TEST(Tails, SlopeOfSigmoidIsSigmoidTimesSigmoidOfTheNegative) {
  using T = TypeParam;
  for (const T x : grid<T>(80, 0.013)) {
    const T product = value_at(Sigmoid{}, x) * value_at(Sigmoid{}, -x);
    ASSERT_LE(test::error_in_ulp<T>(slope_at(Sigmoid{}, x), static_cast<long double>(product)), 8) << x;
  }
}

TYPED_TEST(Tails, SlopeOfSoftplusIsSigmoid) {
  for (const TypeParam x : grid<TypeParam>(80, 0.013))
    ASSERT_LE(test::error_in_ulp<TypeParam>(slope_at(Softplus{}, x), static_cast<long double>(value_at(Sigmoid{}, x))),
              8)
        << x;
}

TYPED_TEST(Tails, SoftplusDoesNotOverflow) {
  EXPECT_LE(test::error_in_ulp<TypeParam>(value_at(Softplus{}, TypeParam(89)), 89), 1);
  EXPECT_LE(test::error_in_ulp<TypeParam>(slope_at(Softplus{}, TypeParam(89)), 1), 1);
  EXPECT_EQ(value_at(Softplus{}, std::numeric_limits<TypeParam>::max()), std::numeric_limits<TypeParam>::max());
}

TYPED_TEST(Tails, TanhOfATinyNumberIsThatNumber) {
  const auto tiny = static_cast<TypeParam>(1e-8);
  EXPECT_LE(test::error_in_ulp<TypeParam>(value_at(Tanh{}, tiny), static_cast<long double>(tiny)), 1);
}

/// Returns all kinks of the activations, the borders between two formulas, and the ends of T's range. Adds the two
/// neighbours of each, and all negatives.
template <class T>
std::vector<T> odd_numbers() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> sizes{0, Limits::denorm_min(), Limits::min(), Limits::epsilon(), Limits::max(), Limits::max() / 2};
  for (const double x : {1e-30, 1e-3,  0.5,   1.0,   3.0,    6.0,    20.0, 50.0, 88.0, 89.0, 100.0,
                         104.0, 300.0, 709.0, 745.0, 1000.0, 1001.0, 1e5,  1e10, 1e20, 1e38})
    sizes.push_back(static_cast<T>(x));
  std::vector<T> all;
  for (const T x : sizes)
    for (const T near : {x, std::nextafter(x, T(0)), std::nextafter(x, Limits::max())}) {
      all.push_back(near);
      all.push_back(-near);
    }
  return all;
}

// A value may overflow only if |z| > max / |slope|: selu has slope 1.05, so that it overflows near the largest number.
TYPED_TEST(Tails, EveryActivationIsFiniteWithItsSlopeAndCurvatureAtEveryFiniteNumber) {
  for_each_type(Activations{}, [](const auto& activation) {
    for (const TypeParam z : odd_numbers<TypeParam>()) {
      const bool overflows = std::abs(z) > std::numeric_limits<TypeParam>::max() / std::abs(slope_at(activation, z));
      EXPECT_TRUE(overflows || std::isfinite(value_at(activation, z))) << activation.name << " value at " << z;
      EXPECT_TRUE(std::isfinite(slope_at(activation, z))) << activation.name << " slope at " << z;
      EXPECT_TRUE(std::isfinite(curvature_at(activation, z))) << activation.name << " curvature at " << z;
    }
  });
}

TYPED_TEST(Tails, NaNGoesInAndNaNComesOut) {
  for_each_type(Activations{}, [](const auto& activation) {
    EXPECT_TRUE(std::isnan(value_at(activation, std::numeric_limits<TypeParam>::quiet_NaN()))) << activation.name;
  });
}

/// Expects the value at infinity to equal the limit, which the value at 1e30 shows: a finite number, or infinity if the
/// activation grows. The slope must be the slope at 1e30.
TYPED_TEST(Tails, AtInfinityEveryActivationHasItsLimit) {
  using T = TypeParam;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for_each_type(Activations{}, [](const auto& activation) {
    for (const T z : {infinity, -infinity}) {
      const T far = value_at(activation, std::copysign(static_cast<T>(1e30), z));
      const bool grows = std::abs(far) > 1e20, oscillates = activation.name == "sine";
      const T limit = grows ? std::copysign(infinity, far) : far, value = value_at(activation, z);
      EXPECT_TRUE(oscillates ? std::isnan(value) : value == limit) << activation.name << "(" << z << ") = " << value;
      const T far_slope = slope_at(activation, std::copysign(static_cast<T>(1e30), z));
      const T slope = slope_at(activation, z);
      EXPECT_TRUE(oscillates || std::abs(slope - far_slope) <= static_cast<T>(1e-6))
          << activation.name << "'(" << z << ") = " << slope;
    }
  });
}

}  // namespace
}  // namespace gradflow

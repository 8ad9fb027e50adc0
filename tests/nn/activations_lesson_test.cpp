// Compares activations with the tables of the lesson that gradflow grew from. TensorFlow printed them in float32.
#include <gradflow/nn/activations.hpp>

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include <math/ulp.hpp>
#include <support/activations.hpp>

namespace gradflow {
namespace {

template <class T>
class Lesson : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Lesson, Numbers);

using Column = std::array<double, 10>;
constexpr double as_printed = 1.5e-7;

constexpr Column sigmoid_x{-10,       -7.7777777, -5.5555553, -3.333333, -1.1111107,
                           1.1111116, 3.333334,   5.5555563,  7.7777786, 10};
constexpr Column sigmoid_y{4.5418739e-05, 4.1875243e-04, 3.8510859e-03, 3.4445167e-02, 2.4766389e-01,
                           7.5233626e-01, 9.6555483e-01, 9.9614894e-01, 9.9958128e-01, 9.9995458e-01};
constexpr Column sigmoid_dy{4.5416677e-05, 4.1857705e-04, 3.8362551e-03, 3.3258699e-02, 1.8632649e-01,
                            1.8632641e-01, 3.3258699e-02, 3.8362255e-03, 4.1854731e-04, 4.5416677e-05};
constexpr Column tanh_x{-5,        -3.8888888, -2.7777777, -1.6666665, -0.55555534,
                        0.5555558, 1.666667,   2.7777781,  3.8888893,  5};
constexpr Column tanh_y{-0.99990916, -0.9991625, -0.99229795, -0.9311096, -0.5046722,
                        0.5046726,   0.93110967, 0.99229795,  0.9991625,  0.99990916};
constexpr Column relu_x{-1,         -0.7777778, -0.5555556, -0.3333333, -0.1111111,
                        0.11111116, 0.33333337, 0.5555556,  0.7777778,  1};
constexpr Column relu_y{0, 0, 0, 0, 0, 0.11111116, 0.33333337, 0.5555556, 0.7777778, 1};
constexpr Column leaky_y{-0.2,       -0.15555556, -0.11111112, -0.06666666, -0.02222222,
                         0.11111116, 0.33333337,  0.5555556,   0.7777778,   1};

template <class T, class A>
void expect_column(const Column& x, const Column& y, A activation) {
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(static_cast<double>(value_at(activation, static_cast<T>(x[i]))), y[i], as_printed) << A::name << x[i];
}

/// Expects errors of at most 4 ulp on the lesson's grid, linspace(-end, end, 10), rounded to T.
template <class T, class Exact, class Got>
void expect_exact(double end, Exact&& exact, Got&& got) {
  for (int i = 0; i < 10; ++i) {
    const T x = static_cast<T>(-end + i * (2 * end / 9));
    EXPECT_LE(test::error_in_ulp<T>(got(x), exact(static_cast<long double>(x))), 4) << x;
  }
}

TYPED_TEST(Lesson, ValuesAreThePrintedOnes) {
  expect_column<TypeParam>(sigmoid_x, sigmoid_y, Sigmoid{});
  expect_column<TypeParam>(tanh_x, tanh_y, Tanh{});
  expect_column<TypeParam>(relu_x, relu_y, Relu{});
  expect_column<TypeParam>(relu_x, leaky_y, LeakyRelu{});
}

TYPED_TEST(Lesson, SlopesOfSigmoidAreThePrintedOnes) {
  for (std::size_t i = 0; i < sigmoid_x.size(); ++i) {
    const auto slope = slope_at(Sigmoid{}, static_cast<TypeParam>(sigmoid_x[i]));
    EXPECT_NEAR(static_cast<double>(slope), sigmoid_dy[i], as_printed) << sigmoid_x[i];
  }
}

TEST(Lesson, ItsOwnSlopeIsOffByAHundredthOfAPercentWhereOursIsExact) {
  EXPECT_EQ(sigmoid_x[8], 7.7777786);
  EXPECT_NEAR(sigmoid_dy[8] / 4.1859098e-04 - 1, -1.04e-4, 1e-6);
  EXPECT_NEAR(slope_at(Sigmoid{}, 7.7777786), 4.1859098e-04, 1e-11);
  EXPECT_NEAR(static_cast<double>(slope_at(Sigmoid{}, 7.7777786f)), 4.1859098e-04, 1e-10);
}

TYPED_TEST(Lesson, SigmoidIsExactToFourUlp) {
  using T = TypeParam;
  const auto value = [](long double x) { return 1 / (1 + std::exp(-x)); };
  const auto slope = [](long double x) { return std::exp(-x) / ((1 + std::exp(-x)) * (1 + std::exp(-x))); };
  expect_exact<T>(10, value, [](T x) { return value_at(Sigmoid{}, x); });
  expect_exact<T>(10, slope, [](T x) { return slope_at(Sigmoid{}, x); });
}

TYPED_TEST(Lesson, TanhIsExactToFourUlp) {
  using T = TypeParam;
  const auto slope = [](long double x) { return 1 / (std::cosh(x) * std::cosh(x)); };
  expect_exact<T>(
      5, [](long double x) { return std::tanh(x); }, [](T x) { return value_at(Tanh{}, x); });
  expect_exact<T>(5, slope, [](T x) { return slope_at(Tanh{}, x); });
}

TYPED_TEST(Lesson, ReluAndLeakyReluAreExact) {
  using T = TypeParam;
  for (int i = 0; i < 10; ++i) {
    const T x = static_cast<T>(-1 + i * (2.0 / 9));
    EXPECT_EQ(value_at(Relu{}, x), x > 0 ? x : 0);
    EXPECT_EQ(slope_at(Relu{}, x), x > 0 ? 1 : 0);
    EXPECT_EQ(value_at(LeakyRelu{}, x), x > 0 ? x : T(0.2) * x);
    EXPECT_EQ(slope_at(LeakyRelu{}, x), x > 0 ? 1 : T(0.2));
  }
}

// The lesson's formula gives slope 1 for z >= 0. TensorFlow, PyTorch and gradflow compute 0 at z = 0.
TYPED_TEST(Lesson, TheSlopeOfReluAtZeroIsZero) {
  EXPECT_EQ(slope_at(Relu{}, TypeParam(0)), 0);
  EXPECT_EQ(slope_at(Relu{}, -TypeParam(0)), 0);
  EXPECT_EQ(slope_at(LeakyRelu{}, TypeParam(0)), TypeParam(0.2));
}

}  // namespace
}  // namespace gradflow

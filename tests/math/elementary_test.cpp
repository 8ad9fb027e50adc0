// Compares every function with the standard library's function in long double.
#include <gradflow/math/lanes.hpp>

#include <cfenv>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "math/ulp.hpp"

namespace gradflow {
namespace {

using test::Exact;
using test::near_everywhere;
using test::sweep;

template <class T>
class Elementary : public ::testing::Test {
 protected:
  static constexpr T infinity = std::numeric_limits<T>::infinity();
  static constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  static constexpr T largest = std::numeric_limits<T>::max();
  static constexpr T smallest = std::numeric_limits<T>::min();
  static constexpr T tiniest = std::numeric_limits<T>::denorm_min();

  static bool fused() {
    const T e = std::numeric_limits<T>::epsilon();
    return fma(Lanes<T>(1 + e), 1 - e, -1).first() != 0;
  }
};

using Numbers = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Elementary, Numbers);

TYPED_TEST(Elementary, ExpIsWithinTwoUlp) {
  const auto f = [](auto x) { return exp(x); };
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(), f, [](Exact x) { return std::exp(x); }, 1.5L));
}

TYPED_TEST(Elementary, ExpIsRightUpToTheEndsOfTheRange) {
  using T = TypeParam;
  const auto f = [](auto x) { return exp(x); };
  for (const T end : {std::log(this->largest), std::log(this->smallest)}) {
    std::vector<T> x{end};
    for (int i = 0; i < 50; ++i) x.insert(x.end(), {std::nextafter(x.end()[-1], T(0))});
    x.push_back(std::nextafter(end, 2 * end));
    EXPECT_TRUE(near_everywhere(
        x, f, [](Exact v) { return std::exp(v); }, 1.5L));
  }
}

TYPED_TEST(Elementary, ExpKeepsTheDigitsThatAreLeftBelowTheNormalNumbers) {
  const double highest = std::log(static_cast<double>(this->smallest)),
               lowest = std::log(static_cast<double>(this->tiniest)) - 2;
  for (double at = lowest; at < highest; at += 0.0007) {
    const auto x = static_cast<TypeParam>(at);
    const auto error = [x](TypeParam y) {
      return std::abs(Exact(y) - std::exp(Exact(x))) / Exact(TestFixture::tiniest);
    };
    ASSERT_LE(error(test::at([](auto v) { return exp(v); }, x)), 0.75L) << x;
    ASSERT_LE(error(test::at([](auto v) { return sigmoid(v); }, x)), 0.75L) << x;
    ASSERT_LE(error(test::at([](auto v) { return sigmoid_slope(v); }, x)), 0.75L) << x;
    ASSERT_LE(error(test::at([](auto v) { return sigmoid_slope(v); }, -x)), 0.75L) << x;
  }
}

// Some processors take a hundred times as long for an operation with a subnormal result.
TYPED_TEST(Elementary, NoOperationRoundsToANumberBelowTheNormalOnes) {
  if (!TestFixture::fused()) GTEST_SKIP() << "without a fused multiply-add, a separate product may be subnormal";
  const auto x = sweep<TypeParam>();
  for (const auto& [name, f] : test::functions<TypeParam>()) {
    std::feclearexcept(FE_UNDERFLOW);
    test::mapped(x, f);
    EXPECT_FALSE(std::fetestexcept(FE_UNDERFLOW)) << name;
  }
}

TYPED_TEST(Elementary, Expm1IsWithinTwoUlp) {
  const auto f = [](auto x) { return expm1(x); };
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(), f, [](Exact x) { return std::expm1(x); }, 1.75L));
}

TYPED_TEST(Elementary, LogIsWithinTwoUlp) {
  const auto f = [](auto x) { return log(x); };
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(this->tiniest), f, [](Exact x) { return std::log(x); }, 1.5L));
}

TYPED_TEST(Elementary, Log1pIsWithinTwoUlp) {
  const auto f = [](auto x) { return log1p(x); };
  const TypeParam next_to_pole = std::nextafter(TypeParam(-1), TypeParam(0));
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(next_to_pole), f, [](Exact x) { return std::log1p(x); }, 1.75L));
}

TYPED_TEST(Elementary, ErfcIsWithinThreeUlpInBothTails) {
  const auto f = [](auto x) { return erfc(x); };
  const Exact fused_ulps = std::is_same_v<TypeParam, float> ? 2.75L : 3.25L;
  // Without a fused multiply-add, the errors of the quotients are rounded, too.
  const Exact ulps = this->fused() ? fused_ulps : fused_ulps + 1;
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(), f, [](Exact x) { return std::erfc(x); }, ulps));
}

TYPED_TEST(Elementary, SinAndCosAreWithinTwoUlp) {
  // The standard library's long double functions are exact enough for the largest doubles, too.
  const auto sine = [](Exact x) { return std::sin(x); };
  const auto cosine = [](Exact x) { return std::cos(x); };
  const auto x = sweep<TypeParam>();
  EXPECT_TRUE(near_everywhere(
      x, [](auto v) { return sin(v); }, sine, 2));
  EXPECT_TRUE(near_everywhere(
      x, [](auto v) { return cos(v); }, cosine, 2));
}

TYPED_TEST(Elementary, SinAndCosKeepTheirDigitsNearTheirZeros) {
  using T = TypeParam;
  std::vector<T> x;
  for (int n = 1; n < 600000000; n += n < 60000 ? 1 : 9973) {
    const T zero = static_cast<T>(n * std::numbers::pi_v<Exact> / 2);
    x.insert(x.end(), {zero, std::nextafter(zero, T(0)), std::nextafter(-zero, T(0))});
  }
  const auto sine = [](Exact v) { return std::sin(v); };
  const auto cosine = [](Exact v) { return std::cos(v); };
  EXPECT_TRUE(near_everywhere(
      x, [](auto v) { return sin(v); }, sine, 2));
  EXPECT_TRUE(near_everywhere(
      x, [](auto v) { return cos(v); }, cosine, 2));
}

// Tests the large numbers m 2^e that lie nearest to a multiple of pi / 2. The continued fraction of 2^e 2 / pi gives
// them.
TYPED_TEST(Elementary, SinAndCosKeepTheirDigitsWhereALargeNumberIsNextToAZero) {
  using T = TypeParam;
  struct Number {
    T m;
    int e;
  };
  std::vector<Number> nearest;
  if constexpr (std::is_same_v<T, float>) {
    nearest = {{16367173, 72}, {10741887, 11}, {10057457, 62}, {11617958, 17}, {9012376, 53}};
  } else {
    nearest = {{6381956970095103, 797}, {5916243447979695, 79},  {8444920710073313, 939},
               {5850965514341686, 525}, {8160885118204141, 808}, {8360820580228475, 628}};
  }
  std::vector<T> x;
  for (const auto& [m, e] : nearest)
    for (const int twice : {0, 1, 2})
      for (const T sign : {T(1), T(-1)}) x.push_back(sign * std::ldexp(m, e + twice));
  EXPECT_TRUE(near_everywhere(
      x, [](auto v) { return sin(v); }, [](Exact v) { return std::sin(v); }, 2));
  EXPECT_TRUE(near_everywhere(
      x, [](auto v) { return cos(v); }, [](Exact v) { return std::cos(v); }, 2));
}

TYPED_TEST(Elementary, SinAndCosNeverExceedOne) {
  const auto x = sweep<TypeParam>();
  for (const TypeParam y : test::mapped(x, [](auto v) { return sin(v); })) ASSERT_LE(std::abs(y), 1);
  for (const TypeParam y : test::mapped(x, [](auto v) { return cos(v); })) ASSERT_LE(std::abs(y), 1);
}

TYPED_TEST(Elementary, LimitsAtInfinity) {
  using V = Lanes<TypeParam>;
  const V up = this->infinity, down = -this->infinity;
  EXPECT_EQ(exp(up).first(), this->infinity);
  EXPECT_EQ(exp(down).first(), 0);
  EXPECT_EQ(expm1(up).first(), this->infinity);
  EXPECT_EQ(expm1(down).first(), -1);
  EXPECT_EQ(log(up).first(), this->infinity);
  EXPECT_EQ(log1p(up).first(), this->infinity);
  EXPECT_EQ(tanh(up).first(), 1);
  EXPECT_EQ(tanh(down).first(), -1);
  EXPECT_EQ(erfc(up).first(), 0);
  EXPECT_EQ(erfc(down).first(), 2);
  for (const V end : {up, down}) {
    EXPECT_TRUE(std::isnan(sin(end).first()));
    EXPECT_TRUE(std::isnan(cos(end).first()));
  }
}

TYPED_TEST(Elementary, ValuesAtZeroAreExact) {
  using V = Lanes<TypeParam>;
  for (const V zero : {V(0), V(-0.0)}) {
    EXPECT_EQ(exp(zero).first(), 1);
    EXPECT_EQ(expm1(zero).first(), 0);
    EXPECT_EQ(log1p(zero).first(), 0);
    EXPECT_EQ(sin(zero).first(), 0);
    EXPECT_EQ(cos(zero).first(), 1);
    EXPECT_EQ(erfc(zero).first(), 1);
    EXPECT_EQ(tanh(zero).first(), 0);
    EXPECT_EQ(log(zero).first(), -this->infinity);
  }
}

TYPED_TEST(Elementary, LogarithmsHaveAPoleAndNothingBeyondIt) {
  using V = Lanes<TypeParam>;
  EXPECT_EQ(log(V(1)).first(), 0);
  EXPECT_EQ(log1p(V(-1)).first(), -this->infinity);
  for (const TypeParam x : {TypeParam(-1.5), -this->largest, -this->infinity}) {
    EXPECT_TRUE(std::isnan(log(V(x)).first())) << x;
    EXPECT_TRUE(std::isnan(log1p(V(x)).first())) << x;
  }
  EXPECT_TRUE(std::isnan(log(V(-this->tiniest)).first()));
}

TYPED_TEST(Elementary, DenormalsPassThroughWhereTheFunctionIsTheIdentity) {
  using V = Lanes<TypeParam>;
  for (const TypeParam x : {this->tiniest, -this->tiniest, this->smallest / 2, -this->smallest}) {
    EXPECT_EQ(expm1(V(x)).first(), x);
    EXPECT_EQ(log1p(V(x)).first(), x);
    EXPECT_EQ(sin(V(x)).first(), x);
  }
}

TYPED_TEST(Elementary, NanStaysNanWhateverItsPayload) {
  using T = TypeParam;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const auto plain = std::bit_cast<Bits>(this->nan);
  for (const Bits payload : {Bits(0), Bits(1), Bits(2), Bits(0x1ff), Bits(0x12345)})
    for (const auto& [name, f] : test::functions<T>())
      for (const T sign : {T(1), T(-1)})
        EXPECT_TRUE(std::isnan(test::at(f, std::copysign(std::bit_cast<T>(plain | payload), sign)))) << name << payload;
}

}  // namespace
}  // namespace gradflow

#include <gradflow/math/reduce.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/random.hpp>

namespace gradflow {
namespace {

template <class T>
class Reduce : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Reduce, Numbers);

template <class T>
std::vector<T> random_numbers(std::size_t n, double scale) {
  Rng rng(n);
  std::vector<T> numbers(n);
  for (T& x : numbers) x = static_cast<T>(scale * rng.normal());
  return numbers;
}

template <class T>
double plain_norm(const std::vector<T>& numbers) {
  long double sum = 0;
  for (const T x : numbers) sum += static_cast<long double>(x) * static_cast<long double>(x);
  return static_cast<double>(std::sqrt(sum));
}

/// The largest relative error of norm(). In float each square is rounded at most six times, so that the sum of squares
/// is off by at most 6 * 2^-24. The square root halves this.
template <class T>
constexpr double norm_error = std::is_same_v<T, float> ? 3 * 0x1p-24 : 1e-14;

TYPED_TEST(Reduce, NormIsThatOfAPlainSumAtEveryLength) {
  for (const std::size_t n :
       {0u, 1u, 2u, 15u, 16u, 17u, 31u, 32u, 33u, 63u, 64u, 65u, 100u, 127u, 128u, 255u, 256u, 257u, 1000u, 12345u}) {
    const auto numbers = random_numbers<TypeParam>(n, 1);
    EXPECT_NEAR(norm(numbers), plain_norm(numbers), norm_error<TypeParam> * plain_norm(numbers)) << n;
  }
}

/// Equal numbers have equal rounding errors, which add up. The errors of random numbers cancel. The smallest numbers
/// here have subnormal squares.
TEST(ReduceFloat, NormOfEqualNumbersIsRightToSixRoundings) {
  for (const double scale : {1e-23, 1e-22, 1e-21, 1e-20, 1e-19, 1e-18, 1.0, 1e18})
    for (int i = 0; i < 1000; ++i) {
      const auto x = static_cast<float>(scale * (1 + i / 1000.0));
      const double expected = 64 * static_cast<double>(x);
      EXPECT_NEAR(norm(std::vector<float>(4096, x)), expected, norm_error<float> * expected) << x;
    }
}

TEST(ReduceFloat, NormOfManyIsRightToOneInAHundredMillion) {  // rounding errors of its partial sums cancel
  for (const std::size_t n : {1024u, 4096u, 100'000u, 1'000'000u}) {
    const auto numbers = random_numbers<float>(n, 1);
    EXPECT_NEAR(norm(numbers), plain_norm(numbers), 1e-8 * plain_norm(numbers)) << n;
  }
}

TYPED_TEST(Reduce, NormOfTinyAndHugeNumbersKeepsItsDigits) {
  for (const double scale : {1e-40, 1e-30, 1e-20, 1e-18, 1e-16, 1e-14, 1e-10, 1e10, 1e30, 1e37}) {
    const auto numbers = random_numbers<TypeParam>(1024, scale);
    EXPECT_NEAR(norm(numbers), plain_norm(numbers), norm_error<TypeParam> * plain_norm(numbers)) << scale;
  }
}

TEST(ReduceDouble, NormHoldsWhereSquaresLeaveTheRangeOfDouble) {
  for (const double x : {5e-324, 1e-320, 1e-200, 1e-150, 1e150, 1e200, 1e307})
    EXPECT_NEAR(norm(std::vector<double>{3 * x, 0, -4 * x}) / x, 5, 1e-14) << x;
}

TYPED_TEST(Reduce, NormHasTheSameBitsOnEveryCallWhereverTheArrayStands) {
  const auto numbers = random_numbers<TypeParam>(1001, 1);
  std::vector<TypeParam> moved(1);
  moved.insert(moved.end(), numbers.begin(), numbers.end());
  const double first = norm(numbers);
  const double second = norm(std::span(moved).subspan(1));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(first), std::bit_cast<std::uint64_t>(second));
}

TYPED_TEST(Reduce, NormAndAllFiniteSeeANaNOrAnInfinityAtEveryPlace) {
  constexpr auto infinity = std::numeric_limits<TypeParam>::infinity();
  for (std::size_t i = 0; i < 101; ++i) {
    auto numbers = random_numbers<TypeParam>(101, 1);
    EXPECT_TRUE(all_finite(numbers));
    numbers[i] = i % 2 == 0 ? infinity : -infinity;
    EXPECT_FALSE(all_finite(numbers)) << i;
    EXPECT_EQ(norm(numbers), std::numeric_limits<double>::infinity()) << i;
    numbers[i] = std::numeric_limits<TypeParam>::quiet_NaN();
    EXPECT_FALSE(all_finite(numbers)) << i;
    EXPECT_TRUE(std::isnan(norm(numbers))) << i;
  }
}

TYPED_TEST(Reduce, TheLargestNumbersAndNoNumbersAreFinite) {
  EXPECT_TRUE(all_finite(std::vector<TypeParam>{}));
  EXPECT_TRUE(all_finite(std::vector<TypeParam>(99, std::numeric_limits<TypeParam>::max())));
  EXPECT_TRUE(all_finite(std::vector<TypeParam>(99, std::numeric_limits<TypeParam>::denorm_min())));
}

TEST(GeometricMean, IsTheFactorThatAllTogetherMultiplyBy) {
  EXPECT_DOUBLE_EQ(geometric_mean(std::vector<double>{2, 8}), 4);
  EXPECT_DOUBLE_EQ(geometric_mean(std::vector<double>{0.5}), 0.5);
  EXPECT_NEAR(geometric_mean(std::vector<double>(1000, 1e-10)), 1e-10, 1e-22) << "the product is below any double";
  EXPECT_EQ(geometric_mean(std::vector<double>{0, 7}), 0);
  EXPECT_TRUE(std::isnan(geometric_mean(std::vector<double>{1, std::nan("")})));
  EXPECT_TRUE(std::isnan(geometric_mean({})));
}

}  // namespace
}  // namespace gradflow

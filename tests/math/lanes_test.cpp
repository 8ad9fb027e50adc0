#include <gradflow/math/lanes.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "math/ulp.hpp"

namespace gradflow {
namespace {

using test::Exact;
using test::near_everywhere;
using test::sweep;

Exact exact_sigmoid(Exact x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
Exact exact_sigmoid_slope(Exact x) { return exact_sigmoid(x) * exact_sigmoid(-x); }
Exact exact_softplus(Exact x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }

template <class T>
class LanesTest : public ::testing::Test {
 protected:
  static constexpr T infinity = std::numeric_limits<T>::infinity();
  static constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  static constexpr T largest = std::numeric_limits<T>::max();

  static std::vector<T> counting(std::size_t n) {
    std::vector<T> x(n);
    std::iota(x.begin(), x.end(), T(1));
    return x;
  }
};

using Numbers = ::testing::Types<float, double>;
TYPED_TEST_SUITE(LanesTest, Numbers);

TYPED_TEST(LanesTest, SigmoidIsWithinFourUlp) {
  const auto f = [](auto x) { return sigmoid(x); };
  EXPECT_TRUE(near_everywhere(sweep<TypeParam>(), f, exact_sigmoid, 3));
}

TYPED_TEST(LanesTest, SigmoidSlopeKeepsItsDigitsInTheTails) {
  const auto f = [](auto x) { return sigmoid_slope(x); };
  EXPECT_TRUE(near_everywhere(sweep<TypeParam>(), f, exact_sigmoid_slope, 5));
}

TYPED_TEST(LanesTest, FourTimesTheSigmoidSlopeOfTwiceXIsTheSlopeOfTanh) {
  const auto f = [](auto x) { return 4 * sigmoid_slope(2 * x); };
  const auto exact = [](Exact x) { return 1 / (std::cosh(x) * std::cosh(x)); };
  EXPECT_TRUE(near_everywhere(sweep<TypeParam>(-40, 40), f, exact, 5));
}

TYPED_TEST(LanesTest, SoftplusIsWithinTwoUlp) {
  const auto f = [](auto x) { return softplus(x); };
  EXPECT_TRUE(near_everywhere(sweep<TypeParam>(), f, exact_softplus, 2));
}

TYPED_TEST(LanesTest, TanhIsWithinThreeUlp) {
  const auto f = [](auto x) { return tanh(x); };
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(), f, [](Exact x) { return std::tanh(x); }, 2.75L));
  EXPECT_TRUE(near_everywhere(
      std::vector{TypeParam(1e-8)}, f, [](Exact x) { return std::tanh(x); }, 1));
}

TYPED_TEST(LanesTest, SoftplusOf89NeitherOverflowsNorIsNan) {
  EXPECT_EQ(test::at([](auto x) { return softplus(x); }, TypeParam(89)), 89);
  EXPECT_EQ(test::at([](auto x) { return sigmoid(x); }, TypeParam(89)), 1);
}

TYPED_TEST(LanesTest, TanhIsTwiceTheSigmoidOfTwiceXLessOne) {
  const auto x = sweep<TypeParam>(-80, 80);
  const auto left = test::mapped(x, [](auto v) { return tanh(v); });
  const auto right = test::mapped(x, [](auto v) { return 2 * sigmoid(2 * v) - 1; });
  constexpr TypeParam tolerance = 2 * std::numeric_limits<TypeParam>::epsilon();  // 4 * 2^-24, 4 * 2^-53
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_LE(std::abs(left[i] - right[i]), tolerance) << x[i];
}

TYPED_TEST(LanesTest, SigmoidSlopeIsSigmoidTimesItsMirrorImage) {
  const auto x = sweep<TypeParam>(-80, 80);
  const auto left = test::mapped(x, [](auto v) { return sigmoid_slope(v); });
  const auto right = test::mapped(x, [](auto v) { return sigmoid(v) * sigmoid(-v); });
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_LE(test::error_in_ulp<TypeParam>(left[i], right[i]), 8) << x[i];
}

TYPED_TEST(LanesTest, SelectTakesLaneByLane) {
  using T = TypeParam;
  const std::vector<T> x{-2, -1, 0, 1, 2, this->nan};
  const auto y = test::mapped(x, [](auto v) { return select(v <= 0, -v, 10 * v); });
  EXPECT_EQ((std::vector<T>(y.begin(), y.end() - 1)), (std::vector<T>{2, 1, 0, 10, 20}));
  EXPECT_TRUE(std::isnan(y.back()));
}

TYPED_TEST(LanesTest, ComparisonsAnswerForEachLane) {
  using V = Lanes<TypeParam>;
  std::vector<TypeParam> x(V::size + 4);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::vector<TypeParam>{-1, 2, this->nan, 7}[i % 4];
  const auto answers_as_for_one_number = [&](auto compare) {
    for (std::size_t first = 0; first < 4; ++first) {
      TypeParam yes[V::size];
      select(compare(V::load(&x[first]), V(2)), V(1), V(0)).store(yes);
      for (std::size_t i = 0; i < V::size; ++i)
        EXPECT_EQ(yes[i] == 1, compare(x[first + i], TypeParam(2))) << x[first + i];
    }
  };
  answers_as_for_one_number([](auto a, auto b) { return a < b; });
  answers_as_for_one_number([](auto a, auto b) { return a <= b; });
  answers_as_for_one_number([](auto a, auto b) { return a > b; });
  answers_as_for_one_number([](auto a, auto b) { return a >= b; });
  answers_as_for_one_number([](auto a, auto b) { return a == b; });
  answers_as_for_one_number([](auto a, auto b) { return a != b; });
  answers_as_for_one_number([](auto a, auto b) { return !(a < b); });
  answers_as_for_one_number([](auto a, auto b) { return (a < b) | (a > b); });
  answers_as_for_one_number([](auto a, auto b) { return (a >= b) & (a <= b); });
}

TYPED_TEST(LanesTest, AnyIsTrueWhereOneLaneIs) {
  using V = Lanes<TypeParam>;
  for (std::size_t lane = 0; lane < V::size; ++lane) {
    std::vector<TypeParam> x(V::size, 0);
    x[lane] = 1;
    EXPECT_TRUE(any(V::load(x.data()) > 0)) << lane;
    EXPECT_FALSE(any(V::load(x.data()) > 1)) << lane;
  }
}

TYPED_TEST(LanesTest, ScaleAndExponentTakeANumberApart) {
  using V = Lanes<TypeParam>;
  constexpr int greatest = std::numeric_limits<TypeParam>::max_exponent, least = 2 - greatest;
  for (int k = least; k < greatest; ++k) {
    const TypeParam power = std::ldexp(TypeParam(1), k);
    EXPECT_EQ(scale(V(1), k).first(), power);
    EXPECT_EQ(exponent(V(power)).first(), TypeParam(k));
    EXPECT_EQ(exponent(V(power * TypeParam(1.4))).first(), TypeParam(k));
    EXPECT_EQ(exponent(V(power * TypeParam(1.5))).first(), TypeParam(k + 1));
  }
}

TYPED_TEST(LanesTest, ClampLimitsInfinitiesAndKeepsNan) {
  const auto f = [](auto x) { return clamp(x, -1, 6); };
  const std::vector<std::pair<TypeParam, TypeParam>> cases{{-2, -1},
                                                           {-1, -1},
                                                           {0, 0},
                                                           {TypeParam(5.5), TypeParam(5.5)},
                                                           {6, 6},
                                                           {7, 6},
                                                           {this->infinity, 6},
                                                           {-this->infinity, -1}};
  for (const auto& [x, y] : cases) EXPECT_EQ(test::at(f, x), y) << x;
  EXPECT_TRUE(std::isnan(test::at(f, this->nan)));
}

TYPED_TEST(LanesTest, FiniteTurnsInfinitiesIntoTheLargestNumbers) {
  const auto f = [](auto x) { return finite(x); };
  EXPECT_EQ(test::at(f, this->infinity), this->largest);
  EXPECT_EQ(test::at(f, -this->infinity), -this->largest);
  EXPECT_EQ(test::at(f, TypeParam(3)), 3);
  EXPECT_TRUE(std::isnan(test::at(f, this->nan)));
}

TYPED_TEST(LanesTest, PartsAreReadAndWrittenToTheirEndAndNotBeyond) {
  using L = Lanes<TypeParam>;
  const auto x = this->counting(L::size);
  for (std::size_t n = 0; n < L::size; ++n) {
    const std::vector<TypeParam> from(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
    std::vector<TypeParam> whole(L::size), part(L::size, -1);
    const L lanes = L::load(from.data(), n);
    lanes.store(whole.data());
    (lanes + 1).store(part.data(), n);
    for (std::size_t i = 0; i < L::size; ++i) {
      EXPECT_EQ(whole[i], i < n ? x[i] : 0) << n << ' ' << i;
      EXPECT_EQ(part[i], i < n ? x[i] + 1 : -1) << n << ' ' << i;
    }
  }
}

TYPED_TEST(LanesTest, PiecesOf16BytesAreLoadedAndInterleavedEachByItself) {
  using L = Lanes<TypeParam>;
  constexpr std::size_t piece = 16 / sizeof(TypeParam), half = piece / 2, stride = 3 * piece;
  const auto x = this->counting(stride * L::size);
  std::vector<TypeParam> loaded(L::size), low(L::size), high(L::size);
  L::load_pieces(x.data(), stride).store(loaded.data());
  const auto [lower, upper] = interleave(L::load(x.data()), L::load(x.data() + L::size));
  lower.store(low.data());
  upper.store(high.data());
  for (std::size_t i = 0; i < L::size; ++i) {
    const std::size_t start = i / piece * piece, place = i % piece;
    EXPECT_EQ(loaded[i], x[i / piece * stride + place]) << i;
    EXPECT_EQ(low[i], x[start + place / 2 + place % 2 * L::size]) << i;
    EXPECT_EQ(high[i], x[start + half + place / 2 + place % 2 * L::size]) << i;
  }
}

TYPED_TEST(LanesTest, LimitsLetNaNPass) {
  using L = Lanes<TypeParam>;
  const TypeParam not_a_number = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_EQ(at_least(L(-3), -2).first(), -2);
  EXPECT_EQ(at_least(L(-1), -2).first(), -1);
  EXPECT_EQ(at_most(L(3), 2).first(), 2);
  EXPECT_EQ(at_most(L(1), 2).first(), 1);
  EXPECT_TRUE(std::isnan(at_least(L(not_a_number), -2).first()));
  EXPECT_TRUE(std::isnan(at_most(L(not_a_number), 2).first()));
}

TYPED_TEST(LanesTest, NumbersBelowTheNormalOnesAreTakenForWholeNumbersOfTheSmallest) {
  using L = Lanes<TypeParam>;
  constexpr TypeParam smallest = std::numeric_limits<TypeParam>::denorm_min();
  const TypeParam greatest = std::numeric_limits<TypeParam>::min() / smallest;
  for (const TypeParam n : {TypeParam(0), TypeParam(1), TypeParam(2), TypeParam(12345), greatest - 1, greatest}) {
    EXPECT_EQ(times_smallest(L(n)).first(), n * smallest) << n;
    EXPECT_EQ(over_smallest(L(n * smallest)).first(), n) << n;
  }
  EXPECT_EQ(times_smallest(L(2.25)).first(), 2 * smallest);
  EXPECT_EQ(times_smallest(L(2.75)).first(), 3 * smallest);
}

TYPED_TEST(LanesTest, WithSignTakesTheSignOfZeroToo) {
  using L = Lanes<TypeParam>;
  EXPECT_EQ(with_sign(L(2), L(3)).first(), 2);
  EXPECT_EQ(with_sign(L(2), L(-3)).first(), -2);
  EXPECT_TRUE(std::signbit(with_sign(L(0), L(-0.0)).first()));
}

TYPED_TEST(LanesTest, FnmaTakesTheProductAway) {
  EXPECT_EQ(fnma(Lanes<TypeParam>(2), Lanes<TypeParam>(3), Lanes<TypeParam>(10)).first(), 4);
}

TYPED_TEST(LanesTest, ScaleByLowBitsIsScale) {
  using L = Lanes<TypeParam>;
  for (const int k : {-20, -1, 0, 3, 20}) {
    const L shifted = L(k) + L::whole_in_low_bits;
    EXPECT_EQ(scale_by_low_bits(L(1.5), shifted).first(), std::ldexp(TypeParam(1.5), k)) << k;
    EXPECT_EQ(scale(L(1.5), L(k)).first(), std::ldexp(TypeParam(1.5), k)) << k;
  }
}

TYPED_TEST(LanesTest, AddToAddsEveryLaneOnce) {
  using L = Lanes<TypeParam>;
  const auto x = this->counting(L::size);
  const auto n = static_cast<double>(L::size);
  const Lanes<double> sums = add_to(Lanes<double>(1), L::load(x.data()));
  EXPECT_EQ(fold(sums, [](auto a, auto b) { return a + b; }), n * (n + 1) / 2 + Lanes<double>::size);
}

TEST(Lanes, LoadWidenedKeepsEveryFloat) {
  std::vector<float> x(Lanes<double>::size);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.1f * static_cast<float>(i) - 0.7f;
  std::vector<double> wide(x.size());
  Lanes<double>::load_widened(x.data()).store(wide.data());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(wide[i], static_cast<double>(x[i])) << i;
}

TYPED_TEST(LanesTest, FoldTakesEveryLaneOnce) {
  using L = Lanes<TypeParam>;
  const auto x = this->counting(L::size);
  const auto n = static_cast<TypeParam>(L::size);
  EXPECT_EQ(fold(L::load(x.data()), [](L a, L b) { return a + b; }), n * (n + 1) / 2);
  EXPECT_EQ(fold(L::load(x.data()), [](L a, L b) { return select(a > b, a, b); }), n);
}

TEST(Lanes, WidenKeepsEveryFloat) {
  constexpr std::size_t size = Lanes<float>::size;
  std::vector<float> x(size);
  for (std::size_t i = 0; i < size; ++i) x[i] = 0.1f * static_cast<float>(i) - 0.7f;
  const auto [lower, upper] = widen(Lanes<float>::load(x.data()));
  std::vector<double> wide(size);
  lower.store(wide.data());
  upper.store(wide.data() + size / 2);
  for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(wide[i], static_cast<double>(x[i])) << i;
}

TYPED_TEST(LanesTest, ReciprocalIsWithinAnUlp) {
  const auto f = [](auto x) { return reciprocal(x); };
  EXPECT_TRUE(near_everywhere(
      sweep<TypeParam>(1, 1000), f, [](Exact x) { return 1 / x; }, 1));
  EXPECT_EQ(test::at(f, TypeParam(1)), 1);
  EXPECT_TRUE(std::isnan(test::at(f, this->nan)));
}

TYPED_TEST(LanesTest, ElementwiseVisitsEveryNumberOnceAndNoneBeyond) {
  for (std::size_t n = 0; n <= 3 * Lanes<TypeParam>::size + 1; ++n) {
    const auto x = this->counting(n);
    std::vector<TypeParam> y(n + 5, -1);
    elementwise(
        n, [](auto& out, auto in) { out += 2 * in + 1; }, y.data(), x.data());
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(y[i], 2 * x[i]) << n;
    for (std::size_t i = n; i < n + 5; ++i) EXPECT_EQ(y[i], -1) << n;
  }
}

TYPED_TEST(LanesTest, ElementwiseWritesEveryArrayThatIsNotConstant) {
  for (std::size_t n = 0; n <= 3 * Lanes<TypeParam>::size + 1; ++n) {
    const auto a = this->counting(n);
    std::vector<TypeParam> sum(n), product = a;
    elementwise(
        n,
        [](auto& s, auto& p, auto v) {
          s = p + v;
          p *= v;
          v = 0;  // v is a copy, because its array is constant
        },
        sum.data(), product.data(), a.data());
    for (std::size_t i = 0; i < n; ++i) EXPECT_TRUE(sum[i] == 2 * a[i] && product[i] == a[i] * a[i]) << n << ' ' << i;
  }
}

TYPED_TEST(LanesTest, ElementwiseWorksInPlace) {
  for (std::size_t n = 0; n <= 3 * Lanes<TypeParam>::size + 1; ++n) {
    auto x = this->counting(n);
    elementwise(
        n, [](auto& out, auto in) { out = in * in; }, x.data(), std::as_const(x).data());
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(x[i], TypeParam((i + 1) * (i + 1)));
  }
}

TYPED_TEST(LanesTest, ANumberHasTheSameBitsInEveryLaneWithAnyNeighbours) {
  using T = TypeParam;
  const T neighbours[] = {0, 1, T(-0.3), T(1e6), -this->infinity, this->nan, T(1e-40), T(88.5), this->largest};
  const T numbers[] = {T(0.1), T(-0.7), T(3), T(-20), T(50.5), T(2e5), T(1e30), T(-1e-42), -this->largest};
  for (const auto& [name, f] : test::functions<T>())
    for (const T x : numbers) {
      const T alone = test::at(f, x);
      for (std::size_t lane = 0; lane < 2 * Lanes<T>::size + 1; ++lane) {
        std::vector<T> row(2 * Lanes<T>::size + 1);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = neighbours[(i + lane) % std::size(neighbours)];
        row[lane] = x;
        ASSERT_TRUE(test::same_bits(test::mapped(row, f)[lane], alone)) << name << ' ' << x << ' ' << lane;
      }
    }
}

}  // namespace
}  // namespace gradflow

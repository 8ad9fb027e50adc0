#include <gradflow/check/difference_quotient.hpp>

#include <cmath>

#include <gtest/gtest.h>

namespace gradflow::detail {
namespace {

constexpr double rounding = 1e-15;

TEST(DifferenceQuotient, IsTheDerivativeToTenDigitsAndKnowsHowGoodItIs) {
  for (double x = -5; x <= 5; x += 0.37) {
    const auto quotient = difference_quotient(
        [](double z) {
          return ValueAndSlope{std::exp(z), std::exp(z)};
        },
        x, rounding * std::exp(x));
    EXPECT_NEAR(quotient.value / std::exp(x), 1, 1e-10) << x;
    EXPECT_LE(std::abs(quotient.value - std::exp(x)), quotient.uncertainty) << x;
    EXPECT_LT(quotient.uncertainty, 3e-8 * std::exp(x)) << x;
  }
}

TEST(DifferenceQuotient, TakesAShorterStepWhereTheLongOnesCrossAKink) {
  const auto sharp = [](double z) { return ValueAndSlope{std::abs(z), z < 0 ? -1.0 : 1.0}; };
  for (const double x : {5e-4, 4e-5, -6e-4, 1.1e-5}) {
    const auto quotient = difference_quotient(sharp, x, rounding);
    EXPECT_NEAR(quotient.value, x < 0 ? -1 : 1, 1e-9) << x;
    EXPECT_EQ(quotient.slope_jump, 0) << x;
  }
  EXPECT_EQ(difference_quotient(sharp, 0, rounding).slope_jump, 2);
}

TEST(DifferenceQuotient, KnowsHowGoodItIsWhereTheSecondDerivativeJumps) {
  const auto bent = [](double z) {
    const double root = 1 / (1 + std::abs(z));
    return ValueAndSlope{z * root, root * root};
  };
  for (const double x : {0.0, 1e-6, 3e-6, -7e-6, 1e-5, 2e-4}) {
    const auto quotient = difference_quotient(bent, x, rounding);
    EXPECT_LE(std::abs(quotient.value - bent(x).slope), quotient.uncertainty) << x;
    EXPECT_LT(quotient.uncertainty, 1e-4) << x;
  }
}

TEST(DifferenceQuotient, SeesAJump) {
  const auto step = [](double z) { return ValueAndSlope{z < 3 ? 0.0 : 7.0, 0}; };
  EXPECT_EQ(difference_quotient(step, 3, rounding).value_jump, 7);
  EXPECT_EQ(difference_quotient(step, 2, rounding).value_jump, 0);
}

}  // namespace
}  // namespace gradflow::detail

#include <gradflow/math/root.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

TEST(Root, IsFoundToRounding) {
  EXPECT_NEAR(root([](double x) { return x * x - 2; }, 0, 2), std::sqrt(2), 1e-15);
  EXPECT_NEAR(root([](double x) { return std::cos(x); }, 1, 2), std::acos(0.0), 1e-15);
  EXPECT_NEAR(root([](double x) { return std::exp(x) - 1e10; }, -50, 50), std::log(1e10), 1e-13);
  EXPECT_NEAR(root([](double x) { return 1 - x; }, 0.5, 30), 1, 1e-15) << "falling";
}

TEST(Root, IsFoundInFewCalls) {
  int calls = 0;
  const auto counted = [&calls](double x) { return ++calls, std::exp(x) - 2; };
  EXPECT_NEAR(root(counted, 0, 1), std::log(2), 1e-15);
  EXPECT_LE(calls, 14);
  calls = 0;
  EXPECT_NEAR(root(counted, 0, 1, 1e-4), std::log(2), 1e-4);
  EXPECT_LE(calls, 8);
}

TEST(Root, MayStandAtAnEnd) {
  EXPECT_EQ(root([](double x) { return x; }, 0, 1), 0);
  EXPECT_NEAR(root([](double x) { return x - 1; }, 0, 1), 1, 1e-15);
}

TEST(Root, EndsMayBeInfinite) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(root([](double x) { return x > 3 ? infinity : x - 1; }, 0, 10), 1, 1e-15);
  EXPECT_NEAR(root([](double x) { return std::log(x); }, 0, 10), 1, 1e-15);
}

}  // namespace
}  // namespace gradflow

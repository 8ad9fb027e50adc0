#include <gradflow/optim/clipping.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ClipScale, BringsALongGradientToTheLimitAndLeavesAShortOne) {
  EXPECT_EQ(clip_scale(10, 5), 0.5);
  EXPECT_EQ(clip_scale(5, 5), 1);
  EXPECT_EQ(clip_scale(4, 5), 1);
  EXPECT_EQ(clip_scale(4, 0), 0);
}

TEST(ClipScale, IsSafeAtZeroAndInfinity) {
  EXPECT_EQ(clip_scale(0, 5), 1);
  EXPECT_EQ(clip_scale(0, 0), 1);
  EXPECT_EQ(clip_scale(infinity, 5), 0);
  EXPECT_EQ(clip_scale(infinity, infinity), 1);
  EXPECT_EQ(clip_scale(1e300, infinity), 1);
}

TEST(ClipScale, DoesNotHideANormThatIsNotANumber) { EXPECT_TRUE(std::isnan(clip_scale(std::nan(""), 5))); }

TEST(ClipScale, RefusesALimitThatIsNegativeOrNotANumber) {
  EXPECT_THROW(clip_scale(1, -1), ValueError);
  EXPECT_THROW(clip_scale(1, std::nan("")), ValueError);
}

}  // namespace
}  // namespace gradflow

#include <gradflow/log/throttle.hpp>

#include <gtest/gtest.h>

namespace gradflow::detail {
namespace {

int admitted(Throttle& throttle, double from, double to, double interval) {
  int count = 0;
  for (double now = from; now < to; now += interval) count += throttle.admit(now);
  return count;
}

TEST(Throttle, LetsABurstThroughThenOneEachInterval) {
  Throttle throttle(0.5, 3);
  EXPECT_EQ(admitted(throttle, 100, 100.001, 0.0001), 3);
  EXPECT_EQ(admitted(throttle, 100.001, 110.25, 0.03125), 20);
  EXPECT_EQ(admitted(throttle, 1000, 1000.001, 0.0001), 3);  // a pause restores the full burst, but not more
}

TEST(Throttle, IntervalZeroLetsAllThrough) {
  Throttle throttle(0, 1);
  EXPECT_EQ(admitted(throttle, 0, 1, 0.0078125), 128);
}

TEST(Throttle, BearsAClockThatGoesBack) {
  Throttle throttle(1, 1);
  EXPECT_TRUE(throttle.admit(10));
  EXPECT_FALSE(throttle.admit(5));
  EXPECT_TRUE(throttle.admit(6));
}

}  // namespace
}  // namespace gradflow::detail

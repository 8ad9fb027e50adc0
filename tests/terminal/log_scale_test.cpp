#include <gradflow/terminal/log_scale.hpp>

#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

class LogScaleTest : public testing::Test {
 protected:
  LogScaleTest() { setenv("LC_ALL", "C.UTF-8", 1); }
  LogScale scale_;
};

TEST_F(LogScaleTest, SpansWholeDecadesFromTheLeastNumberToTheGreatest) {
  scale_.include(2e-6);
  EXPECT_EQ(scale_.low(), -6);
  EXPECT_EQ(scale_.high(), 0);
  scale_.include(20);
  EXPECT_EQ(scale_.high(), 2);
  for (const double odd : {0.0, std::nan(""), std::numeric_limits<double>::infinity()}) scale_.include(odd);
  EXPECT_EQ(scale_.low(), -6);
  EXPECT_EQ(scale_.high(), 2);
}

TEST_F(LogScaleTest, ABarIsAsLongAsTheLogarithmIsLarge) {
  scale_.include(1e-6);
  EXPECT_EQ(scale_.bar(1), "██████");
  EXPECT_EQ(scale_.bar(1e-3), "███   ");
  EXPECT_EQ(scale_.bar(std::pow(10, -3.5)), "██▌   ");
  EXPECT_EQ(scale_.bar(1e-6), "▏     ");
}

TEST_F(LogScaleTest, ABarOfWhatLiesBeyondTheScaleIsThatOfItsEnd) {
  scale_.include(1e-6);
  EXPECT_EQ(scale_.bar(1e9), scale_.bar(1));
  EXPECT_EQ(scale_.bar(1e-9), scale_.bar(1e-6));
}

TEST_F(LogScaleTest, OnAScaleOfOneNumberItIsTheLeast) {
  scale_.include(1);
  EXPECT_EQ(scale_.bar(1), "▏     ");
  EXPECT_EQ(scale_.bar(std::sqrt(10)), "███   ") << "the scale spans at least one decade";
}

TEST_F(LogScaleTest, ABarIsBlankForZeroAndMarkedForWhatIsNotFinite) {
  EXPECT_EQ(scale_.bar(0), "      ");
  EXPECT_EQ(scale_.bar(std::nan("")), "!     ");
  EXPECT_EQ(scale_.bar(std::numeric_limits<double>::infinity()), "!     ");
}

TEST_F(LogScaleTest, ABarIsPlainWhereTheLocaleIsNotUtf8) {
  setenv("LC_ALL", "C", 1);
  scale_.include(1e-6);
  EXPECT_EQ(scale_.bar(1e-3), "###   ");
  EXPECT_EQ(scale_.bar(std::pow(10, -3.5)), "###   ");
}

}  // namespace
}  // namespace gradflow

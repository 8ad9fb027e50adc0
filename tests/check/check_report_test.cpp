#include <gradflow/check/check_report.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <gradflow/check/comparison.hpp>

namespace gradflow {
namespace {

using detail::Comparison;
using detail::relative_error;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Report, IsALineForEachCheckAndTheWorstPlaceWhereOneFailed) {
  const CheckReport report{"activation mine",
                           {{"slope", 2.34e-10, 1e-7, 4001, 0, 0, "x = 1", 0.5, 0.5},
                            {"derivative", 1.25, 1e-13, 4001, 3, 0.02, "x = -1.19", 0.25, -0.125},
                            {"curvature", 2.34e-10, 1e-7, 90, 10, 0.02, "x = 1", 0.5, 0.5},
                            {"bias", 0, 1e-7, 0, 2, 0.02},
                            {"NaN where x is NaN", 1, 0, 2, 0, 0, "the value at x = NaN is 0"},
                            {"value", 1e-16, 0, 1, 0, 0, "step 3, tensor 1, index 0", 1 + std::ldexp(1.0, -52), 1}}};
  EXPECT_EQ(report.text(),
            "activation mine: WRONG\n"
            "  slope               ok     error 2.3e-10  allowed 1.0e-07  4001 compared\n"
            "  derivative          WRONG  error 1.2e+00  allowed 1.0e-13  4001 compared, 3 left out at a kink\n"
            "    worst: x = -1.19 (got 0.25, expected -0.125)\n"
            "  curvature           WRONG  error 2.3e-10  allowed 1.0e-07  90 compared, 10 left out at a kink\n"
            "    more than 2 % are left out, so too few numbers were compared\n"
            "  bias                WRONG  error 0        allowed 1.0e-07  0 compared, 2 left out at a kink\n"
            "    nothing was compared\n"
            "  NaN where x is NaN  WRONG  error 1.0e+00  allowed 0        2 compared\n"
            "    worst: the value at x = NaN is 0\n"
            "  value               WRONG  error 1.0e-16  allowed 0        1 compared\n"
            "    worst: step 3, tensor 1, index 0 (got 1.0000000000000002, expected 1)\n");
}

TEST(Report, HasPassedWhereEveryCheckHas) {
  const Check good{.what = "a", .compared = 1}, bad{.what = "b", .error = 1, .compared = 1};
  EXPECT_TRUE((CheckReport{"", {good, good}}).passed());
  EXPECT_FALSE((CheckReport{"", {good, bad}}).passed());
  EXPECT_FALSE(CheckReport{}.passed()) << "a report without checks proves nothing";
  EXPECT_EQ((CheckReport{"mine", {good}}).text().find("mine: ok\n"), 0u);
}

TEST(Report, TheWorstIsTheOneFarthestBeyondItsTolerance) {
  const Check fine{.what = "fine", .error = 3, .tolerance = 4, .compared = 1};
  const Check near{.what = "near", .error = 1e-3, .tolerance = 1e-4, .compared = 1};
  const Check far{.what = "far", .error = 1e-4, .tolerance = 1e-13, .compared = 1};
  const Check lost{.what = "lost", .error = nan, .tolerance = 1, .compared = 1};
  EXPECT_EQ((CheckReport{"", {fine, near, far}}).worst().what, "far");
  EXPECT_EQ((CheckReport{"", {lost, near, far}}).worst().what, "lost");
  EXPECT_EQ((CheckReport{"", {fine, {.what = "exact", .compared = 1}}}).worst().what, "fine");
}

TEST(RelativeError, IsTheDifferenceOverTheLargerNumber) {
  EXPECT_EQ(relative_error(3, 4), 0.25);
  EXPECT_EQ(relative_error(4, 3), 0.25);
  EXPECT_EQ(relative_error(-1, 1), 2);
  EXPECT_EQ(relative_error(0, 1e-300), 1);
  EXPECT_EQ(relative_error(0, 0), 0);
  EXPECT_EQ(relative_error(infinity, infinity), 0);
  EXPECT_EQ(relative_error(infinity, 1), infinity);
  EXPECT_TRUE(std::isnan(relative_error(nan, 1)));
  EXPECT_TRUE(std::isnan(relative_error(1, nan)));
}

TEST(RelativeError, DoesNotCountWhatIsUncertain) {
  EXPECT_EQ(relative_error(3, 4, 1), 0);
  EXPECT_EQ(relative_error(3, 4, 0.5), 0.125);
  EXPECT_EQ(relative_error(3, 4, nan), infinity) << "a scale of NaN must not excuse an error";
  EXPECT_EQ(relative_error(3, 4, infinity), infinity);
}

TEST(Comparison, KeepsTheWorstPlaceAndCountsAll) {
  Comparison comparison("numbers", 0.1, 0.5);
  for (const double got : {1.0, 1.05, 1.02})
    comparison.add(std::abs(got - 1), got, 1, [&] { return "at " + std::to_string(got); });
  comparison.leave_out();
  const Check check = comparison.result();
  EXPECT_TRUE(check.passed());
  EXPECT_EQ(check.compared, 3u);
  EXPECT_EQ(check.left_out, 1u);
  EXPECT_EQ(check.worst, "at 1.050000");
  EXPECT_EQ(check.got, 1.05);
}

TEST(Comparison, AnErrorThatIsNotANumberIsTheWorst) {
  Comparison comparison("numbers", 0.1);
  comparison.add(nan, 1, 1, [] { return "the NaN"; });
  comparison.add(infinity, 2, 1, [] { return "the infinity"; });
  EXPECT_FALSE(comparison.result().passed());
  EXPECT_EQ(comparison.result().worst, "the NaN");
}

TEST(Comparison, ProvesNothingWhereNothingOrTooLittleWasCompared) {
  Comparison comparison("numbers", 0.1, 0.5);
  EXPECT_FALSE(comparison.result().passed());
  comparison.add(true, [] { return ""; });
  EXPECT_TRUE(comparison.result().passed());
  for (int i = 0; i < 2; ++i) comparison.leave_out();
  EXPECT_FALSE(comparison.result().passed());
}

}  // namespace
}  // namespace gradflow

#include <gradflow/terminal/sparkline.hpp>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

class SparklineTest : public testing::Test {
 protected:
  SparklineTest() { setenv("LC_ALL", "C.UTF-8", 1); }
};

Sparkline of(std::initializer_list<double> numbers) {
  Sparkline line;
  for (const double number : numbers) line.add(number);
  return line;
}

/// Returns a sparkline of `count` numbers, 10^0, 10^1, 10^2, ...
Sparkline powers_of_ten(std::size_t count) {
  Sparkline line;
  for (std::size_t i = 0; i < count; ++i) line.add(std::pow(10, static_cast<double>(i)));
  return line;
}

std::string padded(std::string text, std::size_t characters) {
  return text + std::string(Sparkline::cells - characters, ' ');
}

TEST_F(SparklineTest, RisesByTheLogarithm) {
  EXPECT_EQ(Sparkline().text(), padded("", 0));
  EXPECT_EQ(powers_of_ten(9).text(), padded("▁▂▃▄▅▆▇██", 9));
  EXPECT_EQ(of({1e8, 1, 1e4}).text(), padded("█▁▅", 3));
}

TEST_F(SparklineTest, WhatHardlyChangesStaysInTheMiddle) {
  EXPECT_EQ(of({3, 3, 3}).text(), padded("▅▅▅", 3));
  EXPECT_EQ(of({1, 1.1, 1}).text(), padded("▅▅▅", 3));
  EXPECT_EQ(of({1, 10}).text(), padded("▁█", 2)) << "a change by a decade must be visible";
}

/// With 40 numbers each of the 20 cells holds two. One more number merges them into 10 cells of four and begins an
/// eleventh. The logarithms of the numbers rise evenly, so the means of the cells rise evenly too.
TEST_F(SparklineTest, NeighboursAreMergedWhenItIsFull) {
  EXPECT_EQ(powers_of_ten(20).text(), "▁▁▂▂▃▃▄▄▄▅▅▆▆▆▇▇████") << "a cell for each number";
  EXPECT_EQ(powers_of_ten(21).text(), padded("▁▂▃▃▄▅▆▇███", 11)) << "two numbers per cell, one in the last cell";
  EXPECT_EQ(powers_of_ten(40).text(), powers_of_ten(20).text());
  EXPECT_EQ(powers_of_ten(41).text(), powers_of_ten(21).text());
}

TEST_F(SparklineTest, CoversAllFromTheStartInTheSameSpace) {
  Sparkline steps;
  for (int i = 0; i < 1 << 15; ++i) steps.add(i < 1 << 14 ? 1 : 10);
  EXPECT_EQ(steps.text(), padded("▁▁▁▁▁▁▁▁████████", 16)) << "equal times take equal space";
}

TEST_F(SparklineTest, MarksWhatHasNoLogarithm) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(of({1, 0, infinity, std::nan(""), 1}).text(), padded("▅ !!▅", 5));
  EXPECT_EQ(of({0, 0}).text(), padded("", 0));
}

TEST_F(SparklineTest, IsPlainWhereTheLocaleIsNotUtf8) {
  setenv("LC_ALL", "C", 1);
  EXPECT_EQ(powers_of_ten(9).text(), padded(".:-=+*#@@", 9));
}

}  // namespace
}  // namespace gradflow

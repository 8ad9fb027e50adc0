#include <gradflow/base/numbers.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Numbers, AreReadInEveryForm) {
  EXPECT_EQ(parse_number("1.5"), 1.5);
  EXPECT_EQ(parse_number("+1.5"), 1.5);
  EXPECT_EQ(parse_number("+.5"), 0.5);
  EXPECT_EQ(parse_number("-2E-3"), -0.002);
  EXPECT_EQ(parse_number("7"), 7);
  EXPECT_EQ(parse_number("4e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parse_number("inf"), infinity);
  EXPECT_EQ(parse_number("-Infinity"), -infinity);
  EXPECT_TRUE(std::isnan(parse_number("nan").value()));
}

TEST(Numbers, WhatIsOutOfRangeIsZeroOrInfinite) {
  EXPECT_EQ(parse_number("1e-400"), 0);
  EXPECT_EQ(parse_number("-1e-99999999999999999999"), 0);
  EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1"), 0);
  EXPECT_EQ(parse_number("1e400"), infinity);
  EXPECT_EQ(parse_number("+1e400"), infinity);
  EXPECT_EQ(parse_number("-1e99999999999999999999"), -infinity);
  EXPECT_EQ(parse_number("1" + std::string(400, '0')), infinity);
}

TEST(Numbers, OtherTextsAreNone) {
  for (const char* text : {"", "+", "-", ".", "+-1", "++1", "1x", "x", " 1", "1 ", "1,5", "0x10", "1e400x", "1e"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(Numbers, WholeOnesHaveNoFractionAndFitTheirType) {
  EXPECT_EQ(parse_whole<std::size_t>("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_whole<std::size_t>("+7"), 7U);
  EXPECT_EQ(parse_whole<long long>("-7"), -7);
  for (const char* text : {"", "+", "1.0", "1e3", "x", "1x", "18446744073709551616"}) {
    EXPECT_EQ(parse_whole<std::size_t>(text), std::nullopt) << text;
    EXPECT_EQ(parse_whole<long long>(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_whole<std::size_t>("-1"), std::nullopt);
}

}  // namespace
}  // namespace gradflow

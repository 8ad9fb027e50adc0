#include <gradflow/log/json.hpp>

#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

TEST(Json, EscapesText) {
  EXPECT_EQ(json_text("tanh"), R"("tanh")");
  EXPECT_EQ(json_text(""), R"("")");
  EXPECT_EQ(json_text("a \"b\" \\ c"), R"("a \"b\" \\ c")");
  EXPECT_EQ(json_text(std::string_view("\n\t\x01\x1f\0", 5)), R"("\n\u0009\u0001\u001f\u0000")");
}

TEST(Json, KeepsUtf8AndMarksWhatIsNone) {
  EXPECT_EQ(json_text("‖dL/dW‖ 😀 é"), "\"‖dL/dW‖ 😀 é\"");
  EXPECT_EQ(json_text("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(json_text("\xe2\x80"), R"("\ufffd\ufffd")");            // cut short
  EXPECT_EQ(json_text("\xc0\xaf"), R"("\ufffd\ufffd")");            // overlong encoding
  EXPECT_EQ(json_text("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // half of a UTF-16 surrogate pair
  EXPECT_EQ(json_text("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
}

TEST(Json, WritesNumbersThatReadBackExactlyAndNullForTheRest) {
  for (const double number : {0.1, 1.0 / 3, -4.9e-324, 1.7976931348623157e308})
    EXPECT_EQ(std::strtod(json_number(number).c_str(), nullptr), number);
  EXPECT_EQ(json_number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json_number(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(Json, WritesARecordAsAnObject) {
  EXPECT_EQ(json_record({250, "delta_norm", 3, 0.5}), R"({"step":250,"layer":3,"quantity":"delta_norm","value":0.5})");
  const std::array bins = {1.0, std::numeric_limits<double>::infinity()};
  EXPECT_EQ(json_record({0, "slopes", -1, 2, bins}),
            R"({"step":0,"layer":-1,"quantity":"slopes","value":2,"bins":[1,null]})");
}

}  // namespace
}  // namespace gradflow

#include <gradflow/io/json_fault.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

using detail::json_fault;

TEST(JsonFault, IsNoneWhereItCanBeRead) {
  for (const std::string text : {"{}", "[]", "1", "null", "true", "-1.5e300", R"("text")", R"([[1,{"a":[null]}]])"})
    EXPECT_EQ(json_fault(text, 4), "") << text;
  EXPECT_EQ(json_fault(R"({"a":{"x":1},"b":{"x":1}})", 2), "");
}

TEST(JsonFault, SaysWhatItIs) {
  EXPECT_EQ(json_fault("", 3), "invalid JSON at byte 1");
  EXPECT_EQ(json_fault("[1,]", 3), "invalid JSON at byte 4");
  EXPECT_EQ(json_fault("[1] 2", 3), "invalid JSON at byte 5");
  EXPECT_EQ(json_fault("[1e999]", 3), "a number that is too large");
  EXPECT_EQ(json_fault("[[[1]]]", 3), "");
  EXPECT_EQ(json_fault("[[[1]]]", 2), "JSON nested deeper than 2 levels");
  EXPECT_EQ(json_fault(R"({"a":{"b":1,"c":2,"b":3}})", 3), "'b' twice");
}

TEST(JsonFault, GivesTheNamesInTheirOrder) {
  std::vector<std::string> names;
  EXPECT_EQ(json_fault(R"({"b":{"x":1},"a":[{"y":2}],"c":3})", 3, &names), "");
  EXPECT_EQ(names, (std::vector<std::string>{"b", "a", "c"}));
}

TEST(JsonFault, TakesTimeByTheSizeOfTheText) {
  std::string objects, members;
  for (int i = 0; i < 200'000; ++i) {
    objects += "{},";
    members += "\"" + std::to_string(i) + "\":{},";
  }
  EXPECT_EQ(json_fault("[" + objects + "0]", 3), "");
  EXPECT_EQ(json_fault("{" + members + "\"last\":0}", 3), "");
}

}  // namespace
}  // namespace gradflow

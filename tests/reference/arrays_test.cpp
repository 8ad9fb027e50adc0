// Tests of the reader of the stored arrays, and of the measures of difference.
#include <reference/arrays.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow::reference {
namespace {

/// Returns the FormatError message for a file with this content, without the path of the folder.
std::string complaint_about(std::string_view content) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", content);
  return message_of<FormatError>([&] { Arrays{path}; }).substr(folder.path().size() + 1);
}

TEST(Arrays, AreReadByName) {
  const TemporaryFolder folder;
  const Arrays arrays(
      folder.write("a.txt", "# comment\n@ 2 3 huber(delta=0.5); a b\n1 -2.5 3e-4\n4 5 6\n@ 1 1 c\n7\n"));
  const auto& first = arrays["huber(delta=0.5); a b"];
  EXPECT_EQ(shape_text(first), "[2, 3]");
  EXPECT_EQ(first(0, 2), 3e-4);
  EXPECT_EQ(first(1, 0), 4);
  EXPECT_EQ(arrays["c"](0, 0), 7);
  EXPECT_TRUE(arrays.contains("c"));
  EXPECT_FALSE(arrays.contains("d"));
  EXPECT_THROW(arrays["d"], NameError);
  EXPECT_EQ(arrays.cases("; a b"), std::vector<std::string>{"huber(delta=0.5)"});
}

TEST(Arrays, SayWhatIsWrongWithAFileAndWhere) {
  EXPECT_EQ(complaint_about("1 2\n"), "a.txt:1: array: got '1 2', expected @ ROWS COLUMNS NAME");
  EXPECT_EQ(complaint_about("@ 1 2\n1 2\n"), "a.txt:1: array: got '@ 1 2', expected @ ROWS COLUMNS NAME");
  EXPECT_EQ(complaint_about("@ 1 2 a\n1\n"), "a.txt:2: columns: got 1, expected 2");
  EXPECT_EQ(complaint_about("@ 1 2 a\n1 2 3\n"), "a.txt:2: columns: got 3, expected 2");
  EXPECT_EQ(complaint_about("@ 1 2 a\n1 x\n"), "a.txt:2: number: got 'x', expected a number");
  EXPECT_EQ(complaint_about("@ 2 1 a\n1\n"), "a.txt:2: rows: got 1, expected 2 in 'a'");
  EXPECT_EQ(complaint_about("@ 1 1 a\n1\n@ 1 1 a\n1\n"), "a.txt:3: array: got 'a' again, expected each once");
}

TEST(Arrays, AFileThatIsNotThereIsNamed) {
  EXPECT_NE(message_of<std::system_error>([] { Arrays{"/nowhere/a.txt"}; }).find("/nowhere/a.txt"), std::string::npos);
}

struct A {
  static constexpr std::string_view name = "a";
};
struct Aa {
  static constexpr std::string_view name = "aa";
};

TEST(Arrays, APolicyThatNoNameBeginsWithIsFound) {
  EXPECT_EQ(not_among({"aa(x=1); b; a"}, TypeList<A, Aa>{}), std::vector<std::string>{"a"});
  EXPECT_EQ(not_among({"aa; b", "a"}, TypeList<A, Aa>{}), std::vector<std::string>{});
}

TEST(Disagreement, IsRelativeToEachNumberOrToTheNorm) {
  const std::vector<double> expected{3, -4}, got{3.3, -4};
  EXPECT_NEAR(relative_difference<double>(got, expected), 0.1, 1e-15);
  EXPECT_NEAR(distance<double>(got, expected), 0.06, 1e-15);
  EXPECT_EQ(distance<double>(expected, expected), 0);
  EXPECT_EQ(relative_difference<double>(std::vector<double>{0}, std::vector<double>{0}), 0);
  EXPECT_THROW(distance<double>(got, std::vector<double>{1}), ShapeError);
}

TEST(Disagreement, WithNaNIsNaNAndSoNeverSmall) {
  const std::vector<double> nan{std::numeric_limits<double>::quiet_NaN(), 1}, expected{1, 1};
  EXPECT_TRUE(std::isnan(relative_difference<double>(nan, expected)));
  EXPECT_TRUE(std::isnan(distance<double>(nan, expected)));
}

}  // namespace
}  // namespace gradflow::reference

#include <gradflow/base/errors.hpp>

#include <cerrno>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

#include <gtest/gtest.h>
#include <support/errors.hpp>

namespace gradflow {
namespace {

TEST(Errors, OneFormWithEveryPart) {
  const ErrorDetails details{.where = "layer 3 (dense 64 -> 32, tanh)",
                             .what = "inputs",
                             .got = "48 from layer 2",
                             .expected = "64",
                             .hint = "make the two widths equal"};
  EXPECT_EQ(text(details),
            "layer 3 (dense 64 -> 32, tanh): inputs: got 48 from layer 2, expected 64; make the two widths equal");
}

TEST(Errors, PartsThatAreEmptyLeaveNoTrace) {
  EXPECT_EQ(text({"activation", "", "'tahn'", "one of: tanh", ""}), "activation: got 'tahn', expected one of: tanh");
  EXPECT_EQ(text({"a.csv:3", "columns", "4", "", ""}), "a.csv:3: columns: got 4");
  EXPECT_EQ(text({"a.csv", "rows", "", "at least 1", ""}), "a.csv: rows: expected at least 1");
  EXPECT_EQ(text({"a.csv", "is empty", "", "", ""}), "a.csv: is empty");
  EXPECT_EQ(text({"a.csv", "", "", "", "say which"}), "a.csv; say which");
  EXPECT_EQ(text({"", "", "'ten'", "a whole number", ""}), "got 'ten', expected a whole number");
  EXPECT_EQ(text({"", "columns", "4", "5", ""}), "columns: got 4, expected 5");
  EXPECT_EQ(text({"", "", "", "5", "say which"}), "expected 5; say which");
  EXPECT_EQ(text({"", "", "", "", "say which"}), "say which");
}

TEST(Errors, NumbersAreAsShortAsTheyCanBeReadBack) {
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(64.0), "64");
  EXPECT_EQ(text(-1e-300), "-1e-300");
  EXPECT_EQ(text(std::numeric_limits<double>::lowest()), "-1.7976931348623157e+308");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(Errors, AreOneLineWhateverTheirPartsHold) {
  EXPECT_EQ(text({"a\nb.csv", "column 'x\r\t\x1b[2J'", std::string("\0", 1), "\x7f", "Größe"}),
            "a?b.csv: column 'x???[2J': got ?, expected ?; Größe");
  errno = ENOENT;
  EXPECT_EQ(message_of<std::system_error>([] { throw_system_error("a\nb", "cannot read"); }),
            "a?b: cannot read: No such file or directory");
}

TEST(Errors, AreOfBoundedLength) {
  const std::string part(1'000'000, 'x');
  EXPECT_EQ(text({part, part, part, part, part}).size(), 5 * 1003 + std::string(": : got , expected ; ").size());
  EXPECT_EQ(text({"", "", std::string(1000, 'x'), "", ""}), "got " + std::string(1000, 'x'));
}

TEST(Errors, TextsAreShortenedBetweenCharacters) {
  EXPECT_EQ(shortened("Größe", 9), "Größe");
  EXPECT_EQ(shortened("Größe", 5), "Grö...");
  EXPECT_EQ(shortened("Größe", 4), "Grö...");
  EXPECT_EQ(shortened("Größe", 3), "Gr...");
  EXPECT_EQ(shortened("Größe", 0), "...");
  EXPECT_EQ(shortened("\x80\x80\x80\x80\x80\x80", 4), "\x80\x80\x80\x80...");
}

TEST(Errors, QuotesWhatWasTyped) { EXPECT_EQ(in_quotes("tahn"), "'tahn'"); }

TEST(Errors, WrongArgumentsAndWrongFilesAreToldApart) {
  static_assert(std::is_base_of_v<std::invalid_argument, ShapeError>);
  static_assert(std::is_base_of_v<std::invalid_argument, NameError>);
  static_assert(std::is_base_of_v<std::invalid_argument, ValueError>);
  static_assert(std::is_base_of_v<std::runtime_error, FormatError>);
  const FormatError error({"iris.csv:17", "columns", "4", "5", ""});
  EXPECT_STREQ(error.what(), "iris.csv:17: columns: got 4, expected 5");
}

TEST(Errors, SystemErrorsNameThePathAndTheReason) {
  errno = ENOSPC;
  try {
    throw_system_error("runs/metrics.csv", "cannot write");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_space_on_device);
    EXPECT_STREQ(error.what(), "runs/metrics.csv: cannot write: No space left on device");
  }
}

}  // namespace
}  // namespace gradflow

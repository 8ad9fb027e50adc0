#include <gradflow/data/csv_table.hpp>

#include <string>
#include <system_error>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class CsvTableOf : public testing::Test {
 protected:
  Rows rows(std::string_view content, char separator = ',') {
    const CsvTable table(folder_.write("a.csv", content), separator);
    Rows result(table.rows());
    for (std::size_t i = 0; i < table.rows(); ++i)
      for (std::size_t j = 0; j < table.columns(); ++j) result[i].emplace_back(table.field(i, j));
    return result;
  }

  /// Returns the error's message without the folder's path.
  std::string error(std::string_view content) {
    const std::string message = message_of<FormatError>([&] { rows(content); });
    return message.substr(std::min(message.size(), folder_.path().size() + 1));
  }

  TemporaryFolder folder_;
};

TEST_F(CsvTableOf, TakesLinesApartWhateverEndsThem) {
  const Rows expected{{"a", "b"}, {"1", "2"}};
  EXPECT_EQ(rows("a,b\n1,2\n"), expected);
  EXPECT_EQ(rows("a,b\n1,2"), expected);
  EXPECT_EQ(rows("a,b\r\n1,2\r\n"), expected);
  EXPECT_EQ(rows("a,b\r\n1,2\r\n\r\n\n"), expected);
  EXPECT_EQ(rows("a,b\r1,2\r"), expected);
  EXPECT_EQ(rows("\xef\xbb\xbf"
                 "a,b\n1,2\n"),
            expected);
  EXPECT_EQ(rows("a;b\n1;2\n", ';'), expected);
  EXPECT_EQ(rows("a\tb\n1\t2\n", '\t'), expected);
  EXPECT_EQ(rows(" a , b\t\n1,  2 \n"), expected);
}

TEST_F(CsvTableOf, KeepsEmptyFields) {
  EXPECT_EQ(rows("a,,b\n,,\n"), (Rows{{"a", "", "b"}, {"", "", ""}}));
  EXPECT_EQ(rows("a,b,c\n1,2,"), (Rows{{"a", "b", "c"}, {"1", "2", ""}}));
  EXPECT_EQ(rows("a\tb\n\t\n", '\t'), (Rows{{"a", "b"}, {"", ""}}));
}

TEST_F(CsvTableOf, UnderstandsQuotes) {
  EXPECT_EQ(rows("\"a,b\",\"say \"\"hi\"\"\"\n\"\", \" c \" \n"), (Rows{{"a,b", "say \"hi\""}, {"", " c "}}));
  EXPECT_EQ(rows("\"two\nlines\",b\n1,2\n"), (Rows{{"two\nlines", "b"}, {"1", "2"}}));
  EXPECT_EQ(rows("a,\"\"\"\"\n"), (Rows{{"a", "\""}}));
}

TEST_F(CsvTableOf, CountsLinesInsideQuotesToo) {
  const CsvTable table(folder_.write("a.csv", "\"x\r\ny\nz\",b\r\n1,2\r\n"), ',');
  EXPECT_EQ(table.place(0), folder_.file("a.csv") + ":1");
  EXPECT_EQ(table.place(1), folder_.file("a.csv") + ":4");
}

TEST_F(CsvTableOf, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_EQ(error("a,b,c\n1,2,3\n4,5\n"), "a.csv:3: columns: got 2, expected 3");
  EXPECT_EQ(error("a,b\n1,2,3\n"), "a.csv:2: columns: got 3, expected 2");
  EXPECT_EQ(error("a,b\n\n1,2\n"), "a.csv:2: got a blank line, expected a row or the end of the file");
  EXPECT_EQ(error(""), "a.csv: got an empty file, expected rows of numbers and a label");
  EXPECT_EQ(error("\n\n"), "a.csv: got an empty file, expected rows of numbers and a label");
  EXPECT_EQ(error("\xef\xbb\xbf"), "a.csv: got an empty file, expected rows of numbers and a label");
  EXPECT_EQ(error("a,b\n1,\"2\n3,4\n"),
            "a.csv:2: column 1: got a quote that is never closed, expected a closing quote");
  EXPECT_EQ(error("a,b\n\"1\"2,3\n"),
            "a.csv:2: column 0: got '2' after the closing quote, expected the end of the field");
  EXPECT_EQ(error("a,b\n1,2\"\n"),
            "a.csv:2: column 1: got a quote inside a field, expected none; "
            "put the whole field in quotes, and write each quote inside it twice");
  EXPECT_EQ(error(std::string_view("a,b\n1,\0\n", 8)),
            "a.csv:2: column 1: got a NUL byte, expected text; is this a CSV file, in UTF-8?");
  EXPECT_EQ(error(std::string_view("a,\"\0\"\n", 7)),
            "a.csv:1: column 1: got a NUL byte, expected text; is this a CSV file, in UTF-8?");
}

TEST_F(CsvTableOf, DoesNotReadADeviceToItsEnd) {
  EXPECT_EQ(message_of<FormatError>([] { CsvTable("/dev/zero", ','); }),
            "/dev/zero:1: column 0: got a NUL byte, expected text; is this a CSV file, in UTF-8?");
}

TEST_F(CsvTableOf, SaysWhatTheSystemSaid) {
  const std::string absent = folder_.file("absent.csv");
  EXPECT_EQ(message_of<std::system_error>([&] { CsvTable(absent, ','); }),
            absent + ": cannot read: No such file or directory");
  EXPECT_EQ(message_of<std::system_error>([&] { CsvTable(folder_.path(), ','); }),
            folder_.path() + ": cannot read: Is a directory");
}

TEST_F(CsvTableOf, RefusesASeparatorThatCannotBeOne) {
  for (const char c : {'"', '\n', '\r', '\0'}) EXPECT_THROW(rows("a,b\n", c), ValueError);
}

TEST_F(CsvTableOf, ReadsVeryLongLines) {
  std::string line = "0";
  for (int i = 1; i < 200000; ++i) line += ",0";
  const auto result = rows(line + "\n" + line + "\n");
  EXPECT_EQ(result[1].size(), 200000u);
  const std::string field(1000000, 'x');
  EXPECT_EQ(rows(field + ",b\n")[0][0], field);
}

TEST_F(CsvTableOf, SurvivesRandomBytes) {
  Rng rng(1);
  constexpr std::string_view usual = ",,\"\"\n\r 1a";
  for (int round = 0; round < 300; ++round) {
    std::string content(rng.below(40), '\0');
    for (char& c : content) c = rng.below(20) ? usual[rng.below(usual.size())] : static_cast<char>(rng.below(256));
    try {
      const auto result = rows(content);
      for (const auto& row : result) EXPECT_EQ(row.size(), result[0].size());
    } catch (const FormatError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(folder_.file("a.csv"))) << error.what();
    }
  }
}

}  // namespace
}  // namespace gradflow

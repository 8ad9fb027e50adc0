#include <gradflow/data/csv_reader.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow {
namespace {

/// Hands a text to the reader in pieces of at most `longest` bytes, and counts the bytes that it has handed out.
class Pieces {
 public:
  Pieces(std::string_view text, std::size_t longest) : text_(text), longest_(longest) {}

  ReadBytes read() {
    return [this](std::span<char> into) {
      EXPECT_FALSE(ended_) << "read again after the end";
      const std::size_t size = std::min({text_.size() - given_, into.size(), longest_});
      std::copy_n(text_.data() + given_, size, into.data());
      ended_ = size == 0;
      given_ += size;
      most_ = std::max(most_, into.size());
      return size;
    };
  }
  std::size_t given() const { return given_; }
  std::size_t most() const { return most_; }  ///< the largest buffer of a call, in bytes

 private:
  std::string_view text_;
  std::size_t longest_, given_ = 0, most_ = 0;
  bool ended_ = false;
};

std::string line_of(const CsvReader& reader) {
  std::string line = reader.place();
  for (const std::string_view field : reader.row()) line += "|" + std::string(field);
  return line + "\n";
}

/// Returns all rows of the text, or the error's message.
std::string rows_of(std::string_view text, std::size_t longest) {
  Pieces pieces(text, longest);
  try {
    CsvReader reader("a", ',', pieces.read());
    std::string lines;
    while (reader.next()) lines += line_of(reader);
    EXPECT_FALSE(reader.next());
    return lines;
  } catch (const FormatError& error) {
    return error.what();
  }
}

TEST(CsvReader, GivesTheSameRowsWhateverThePiecesAre) {
  constexpr std::string_view text = "\xef\xbb\xbf a ,\"b\r\n\"\"c\"\"\" \r\n1,\n\"\r\r\n\n\",2\r3,\"\"\r\n\r\n\n";
  constexpr std::string_view expected = "a:1|a|b\r\n\"c\"\na:3|1|\na:4|\r\r\n\n|2\na:8|3|\n";
  for (std::size_t longest = 1; longest <= text.size(); ++longest) EXPECT_EQ(rows_of(text, longest), expected);
}

TEST(CsvReader, GivesARowAsSoonAsTheByteThatEndsItIsThere) {
  for (const std::string_view text : {"1,2\n3,4\n", "1,2\r3,4\r", "1,2\r\n3,4\r\n"}) {
    Pieces pieces(text, 1);
    CsvReader reader("a", ',', pieces.read());
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(pieces.given(), 4U);
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(line_of(reader), "a:2|3|4\n");
    EXPECT_FALSE(reader.next());
  }
}

TEST(CsvReader, GivesTheRowsBeforeABadOne) {
  Pieces pieces("a,b\n1,2\n3\n", 100);
  CsvReader reader("a", ',', pieces.read());
  EXPECT_TRUE(reader.next() && reader.next());
  EXPECT_EQ(line_of(reader), "a:2|1|2\n");
  EXPECT_EQ(message_of<FormatError>([&] { reader.next(); }), "a:3: columns: got 1, expected 2");
}

TEST(CsvReader, HoldsNoMoreThanARowAndWhatWasReadWithIt) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i) + ",\"x\ny\"\n";
  Pieces pieces(text, 5000);
  CsvReader reader("a", ',', pieces.read());
  std::size_t rows = 0;
  for (; reader.next(); ++rows) ASSERT_EQ(reader.row()[0], std::to_string(rows));
  EXPECT_EQ(rows, 100000U);
  EXPECT_EQ(reader.line(), 199999U);
  EXPECT_LE(pieces.most(), std::size_t{1} << 16);
  EXPECT_EQ(rows_of(std::string(200000, 'x') + ",2\n3,4", 5000), "a:1|" + std::string(200000, 'x') + "|2\na:2|3|4\n");
}

TEST(CsvReader, HoldsNothingOfBlankLines) {
  Pieces pieces(std::string_view("a\r\n"), 100);
  std::size_t lines = 0, most = 0;
  CsvReader reader("a", ',', [&](std::span<char> into) {
    most = std::max(most, into.size());
    if (lines == 0) return ++lines, pieces.read()(into);
    if (++lines > 1000) return std::size_t{0};
    std::ranges::fill(into, '\n');
    return into.size();
  });
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_LE(most, std::size_t{1} << 16);
}

TEST(CsvReader, PassesOnWhatReadingThrows) {
  CsvReader reader("a", ',', [](std::span<char>) -> std::size_t { throw FormatError({"a", {}, "b", "c", {}}); });
  EXPECT_EQ(message_of<FormatError>([&] { reader.next(); }), "a: got b, expected c");
}

TEST(CsvReader, ReadsRandomBytesInPiecesAsAWhole) {
  Rng rng(1);
  constexpr std::string_view usual = ",,\"\"\n\r 1a";
  for (int round = 0; round < 300; ++round) {
    std::string text(rng.below(40), '\0');
    for (char& c : text) c = rng.below(20) ? usual[rng.below(usual.size())] : static_cast<char>(rng.below(256));
    EXPECT_EQ(rows_of(text, 1 + rng.below(4)), rows_of(text, 100)) << text;
  }
}

}  // namespace
}  // namespace gradflow

#include <gradflow/data/csv_table.hpp>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// All of it, or up to where a NUL shows that it is no text: a device may have no end.
std::vector<char> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) throw_system_error(path, "cannot read");
  std::vector<char> bytes;
  std::size_t used = 0;
  do {
    bytes.resize(2 * used + (1 << 16));
    used += std::fread(bytes.data() + used, 1, bytes.size() - used, file.get());
  } while (used == bytes.size() && !std::memchr(bytes.data(), 0, used));
  if (std::ferror(file.get())) throw_system_error(path, "cannot read");
  bytes.resize(used);
  return bytes;
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Takes the text apart, field by field. What is in quotes is unescaped where it stands.
class Scanner {
 public:
  Scanner(const std::string& path, std::vector<char>& text, char separator)
      : path_(path), at_(text.data()), end_(text.data() + text.size()), separator_(separator) {
    if (std::string_view(at_, text.size()).starts_with("\xef\xbb\xbf")) at_ += 3;
  }

  bool at_end() const { return at_ == end_; }
  std::size_t line() const { return line_; }

  /// Whether the line has nothing on it; if so, goes past it.
  bool skip_blank_line() {
    if (!is_line_end(*at_)) return false;
    end_row();
    return true;
  }

  /// The fields of a row.
  void row(std::vector<std::string_view>& fields) {
    for (column_ = 0;; ++column_, ++at_) {
      fields.push_back(field());
      if (at_end() || is_line_end(*at_)) return end_row();
    }
  }

 private:
  bool in_field() const { return at_ != end_ && *at_ != separator_ && !is_line_end(*at_); }
  bool on_blank() const { return in_field() && (*at_ == ' ' || *at_ == '\t'); }

  std::string_view field() {
    while (on_blank()) ++at_;
    return in_field() && *at_ == '"' ? quoted_field() : plain_field();
  }

  std::string_view plain_field() {
    const char* const first = at_;
    const char* last = at_;
    for (; in_field(); ++at_) {
      check_byte();
      if (*at_ == '"') fail("a quote inside a field", "none", "put the whole field in quotes and double its own");
      if (!on_blank()) last = at_ + 1;
    }
    return {first, static_cast<std::size_t>(last - first)};
  }

  std::string_view quoted_field() {
    const std::size_t opened = line_;
    const char* const first = ++at_;
    char* last = at_;
    while (at_ != end_ && (*at_ != '"' || next_is('"'))) {
      check_byte();
      if (*at_ == '"') ++at_;
      if (ends_line()) ++line_;
      *last++ = *at_++;
    }
    if (at_end()) {
      line_ = opened;
      fail("a quote that is never closed", "its end");
    }
    ++at_;
    while (on_blank()) ++at_;
    if (in_field()) fail(in_quotes({at_, 1}) + " after the closing quote", "the end of the field");
    return {first, static_cast<std::size_t>(last - first)};
  }

  bool next_is(char c) const { return at_ + 1 != end_ && at_[1] == c; }
  bool ends_line() const { return *at_ == '\n' || (*at_ == '\r' && !next_is('\n')); }

  void end_row() {
    if (at_end()) return;
    at_ += *at_ == '\r' && next_is('\n') ? 2 : 1;
    ++line_;
  }

  void check_byte() const {
    if (*at_ == '\0') fail("a NUL byte", "text", "is this a CSV file, in UTF-8?");
  }

  [[noreturn]] void fail(const std::string& got, const std::string& expected, const std::string& hint = {}) const {
    throw FormatError({path_ + ":" + std::to_string(line_), "column " + std::to_string(column_), got, expected, hint});
  }

  const std::string& path_;
  char* at_;
  char* end_;
  char separator_;
  std::size_t line_ = 1, column_ = 0;
};

char checked(char separator) {
  if (separator != '"' && separator != '\0' && !is_line_end(separator)) return separator;
  throw ValueError({"csv", "separator", "a quote, a line end or NUL", "a character such as ',' or ';'", {}});
}

}  // namespace

CsvTable::CsvTable(const std::string& path, char separator) : path_(path), text_(read_file(path)) {
  Scanner scanner(path_, text_, checked(separator));
  std::size_t blank_line = 0;
  while (!scanner.at_end()) {
    const std::size_t line = scanner.line();
    if (scanner.skip_blank_line()) {
      if (blank_line == 0) blank_line = line;
      continue;
    }
    if (blank_line != 0) throw FormatError({place_of(blank_line), {}, "a blank line", "none before the end", {}});
    const std::size_t before = fields_.size();
    scanner.row(fields_);
    lines_.push_back(line);
    require_even_row(fields_.size() - before);
  }
  if (lines_.empty()) throw FormatError({path, {}, "an empty file", "rows of numbers and a label", {}});
}

void CsvTable::require_even_row(std::size_t fields) {
  if (rows() == 1) columns_ = fields;
  if (fields != columns_)
    throw FormatError({place(rows() - 1), "columns", std::to_string(fields), std::to_string(columns_), {}});
}

std::string CsvTable::place(std::size_t row) const { return place_of(lines_[row]); }

std::string CsvTable::place_of(std::size_t line) const { return path_ + ":" + std::to_string(line); }

}  // namespace gradflow

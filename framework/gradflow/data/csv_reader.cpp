#include <gradflow/data/csv_reader.hpp>

#include <cstring>
#include <memory>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>

namespace gradflow {
namespace {

constexpr std::size_t piece = 1 << 16;  // initial buffer size in bytes; the buffer grows for longer rows

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

char checked(char separator) {
  if (separator != '"' && separator != '\0' && !is_line_end(separator)) return separator;
  throw ValueError({"csv", "separator", "a quote, a line end or NUL", "a character such as ',' or ';'", {}});
}

}  // namespace

CsvReader::CsvReader(std::string name, char separator, ReadBytes read)
    : name_(std::move(name)), separator_(checked(separator)), read_(std::move(read)), text_(piece) {}

CsvReader::CsvReader(const std::string& path, char separator)
    : CsvReader(path, separator,
                [file = std::make_shared<InputFile>(path)](std::span<char> into) { return file->read(into); }) {}

bool CsvReader::next() {
  if (!begun_) skip_byte_order_mark();
  begun_ = true;
  if (!find_row()) return false;
  row_line_ = line_;
  fields_.clear();
  for (fields_.push_back(field()); !at_end() && !is_line_end(text_[at_]); fields_.push_back(field())) ++at_;
  end_row();
  if (columns_ == 0) columns_ = fields_.size();
  if (fields_.size() != columns_)
    throw FormatError({place(), "columns", std::to_string(fields_.size()), std::to_string(columns_), {}});
  row_.clear();
  for (const Field& f : fields_) row_.emplace_back(text_.data() + begin_ + f.begin, f.size);
  return true;
}

std::string CsvReader::place() const { return place_of(row_line_); }

std::string CsvReader::place_of(std::size_t line) const { return name_ + ":" + std::to_string(line); }

/// Reads more text, and moves the current row to the front of the buffer. Offsets that count from begin_ stay valid.
/// Returns false at the end of the input.
bool CsvReader::fill() {
  if (all_read_) return false;
  std::memmove(text_.data(), text_.data() + begin_, end_ - begin_);
  at_ -= begin_;
  end_ -= begin_;
  begin_ = 0;
  if (end_ == text_.size()) text_.resize(2 * text_.size());
  const std::size_t size = read_(std::span(text_).subspan(end_));
  all_read_ = size == 0;
  end_ += size;
  return !all_read_;
}

void CsvReader::skip_byte_order_mark() {
  for (const char byte : {'\xef', '\xbb', '\xbf'}) {
    if (at_end() || text_[at_] != byte) {
      at_ = 0;
      return;
    }
    ++at_;
  }
}

/// Moves to the first byte of the next row. Returns false if there is no further row.
bool CsvReader::find_row() {
  std::size_t blank_line = 0;
  for (;;) {
    begin_ = at_;
    if (at_end()) return false;
    if (!is_line_end(text_[at_])) break;
    if (text_[at_] == '\n' && std::exchange(after_return_, false)) {
      ++at_;
      continue;
    }
    if (blank_line == 0) blank_line = line_;
    end_row();
  }
  if (blank_line != 0)
    throw FormatError({place_of(blank_line), {}, "a blank line", "a row or the end of the file", {}});
  return true;
}

/// Does not read the byte after a CR: if the input is a pipe, this read could wait for a long time.
void CsvReader::end_row() {
  if (at_end()) return;
  after_return_ = text_[at_] == '\r';
  ++at_;
  ++line_;
}

bool CsvReader::in_field() { return !at_end() && text_[at_] != separator_ && !is_line_end(text_[at_]); }

void CsvReader::skip_blanks() {
  while (in_field() && is_blank(text_[at_])) ++at_;
}

CsvReader::Field CsvReader::field() {
  skip_blanks();
  return in_field() && text_[at_] == '"' ? quoted_field() : plain_field();
}

CsvReader::Field CsvReader::plain_field() {
  const std::size_t begin = at_ - begin_;
  for (; in_field(); ++at_) {
    check_byte();
    if (text_[at_] == '"')
      fail("a quote inside a field", "none", "put the whole field in quotes, and write each quote inside it twice");
  }
  std::size_t size = at_ - begin_ - begin;
  while (size > 0 && is_blank(text_[begin_ + begin + size - 1])) --size;
  return {begin, size};
}

/// Replaces doubled quotes by single ones in the buffer itself.
CsvReader::Field CsvReader::quoted_field() {
  const std::size_t opened = line_;
  ++at_;
  Field field{at_ - begin_, 0};
  for (char before = '\0';; ++at_) {
    if (at_end()) {
      line_ = opened;
      fail("a quote that is never closed", "a closing quote");
    }
    check_byte();
    if (text_[at_] == '"') {
      ++at_;
      if (at_end() || text_[at_] != '"') break;
    }
    const char c = text_[at_];
    if (c == '\r' || (c == '\n' && before != '\r')) ++line_;
    text_[begin_ + field.begin + field.size++] = before = c;
  }
  skip_blanks();
  if (in_field()) fail(in_quotes({&text_[at_], 1}) + " after the closing quote", "the end of the field");
  return field;
}

void CsvReader::check_byte() const {
  if (text_[at_] == '\0') fail("a NUL byte", "text", "is this a CSV file, in UTF-8?");
}

void CsvReader::fail(const std::string& got, const std::string& expected, const std::string& hint) const {
  throw FormatError({place_of(line_), "column " + std::to_string(fields_.size()), got, expected, hint});
}

}  // namespace gradflow

#pragma once
// Splits the text of a CSV file into rows and fields. The fields are texts; their meaning is not checked here.
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// Reads the next bytes of the input into the front of the span, which is not empty. Returns the number of bytes that
/// were read; 0: the end of the input.
using ReadBytes = std::function<std::size_t(std::span<char>)>;

/// Reads CSV as in RFC 4180: fields in quotes may contain separators, line ends and doubled quotes. Also accepts LF,
/// CRLF or CR as line end, a UTF-8 byte order mark, blank lines at the end, a last row without line end, and blanks
/// around a field (the blanks are dropped). Keeps only the current row and the bytes that were read together with it.
/// Returns a row as soon as the byte that ends it has been read.
class CsvReader {
 public:
  /// name: the input's name in error messages. read: may throw; is not called again after it has returned 0. Throws
  /// ValueError if the separator is a quote, a line end or NUL.
  CsvReader(std::string name, char separator, ReadBytes read);
  /// Opens a file. Throws std::system_error if the file cannot be opened.
  CsvReader(const std::string& path, char separator);
  CsvReader(const CsvReader&) = delete;  // the fields point into the text
  CsvReader& operator=(const CsvReader&) = delete;

  /// Moves to the next row; returns false if there is none. Throws FormatError, with name and line, if the number of
  /// fields is not that of the first row, if a quote is misplaced, if the row contains a NUL byte, or if a blank line
  /// stands between two rows. Throws std::system_error if the file cannot be read.
  bool next();

  /// Returns the fields of the row, valid until the next call of next().
  const std::vector<std::string_view>& row() const { return row_; }
  std::size_t line() const { return row_line_; }     ///< line in which the row begins, counted from 1
  std::string place() const;                         ///< "iris.csv:17"
  const std::string& name() const { return name_; }  ///< the name given, or the path

 private:
  struct Field {
    std::size_t begin, size;  ///< begin counts from the first byte of the row
  };

  bool at_end() { return at_ == end_ && !fill(); }
  bool fill();
  bool find_row();
  void skip_byte_order_mark();
  void end_row();
  bool in_field();
  void skip_blanks();
  Field field();
  Field plain_field();
  Field quoted_field();
  void check_byte() const;
  std::string place_of(std::size_t line) const;
  [[noreturn]] void fail(const std::string& got, const std::string& expected, const std::string& hint = {}) const;

  std::string name_;
  char separator_;
  ReadBytes read_;
  std::vector<char> text_;                    ///< the buffer; its first end_ bytes are text that was read
  std::size_t begin_ = 0, at_ = 0, end_ = 0;  ///< positions in text_: row begin, next byte, end of the text read
  bool begun_ = false, all_read_ = false;
  bool after_return_ = false;            ///< the last line ended with CR: an LF that follows belongs to that line end
  std::size_t line_ = 1, row_line_ = 0;  ///< line of text_[at_]; line in which the row begins
  std::size_t columns_ = 0;              ///< fields in a row; 0: before the first row
  std::vector<Field> fields_;
  std::vector<std::string_view> row_;
};

}  // namespace gradflow

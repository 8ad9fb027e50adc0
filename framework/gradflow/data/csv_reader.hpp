#pragma once
// The text of a CSV file, row by row, before anybody asks what its fields mean.
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// Fills a part of the span, which has room, with what comes next, and returns how many bytes that is; 0: the end.
using ReadBytes = std::function<std::size_t(std::span<char>)>;

/// RFC 4180: fields in quotes may hold separators, line ends and doubled quotes. Also taken: LF, CRLF or CR, a UTF-8
/// byte order mark, blank lines at the end, no line end after the last row, blanks around a field (they are dropped).
/// Holds one row at a time and what was read together with it; a row is there as soon as the byte that ends it.
class CsvReader {
 public:
  /// name: what errors call it; read may throw, and is not called again after the end. Throws ValueError for a
  /// separator that cannot be one.
  CsvReader(std::string name, char separator, ReadBytes read);
  /// Reads a file. Throws std::system_error where it cannot be read.
  CsvReader(const std::string& path, char separator);
  CsvReader(const CsvReader&) = delete;  // the fields point into the text
  CsvReader& operator=(const CsvReader&) = delete;

  /// Continues to the next row; false where there is none. Throws FormatError, with name and line, for a row that has
  /// not as many fields as the first, a quote out of place, a blank line between rows, a byte that no text has.
  bool next();

  /// The fields of the row, until next() is called again.
  const std::vector<std::string_view>& row() const { return row_; }
  std::size_t line() const { return row_line_; }     ///< in which the row begins, counted from 1
  std::string place() const;                         ///< "iris.csv:17"
  const std::string& name() const { return name_; }  ///< the name given, or the path

 private:
  struct Field {
    std::size_t begin, size;  ///< begin counts from the row's
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
  std::vector<char> text_;                    ///< [.. end_]: what was read, from the row on or from before it
  std::size_t begin_ = 0, at_ = 0, end_ = 0;  ///< of the row; of what is next; of what was read
  bool begun_ = false, all_read_ = false;
  bool after_return_ = false;            ///< a line has ended by CR: an LF is a part of its end
  std::size_t line_ = 1, row_line_ = 0;  ///< at at_; at begin_
  std::size_t columns_ = 0;              ///< 0: before the first row
  std::vector<Field> fields_;
  std::vector<std::string_view> row_;
};

}  // namespace gradflow

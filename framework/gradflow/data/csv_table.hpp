#pragma once
// The text of a CSV file as a table of fields, before anybody asks what they mean.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// RFC 4180: fields in quotes may hold separators, line ends and doubled quotes. Also taken: LF, CRLF or CR, a UTF-8
/// byte order mark, blank lines at the end, no line end after the last row, blanks around a field (they are dropped).
class CsvTable {
 public:
  /// Throws std::system_error where the file cannot be read; FormatError, with file and line, for an empty file, ragged
  /// rows, a quote out of place, a byte that no text has.
  CsvTable(const std::string& path, char separator);
  CsvTable(const CsvTable&) = delete;  // the fields point into the text
  CsvTable& operator=(const CsvTable&) = delete;

  std::size_t rows() const { return lines_.size(); }
  std::size_t columns() const { return columns_; }
  std::string_view field(std::size_t row, std::size_t column) const { return fields_[row * columns_ + column]; }

  /// "iris.csv:17": where row 0 begins is line 1.
  std::string place(std::size_t row) const;

 private:
  void require_even_row(std::size_t fields);
  std::string place_of(std::size_t line) const;

  std::string path_;
  std::vector<char> text_;
  std::vector<std::string_view> fields_;  ///< [rows * columns]
  std::vector<std::size_t> lines_;        ///< [rows]: the line each begins in, counted from 1
  std::size_t columns_ = 0;
};

}  // namespace gradflow

#pragma once
// Reads a whole CSV file into a table of fields. The fields are texts; their meaning is not checked here.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// A table of texts. CsvReader describes the accepted syntax.
class CsvTable {
 public:
  /// Reads the file. Throws what CsvReader throws, and FormatError if the file is empty.
  CsvTable(const std::string& path, char separator);

  std::size_t rows() const { return lines_.size(); }  ///< at least 1; a header counts as a row
  std::size_t columns() const { return columns_; }    ///< number of fields in each row, at least 1
  /// Returns a field without its quotes; valid as long as the table exists. Both indices begin with 0 and are not
  /// checked.
  std::string_view field(std::size_t row, std::size_t column) const {
    const std::size_t index = row * columns_ + column;
    return std::string_view(text_).substr(ends_[index], ends_[index + 1] - ends_[index]);
  }

  /// Returns the file and the line in which the row begins, counted from 1: "iris.csv:17".
  std::string place(std::size_t row) const;

 private:
  std::string path_;
  std::string text_;                ///< the texts of all fields, one after the other
  std::vector<std::size_t> ends_;   ///< [rows * columns + 1]: 0, then the end of each field in text_
  std::vector<std::size_t> lines_;  ///< [rows]: the line in which each row begins, counted from 1
  std::size_t columns_ = 0;
};

}  // namespace gradflow

#pragma once
// All of a CSV file as a table of fields, before anybody asks what they mean.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// See CsvReader for what a file may look like.
class CsvTable {
 public:
  /// Throws as CsvReader does, and FormatError for an empty file.
  CsvTable(const std::string& path, char separator);

  std::size_t rows() const { return lines_.size(); }  ///< at least 1; a header is one, too
  std::size_t columns() const { return columns_; }    ///< fields of each row, at least 1
  /// A field without its quotes, row and column counted from 0 and not checked. It lives as long as the table.
  std::string_view field(std::size_t row, std::size_t column) const {
    const std::size_t index = row * columns_ + column;
    return std::string_view(text_).substr(ends_[index], ends_[index + 1] - ends_[index]);
  }

  /// "iris.csv:17": where row 0 begins is line 1.
  std::string place(std::size_t row) const;

 private:
  std::string path_;
  std::string text_;                ///< of all fields, one after the other
  std::vector<std::size_t> ends_;   ///< [rows * columns + 1]: where in it each ends, the first of them 0
  std::vector<std::size_t> lines_;  ///< [rows]: the line each begins in, counted from 1
  std::size_t columns_ = 0;
};

}  // namespace gradflow

#include <gradflow/data/csv_table.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/csv_reader.hpp>

namespace gradflow {

CsvTable::CsvTable(const std::string& path, char separator) : path_(path), ends_{0} {
  CsvReader reader(path, separator);
  while (reader.next()) {
    lines_.push_back(reader.line());
    columns_ = reader.row().size();
    for (const std::string_view field : reader.row()) {
      text_ += field;
      ends_.push_back(text_.size());
    }
  }
  if (lines_.empty()) throw FormatError({path, {}, "an empty file", "rows of numbers and a label", {}});
}

std::string CsvTable::place(std::size_t row) const { return path_ + ":" + std::to_string(lines_[row]); }

}  // namespace gradflow

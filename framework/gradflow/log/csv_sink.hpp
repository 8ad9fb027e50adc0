#pragma once
#include <string>
#include <vector>

#include <gradflow/log/csv_rows.hpp>
#include <gradflow/log/file_sink.hpp>

namespace gradflow {

/// Which columns a CsvSink adds to each row, and whether it appends to an existing file.
struct CsvSinkOptions {
  std::vector<CsvColumn> columns = {};  ///< same text in every row: {{"activation", "relu"}, {"seed", "1"}}
  bool append = false;                  ///< true: keep the content of the file, for a resumed run
};

/// Writes a CSV file with one number in each row. Its columns are options.columns, then step,layer,quantity,value.
class CsvSink final : public FileSink {
 public:
  /// Opens the file. Throws std::system_error, with path and errno, if the file cannot be written.
  explicit CsvSink(std::string path, CsvSinkOptions options = {});

 private:
  void append(std::string& out, const Record& record) const override;

  std::vector<CsvColumn> columns_;
};

}  // namespace gradflow

#pragma once
#include <string>
#include <vector>

#include <gradflow/log/csv_rows.hpp>
#include <gradflow/log/file_sink.hpp>

namespace gradflow {

/// What a CsvSink adds to each row, and whether it continues its file.
struct CsvSinkOptions {
  std::vector<CsvColumn> columns = {};  ///< the same in every row: {{"activation", "relu"}, {"seed", "1"}}
  bool append = false;                  ///< keep what the file has: for a resumed run
};

/// A table with one number in each row: step,layer,quantity,value, after the columns of the options.
class CsvSink final : public FileSink {
 public:
  /// Throws std::system_error with path and errno.
  explicit CsvSink(std::string path, CsvSinkOptions options = {});

 private:
  void append(std::string& out, const Record& record) const override;

  std::vector<CsvColumn> columns_;
};

}  // namespace gradflow

#include <gradflow/log/csv_sink.hpp>

#include <string>
#include <utility>

namespace gradflow {

CsvSink::CsvSink(std::string path, CsvSinkOptions options)
    : FileSink(std::move(path), csv_header(options.columns), options.append), columns_(std::move(options.columns)) {}

void CsvSink::append(std::string& out, const Record& record) const { append_csv(out, columns_, record); }

}  // namespace gradflow

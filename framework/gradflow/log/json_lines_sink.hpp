#pragma once
#include <string>
#include <utility>

#include <gradflow/log/file_sink.hpp>
#include <gradflow/log/json.hpp>

namespace gradflow {

/// Whether a JsonLinesSink appends to an existing file.
struct JsonLinesSinkOptions {
  bool append = false;  ///< true: keep the content of the file, for a resumed run
};

/// Writes one JSON object per line, in the form of json_record(). Numbers that are not finite become null.
class JsonLinesSink final : public FileSink {
 public:
  /// Opens the file. Throws std::system_error, with path and errno, if the file cannot be written.
  explicit JsonLinesSink(std::string path, JsonLinesSinkOptions options = {})
      : FileSink(std::move(path), {}, options.append) {}

 private:
  void append(std::string& out, const Record& record) const override { out += json_record(record) + "\n"; }
};

}  // namespace gradflow

#pragma once
#include <string>
#include <utility>

#include <gradflow/log/file_sink.hpp>
#include <gradflow/log/json.hpp>

namespace gradflow {

/// Whether a JsonLinesSink continues its file.
struct JsonLinesSinkOptions {
  bool append = false;  ///< keep what the file has: for a resumed run
};

/// One JSON object a line, as json_record() writes it; a number that is not finite is null.
class JsonLinesSink final : public FileSink {
 public:
  /// Throws std::system_error with path and errno.
  explicit JsonLinesSink(std::string path, JsonLinesSinkOptions options = {})
      : FileSink(std::move(path), {}, options.append) {}

 private:
  void append(std::string& out, const Record& record) const override { out += json_record(record) + "\n"; }
};

}  // namespace gradflow

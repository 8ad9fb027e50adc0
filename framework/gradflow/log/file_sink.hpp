#pragma once
// What the sinks that write a file have in common.
#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Hands each write() to the system at once, so that a run that is killed keeps what it logged. Where that fails, it
/// says so once on stderr, with path and errno, takes back what was half written, and drops what follows. For a run
/// that is resumed it can continue with the file, and then has the same bytes as if the run had never stopped.
class FileSink : public Sink {
 public:
  ~FileSink() override;
  /// True once something could not be written.
  bool failed() const { return failed_; }

 protected:
  /// Makes the file, or empties it unless it continues, and writes the first lines where it is empty. Throws
  /// std::system_error with path and errno.
  explicit FileSink(std::string path, std::string_view first_lines = {}, bool go_on = false);

 private:
  void write_records(std::span<const Record> records) final;
  /// The file's size: what a resumed run finds beyond it is removed. Throws FormatError where there is
  /// less.
  void visit_written(StateVisitor& state) override;
  virtual void append(std::string& out, const Record& record) const = 0;
  /// False, and errno, where there is no memory for it.
  bool fill_buffer(std::span<const Record> records);
  void report_failure();

  std::string path_, buffer_;
  int descriptor_;
  std::size_t size_ = 0;  // of the file, up to the last write that succeeded
  std::atomic<bool> failed_ = false;
};

}  // namespace gradflow

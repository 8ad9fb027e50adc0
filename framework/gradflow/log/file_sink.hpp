#pragma once
// The base class of all sinks that write a file.
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Passes the text of each write() to the system immediately, so that a killed run keeps everything that it logged. If
/// a write fails, the sink reports this once on stderr, with path and the text of errno, removes the partly written
/// text, and drops all later records. A resumed run can append to the file, which then has the same bytes as if the run
/// had never stopped.
class FileSink : public Sink {
 public:
  ~FileSink() override;
  /// Returns whether a write has failed.
  bool failed() const;

 protected:
  /// Creates the file if it is missing. Empties it unless keep is true. Writes first_lines if the file is then empty.
  /// Throws std::system_error, with path and errno, if this fails.
  explicit FileSink(std::string path, std::string_view first_lines = {}, bool keep = false);

 private:
  void write_records(std::span<const Record> records) final;
  /// Saves or loads the size of the file. When a run is resumed, everything beyond the saved size is removed from the
  /// file. Throws FormatError if the file is shorter than the saved size.
  void visit_written(StateVisitor& state) override;
  /// Appends the text of a record to `out`.
  virtual void append(std::string& out, const Record& record) const = 0;

  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace gradflow

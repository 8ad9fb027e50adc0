#pragma once
// What the sinks that write a file have in common.
#include <memory>
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
  bool failed() const;

 protected:
  /// Makes the file, or empties it unless keep is true, and writes the first lines where it is empty. Throws
  /// std::system_error with path and errno.
  explicit FileSink(std::string path, std::string_view first_lines = {}, bool keep = false);

 private:
  void write_records(std::span<const Record> records) final;
  /// The file's size: what a resumed run finds beyond it is removed. Throws FormatError where there is
  /// less.
  void visit_written(StateVisitor& state) override;
  virtual void append(std::string& out, const Record& record) const = 0;

  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace gradflow

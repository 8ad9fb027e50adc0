#include <gradflow/log/file_sink.hpp>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <gradflow/base/append_file.hpp>
#include <gradflow/base/errors.hpp>

namespace gradflow {

struct FileSink::File {
  void report_failure() {
    failed = true;
    std::fprintf(stderr, "%s: cannot write: %s; later records are dropped\n", file.path().c_str(),
                 std::strerror(errno));
  }

  AppendFile file;
  std::string hint;  // how to resume a run whose file was emptied
  std::string buffer = {};
  std::atomic<bool> failed = false;
};

FileSink::FileSink(std::string path, std::string_view first_lines, bool keep)
    : file_(new File{.file{std::move(path), keep},
                     .hint = keep ? "" : "set append = true to keep the content of the file"}) {
  AppendFile& file = file_->file;
  if (file.size() == 0 && !file.append(first_lines)) throw_system_error(file.path(), "cannot write");
}

FileSink::~FileSink() {
  if (!file_->file.close() && !file_->failed) file_->report_failure();
}

bool FileSink::failed() const { return file_->failed; }

void FileSink::write_records(std::span<const Record> records) {
  if (file_->failed) return;
  std::string& buffer = file_->buffer;
  bool written = false;
  try {
    buffer.clear();
    for (const Record& record : records) append(buffer, record);
    written = file_->file.append(buffer);
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
  }
  if (!written) file_->report_failure();
}

void FileSink::visit_written(StateVisitor& state) { file_->file.visit_state(state, 0, file_->hint); }

}  // namespace gradflow

#include <gradflow/log/file_sink.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>

namespace gradflow {
FileSink::FileSink(std::string path, std::string_view first_lines, bool go_on)
    : path_(std::move(path)),
      descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | (go_on ? 0 : O_TRUNC) | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw_system_error(path_, "cannot write");
  size_ = static_cast<std::size_t>(std::max(off_t{0}, lseek(descriptor_, 0, SEEK_END)));
  if (size_ > 0) return;
  size_ = first_lines.size();
  if (detail::write_all(descriptor_, first_lines)) return;
  const int code = errno;
  close(descriptor_);
  errno = code;
  throw_system_error(path_, "cannot write");
}

FileSink::~FileSink() {
  if (close(descriptor_) != 0 && !failed_) report_failure();
}

void FileSink::write_records(std::span<const Record> records) {
  if (failed_) return;
  if (fill_buffer(records) && detail::write_all(descriptor_, buffer_)) {
    size_ += buffer_.size();
    return;
  }
  report_failure();
  [[maybe_unused]] const int not_a_file = ftruncate(descriptor_, static_cast<off_t>(size_));
}

void FileSink::visit_written(StateVisitor& state) {
  std::size_t size = size_;
  state.number("size", size);
  state.before_keeping(detail::sync_job(descriptor_, path_));
  if (!state.loading()) return;
  if (size > size_)
    throw FormatError({path_,
                       {},
                       std::to_string(size_) + " bytes",
                       "at least " + std::to_string(size),
                       "go_on = true keeps what the file has"});
  if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0 || lseek(descriptor_, 0, SEEK_END) < 0)
    throw_system_error(path_, "cannot continue it");
  size_ = size;
}

bool FileSink::fill_buffer(std::span<const Record> records) {
  try {
    buffer_.clear();
    for (const Record& record : records) append(buffer_, record);
    return true;
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return false;
  }
}

void FileSink::report_failure() {
  failed_ = true;
  std::fprintf(stderr, "%s: cannot write: %s; what follows is dropped\n", path_.c_str(), std::strerror(errno));
}

}  // namespace gradflow

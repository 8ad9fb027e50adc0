#include <gradflow/log/file_sink.hpp>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>

namespace gradflow {

FileSink::FileSink(std::string path, std::string_view first_lines)
    : path_(std::move(path)),
      descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)),
      size_(first_lines.size()) {
  if (descriptor_ < 0) throw_system_error(path_, "cannot write");
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
  buffer_.clear();
  for (const Record& record : records) append(buffer_, record);
  if (detail::write_all(descriptor_, buffer_)) {
    size_ += buffer_.size();
    return;
  }
  report_failure();
  [[maybe_unused]] const int not_a_file = ftruncate(descriptor_, static_cast<off_t>(size_));
}

void FileSink::report_failure() {
  failed_ = true;
  std::fprintf(stderr, "%s: cannot write: %s; what follows is dropped\n", path_.c_str(),
               std::generic_category().message(errno).c_str());
}

}  // namespace gradflow

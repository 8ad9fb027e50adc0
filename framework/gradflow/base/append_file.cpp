#include <gradflow/base/append_file.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>

namespace gradflow {

AppendFile::AppendFile(std::string path, bool keep)
    : AppendFile(path, open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (keep ? 0 : O_TRUNC), 0666)) {}

AppendFile::AppendFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {
  if (descriptor_ < 0) throw_system_error(path_, "cannot write");
  size_ = static_cast<std::size_t>(std::max(off_t{0}, lseek(descriptor_, 0, SEEK_END)));  // a pipe has no size: 0
}

AppendFile::~AppendFile() { close(); }

bool AppendFile::append(std::string_view text) {
  if (torn_ && !cut(size_)) return false;
  if (detail::write_all(descriptor_, text)) {
    size_ += text.size();
    return true;
  }
  const int code = errno;
  torn_ = !cut(size_);
  errno = code;
  return false;
}

bool AppendFile::cut(std::size_t size) {
  if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return false;
  size_ = size;
  torn_ = false;
  return true;
}

bool AppendFile::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  return descriptor < 0 || ::close(descriptor) == 0;
}

void AppendFile::visit_state(StateVisitor& state, int error, std::string hint) {
  std::size_t size = size_;
  state.number("size", size);
  state.before_keeping(detail::sync_job(descriptor_, path_, error));
  if (!state.loading()) return;
  if (size > size_)
    throw FormatError(
        {path_, {}, std::to_string(size_) + " bytes", "at least " + std::to_string(size), std::move(hint)});
  if (!cut(size)) throw_system_error(path_, "cannot cut the file back to its saved size");
}

}  // namespace gradflow

#include <gradflow/base/file.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

namespace fs = std::filesystem;

constexpr const char* unfinished = ".new-";

/// Returns the path of a new file in the same folder. No other thread or process uses this path.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter = 0;
  return path + unfinished + std::to_string(getpid()) + "-" + std::to_string(counter++);
}

/// A new file that replaces the file at the path when it is complete. The destructor removes an incomplete one.
class Replacement {
 public:
  Replacement(const std::string& path, const std::string& shown)
      : path_(path),
        shown_(shown),
        temporary_(temporary_name(path)),
        descriptor_(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    require(descriptor_ >= 0);
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!complete_) unlink(temporary_.c_str());
  }

  void write(std::string_view content) { require(detail::write_all(descriptor_, content)); }

  void take_place() {
    require(fsync(descriptor_) == 0);
    const int descriptor = descriptor_;
    descriptor_ = -1;
    require(close(descriptor) == 0);
    require(std::rename(temporary_.c_str(), path_.c_str()) == 0);
    complete_ = true;
    keep_name();
  }

 private:
  void require(bool success) const {
    if (!success) throw_system_error(shown_, "cannot write");
  }

  /// Syncs the folder, so that the new file name survives a power failure. Throws if that fails, unless the system
  /// cannot open or sync folders.
  void keep_name() const {
    const std::string folder = fs::path(path_).parent_path().string();
    const int opened = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return;
    const bool kept = fsync(opened) == 0 || errno == EINVAL || errno == ENOTSUP;
    const int code = errno;
    close(opened);
    errno = code;
    require(kept);
  }

  std::string path_, shown_, temporary_;
  int descriptor_;
  bool complete_ = false;
};

void remove_unfinished(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().filename().string().find(unfinished) != std::string::npos) fs::remove(entry->path(), error);
}

/// Returns the path with links resolved. Throws if it leads to a folder or a device: a rename would turn /dev/null into
/// a regular file.
std::string replaceable(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  if (error) return path;
  const fs::file_status status = fs::status(target, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    errno = fs::is_directory(status) ? EISDIR : EINVAL;
    throw_system_error(path, "cannot write: it exists and is not a regular file");
  }
  return target.string();
}

}  // namespace

std::function<void()> detail::sync_job(int descriptor, std::string path, int error) {
  struct Duplicate {
    explicit Duplicate(int of) : descriptor(fcntl(of, F_DUPFD_CLOEXEC, 0)) {}
    Duplicate(const Duplicate&) = delete;
    Duplicate& operator=(const Duplicate&) = delete;
    ~Duplicate() { close(descriptor); }
    int descriptor;
  };
  return [file = std::make_shared<const Duplicate>(descriptor), path = std::move(path), error] {
    if (error != 0) errno = error;
    if (error != 0 || (fdatasync(file->descriptor) != 0 && errno != EINVAL))  // EINVAL: a device cannot be synced
      throw_system_error(path, "cannot write");
  };
}

bool detail::write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void write_file(const std::string& path, const std::function<void(const WriteText&)>& produce) {
  Replacement file(replaceable(path), path);
  produce([&](std::string_view text) { file.write(text); });
  file.take_place();
}

void write_file(const std::string& path, std::string_view content) {
  write_file(path, [content](const WriteText& write) { write(content); });
}

InputFile::InputFile(std::string path) : InputFile(path, open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw_system_error(name_, "cannot read");
}

InputFile::InputFile(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

InputFile::~InputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::size_t InputFile::read(std::span<char> into) {
  for (;;) {
    const ssize_t size = ::read(descriptor_, into.data(), into.size());
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) throw_system_error(name_, "cannot read");
  }
}

std::size_t InputFile::size() const {
  struct stat status;
  if (fstat(descriptor_, &status) != 0) throw_system_error(name_, "cannot read");
  if (!S_ISREG(status.st_mode)) throw FormatError({name_, {}, "a folder, a pipe or a device", "a regular file", {}});
  return static_cast<std::size_t>(status.st_size);
}

void InputFile::fill(std::span<std::byte> into) {
  std::span<char> rest(reinterpret_cast<char*>(into.data()), into.size());
  while (!rest.empty()) {
    const std::size_t size = read(rest);
    if (size == 0)
      throw FormatError({name_, {}, "a file that became shorter while it was read", "a file that does not change", {}});
    rest = rest.subspan(size);
  }
}

void make_folder(const std::string& path) {
  std::error_code error, ignored;
  fs::create_directories(path, error);
  if (fs::is_directory(path, ignored)) {
    if (::access(path.c_str(), W_OK | X_OK) != 0) throw_system_error(path, "cannot write into the folder");
    return;
  }
  errno = error ? error.value() : ENOTDIR;
  throw_system_error(path, errno == ENOTDIR ? "cannot make the folder: it, or a folder above it, is a file"
                                            : "cannot make the folder");
}

FolderLock::FolderLock(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw_system_error(path, "cannot open the folder");
  const bool locked = flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  if (locked) remove_unfinished(path);
  if (locked || errno != EWOULDBLOCK) return;  // not every file system supports locks
  close(descriptor_);
  errno = EBUSY;
  throw_system_error(path, "another run writes into this folder");
}

FolderLock::~FolderLock() { close(descriptor_); }

}  // namespace gradflow

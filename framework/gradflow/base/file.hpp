#pragma once
// Files that are written completely or not at all, and files that are read piece by piece.
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace gradflow {

/// Replaces a whole file. A reader of the path finds either the old file or all of the new content, also after a power
/// failure. When this function returns, the new content is on the disk. If the path is a link, the file that it points
/// to is replaced. Throws std::system_error with path and errno. The old file is then unchanged, with one exception: if
/// only the last step fails, the sync of the folder, the new file is already in place. Thread-safe.
void write_file(const std::string& path, std::string_view content);

/// Appends a piece of text to the file that write_file() writes.
using WriteText = std::function<void(std::string_view)>;

/// Replaces a whole file with content that comes in pieces: produce(write) calls write(text) for each piece. If produce
/// throws, the old file is unchanged.
void write_file(const std::string& path, const std::function<void(const WriteText&)>& produce);

/// Makes the folder and its missing parent folders, unless the folder exists. Throws std::system_error with path and
/// errno if that fails or if the folder is not writable.
void make_folder(const std::string& path);

/// Locks a folder: while the lock exists, no other writer in this or another process can lock the folder. The lock ends
/// with this object or with the process, even if the process is killed. The constructor removes the unfinished files
/// that a killed write_file() left in the folder. If the file system has no locks, the folder is not locked, and no
/// error is thrown.
class FolderLock {
 public:
  /// Throws std::system_error with path and errno. If another writer holds the lock, errno is EBUSY.
  explicit FolderLock(const std::string& path);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_;
};

/// A file that is open for reading.
class InputFile {
 public:
  /// Opens the file. Throws std::system_error with path and errno.
  explicit InputFile(std::string path);
  /// Takes over an open descriptor (0 is the standard input); the destructor closes it.
  InputFile(std::string name, int descriptor);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::string& name() const { return name_; }  ///< as given to the constructor; error texts begin with it
  int descriptor() const { return descriptor_; }     ///< open while this object exists

  /// Reads bytes into the span and returns their number: at least 1, or 0 at the end of the file. Waits until there is
  /// something to read. Throws std::system_error.
  std::size_t read(std::span<char> into);

  /// Returns the size of a regular file in bytes. Throws FormatError for a folder, a pipe or a device. Throws
  /// std::system_error.
  std::size_t size() const;
  /// Fills the whole span. For files whose size is known: throws FormatError if the file ends too early. Throws
  /// std::system_error.
  void fill(std::span<std::byte> into);

 private:
  std::string name_;
  int descriptor_;
};

namespace detail {

/// Returns a job for StateVisitor::before_keeping(). The job syncs the open file to the disk, even if the file has been
/// closed since. The job throws std::system_error with the path if the sync fails. It also throws if `error`, the errno
/// of an earlier failed write, is not 0.
std::function<void()> sync_job(int descriptor, std::string path, int error = 0);

/// Writes all of the content to an open file. Returns false, with errno, if the system refuses.
bool write_all(int descriptor, std::string_view content);

}  // namespace detail
}  // namespace gradflow

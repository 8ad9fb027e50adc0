#pragma once
// Files that are written whole or not at all; files that are read piece by piece.
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace gradflow {

/// Writes a whole file: whoever reads the path finds what was there before or all of the content, also after a power
/// failure; once this returns, the content. Where the path is a link, the file that it points to is replaced. Throws
/// std::system_error with path and errno; the old file, if there was one, is then untouched, unless the folder could
/// not be made to keep the new one. May be called from several threads.
void write_file(const std::string& path, std::string_view content);

/// Appends a piece of text to a file.
using WriteText = std::function<void(std::string_view)>;

/// The same for content that comes in pieces: produce(write) calls write(text) for each. If produce throws, the old
/// file is untouched.
void write_file(const std::string& path, const std::function<void(const WriteText&)>& produce);

/// Makes a folder and those above it, unless it exists. Throws std::system_error with path and errno, also where
/// nothing can be written into it.
void make_folder(const std::string& path);

/// A folder that is one writer's, of this process or another, until this object or the process ends, however that ends.
/// What a write_file() there has left that was killed is removed.
class FolderLock {
 public:
  /// Throws std::system_error with path and errno, EBUSY where another has it.
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
  /// Throws std::system_error.
  explicit InputFile(std::string path);
  /// One that was opened before: 0 is the standard input. It is closed with this object.
  InputFile(std::string name, int descriptor);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::string& name() const { return name_; }  ///< the path, or the name given; errors begin with it
  int descriptor() const { return descriptor_; }     ///< open as long as this object lives

  /// Fills a part of the span, at least a byte where there is one, and returns how many bytes that is; 0: the end.
  /// Waits for what is not there yet. Throws std::system_error.
  std::size_t read(std::span<char> into);

 private:
  std::string name_;
  int descriptor_;
};

namespace detail {

/// A job for StateVisitor::before_keeping(): what was written to an open file is on the disk then, also where the file
/// has been closed since. It throws std::system_error, naming path; also where error, an errno, is not 0.
std::function<void()> sync_job(int descriptor, std::string path, int error = 0);

/// Writes all of the content to an open file; false, with errno, where the system refuses.
bool write_all(int descriptor, std::string_view content);

}  // namespace detail
}  // namespace gradflow

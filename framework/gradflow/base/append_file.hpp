#pragma once
// A file that grows during a run. A resumed run cuts it back to the size in the checkpoint and then appends.
#include <cstddef>
#include <string>
#include <string_view>

#include <gradflow/base/state.hpp>

namespace gradflow {

/// A file to which pieces of text are appended. Not thread-safe.
class AppendFile {
 public:
  /// Opens the file for appending and creates it if it does not exist. Empties the file unless keep is true. Throws
  /// std::system_error with path and errno.
  AppendFile(std::string path, bool keep);
  /// Takes over a descriptor that was opened with O_APPEND; the destructor closes it. Throws std::system_error with
  /// path and errno if the descriptor is negative.
  AppendFile(std::string path, int descriptor);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  const std::string& path() const { return path_; }  ///< as given to the constructor; error texts begin with it
  int descriptor() const { return descriptor_; }     ///< -1 after close()
  /// The size of the file in bytes after the last append that succeeded.
  std::size_t size() const { return size_; }

  /// Writes the text to the file, unbuffered. Returns false, with errno, if that fails. A partly written text is then
  /// removed, immediately or before the next append.
  bool append(std::string_view text);
  /// Cuts the file to its first `size` bytes. Returns false, with errno, if the system refuses.
  bool cut(std::size_t size);
  /// Closes the file; a second call does nothing. Returns false, with errno, if the system reports only now that
  /// something was not written.
  bool close();

  /// Saves or loads the size. The file is synced to the disk before the saved state is written. Loading cuts the file
  /// back to the saved size. It throws FormatError, with the hint, if the file is shorter. error: the errno of an
  /// earlier failed write, or 0. If it is not 0, the state is not written.
  void visit_state(StateVisitor& state, int error = 0, std::string hint = {});

 private:
  std::string path_;
  int descriptor_;
  std::size_t size_ = 0;
  bool torn_ = false;  // true: a partly written text follows the first size_ bytes and could not be removed yet
};

}  // namespace gradflow

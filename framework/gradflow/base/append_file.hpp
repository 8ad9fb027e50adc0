#pragma once
// A file that grows with a run: a resumed run cuts it back to what its checkpoint knew, and continues.
#include <cstddef>
#include <string>
#include <string_view>

#include <gradflow/base/state.hpp>

namespace gradflow {

/// A file that pieces of text are appended to. Not for several threads at once.
class AppendFile {
 public:
  /// Makes the file or opens it, for writing; empties it unless keep is true. Throws std::system_error with path and
  /// errno.
  AppendFile(std::string path, bool keep);
  /// A file that was opened before, with O_APPEND; it is closed with this object. Throws std::system_error, naming path
  /// and errno, where the descriptor is negative.
  AppendFile(std::string path, int descriptor);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  const std::string& path() const { return path_; }  ///< as given; errors begin with it
  int descriptor() const { return descriptor_; }     ///< -1 after close()
  /// In bytes, up to the last append that succeeded.
  std::size_t size() const { return size_; }

  /// Hands the text to the system at once. False, with errno, where that fails: half a text is removed, now or before
  /// the next append.
  bool append(std::string_view text);
  /// Removes all beyond the first bytes. False, with errno, where the system refuses.
  bool cut(std::size_t size);
  /// Closes it, once. False, with errno, where the system only now says that something was not written.
  bool close();

  /// Saves or loads the size. Loading cuts the file back to the saved size, and throws FormatError, with the hint, if
  /// it is shorter. error: an errno that keeps the state from being kept, or 0.
  void visit_state(StateVisitor& state, int error = 0, std::string hint = {});

 private:
  std::string path_;
  int descriptor_;
  std::size_t size_ = 0;
  bool torn_ = false;  // beyond size_ is half a piece, which could not be removed yet
};

}  // namespace gradflow

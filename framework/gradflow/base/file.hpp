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

/// The same, of a content that comes in pieces: produce(write) calls write(text) for each.
using WriteText = std::function<void(std::string_view)>;
void write_file(const std::string& path, const std::function<void(const WriteText&)>& produce);

/// Makes a folder and those above it, unless it exists. Throws std::system_error with path and errno, also where
/// nothing can be written into it.
void make_folder(const std::string& path);

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

  const std::string& name() const { return name_; }
  int descriptor() const { return descriptor_; }

  /// Fills a part of the span, at least a byte where there is one, and returns how many bytes that is; 0: the end.
  /// Waits for what is not there yet. Throws std::system_error.
  std::size_t read(std::span<char> into);

 private:
  std::string name_;
  int descriptor_;
};

namespace detail {

/// Writes all of the content to an open file; false, with errno, where the system refuses.
bool write_all(int descriptor, std::string_view content);

}  // namespace detail
}  // namespace gradflow

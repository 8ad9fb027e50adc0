#pragma once
// Reads the bytes of a file, gzipped or plain. For the library's own use.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

struct gzFile_s;  // declared by zlib

namespace gradflow::detail {

class GzFile {
 public:
  /// Opens the file. Throws std::system_error if the file cannot be opened.
  explicit GzFile(const std::string& path);

  /// Returns the largest number of bytes that the content may have. Plain file: the file's size. Gzipped file: 200
  /// times the file's size, but at least 4 MiB; callers refuse more as a decompression bomb. Pipe or device: no limit.
  /// Call most() only after the first read().
  std::size_t most() const;
  bool is_gzipped() const;

  /// Returns the next n bytes, or fewer at the end of the file. Memory grows with the bytes that are read, not with n.
  /// Throws std::system_error if reading fails. Throws FormatError if the compressed data is damaged or ends too early.
  std::vector<unsigned char> read(std::size_t n);

 private:
  void require_no_error() const;

  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;
};

}  // namespace gradflow::detail

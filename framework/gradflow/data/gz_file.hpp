#pragma once
// Bytes of a file, gzipped or not. For the library's own use.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

struct gzFile_s;  // zlib's

namespace gradflow::detail {

class GzFile {
 public:
  /// Throws std::system_error where the file cannot be opened.
  explicit GzFile(const std::string& path);

  /// The most bytes that the content may have. A plain file: its size. A gzipped file: 200 times its size, at least 4
  /// MiB; more is refused as a bomb. No file on a disk: no limit. Call it after a first read().
  std::size_t most() const;
  bool is_gzipped() const;

  /// The next n bytes, or as many as there are: memory grows with what is read, not with what was asked for.
  /// Throws std::system_error where the system cannot read, FormatError where the compressed data are damaged.
  std::vector<unsigned char> read(std::size_t n);

 private:
  void require_no_error() const;

  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;
};

}  // namespace gradflow::detail

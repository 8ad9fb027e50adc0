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

  /// The next n bytes, or as many as there are: memory grows with what is read, not with what was asked for.
  /// Throws std::system_error where the system cannot read, FormatError where the compressed data are damaged.
  std::vector<unsigned char> read(std::size_t n);

 private:
  void require_no_error() const;

  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;
};

}  // namespace gradflow::detail

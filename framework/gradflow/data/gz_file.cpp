#include <gradflow/data/gz_file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include <zlib.h>

#include <gradflow/base/errors.hpp>

namespace gradflow::detail {

GzFile::GzFile(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb"), gzclose) {
  if (!file_) throw_system_error(path, "cannot read");
}

std::size_t GzFile::most() const {
  constexpr std::size_t times = 200, always = std::size_t(4) << 20, anything = std::numeric_limits<std::size_t>::max();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error)) return anything;
  const auto size = std::filesystem::file_size(path_, error);
  if (error) return anything;
  return is_gzipped() ? std::max(always, times * size) : size;
}

bool GzFile::is_gzipped() const { return gzdirect(file_.get()) == 0; }

std::vector<unsigned char> GzFile::read(std::size_t n) {
  constexpr std::size_t chunk = 1 << 20;
  std::vector<unsigned char> bytes;
  while (bytes.size() < n) {
    const std::size_t before = bytes.size(), wanted = std::min(n - before, chunk);
    bytes.resize(before + wanted);
    errno = 0;
    const int got = gzread(file_.get(), bytes.data() + before, static_cast<unsigned>(wanted));
    bytes.resize(before + static_cast<std::size_t>(std::max(got, 0)));
    require_no_error();
    if (got <= 0) break;
  }
  return bytes;
}

void GzFile::require_no_error() const {
  int code = Z_OK;
  gzerror(file_.get(), &code);
  if (code == Z_OK || code == Z_STREAM_END) return;
  if (code == Z_ERRNO) throw_system_error(path_, "cannot read");
  if (code == Z_BUF_ERROR)
    throw FormatError({path_, {}, "compressed data that ends too early", "a complete gzip file", {}});
  throw FormatError({path_, {}, "damaged compressed data", "an intact gzip file", {}});
}

}  // namespace gradflow::detail

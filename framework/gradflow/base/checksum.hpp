#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gradflow {

/// CRC-32 (that of zlib and PNG) of texts and bytes, each with its length: what moved from one to the next is seen too.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes);  ///< their number in 8 bytes, then the bytes
  void add(const std::string& text) { add(std::as_bytes(std::span(text))); }  ///< as its bytes
  /// "crc32 1c291ca3"
  std::string text() const;

 private:
  std::uint32_t crc_ = 0;
};

}  // namespace gradflow

#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gradflow {

/// The CRC-32 (as in zlib and PNG) of texts and arrays of bytes. The length of each text or array is part of the
/// checksum, so the texts "ab", "c" and the texts "a", "bc" have different checksums.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes);  ///< adds the number of bytes, in 8 bytes, then the bytes
  void add(const std::string& text) { add(std::as_bytes(std::span(text))); }  ///< does the same for a text
  /// Returns the checksum as text: "crc32 1c291ca3".
  std::string text() const;

 private:
  std::uint32_t crc_ = 0;
};

}  // namespace gradflow

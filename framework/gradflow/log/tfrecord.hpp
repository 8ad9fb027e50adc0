#pragma once
// Records as TensorFlow frames them in files: the length, 8 bytes; its checksum, 4; the data; their checksum, 4; all
// little-endian. The checksum is CRC-32C, turned by 15 bits to the right and with a constant added.
#include <cstdint>
#include <string>
#include <string_view>

namespace gradflow {

/// CRC-32C, of Castagnoli's polynomial (RFC 3720, 12.1).
std::uint32_t crc32c(std::string_view bytes);

/// Appends one record that holds these data, with its length and both checksums.
void append_tfrecord(std::string& out, std::string_view data);

}  // namespace gradflow

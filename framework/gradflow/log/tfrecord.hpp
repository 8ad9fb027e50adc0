#pragma once
// Writes records in the TFRecord format of TensorFlow. A record has four parts, all little-endian: the length of the
// data (8 bytes), the checksum of the length (4 bytes), the data, and the checksum of the data (4 bytes). A checksum is
// a CRC-32C, rotated right by 15 bits, plus a constant.
#include <cstdint>
#include <string>
#include <string_view>

namespace gradflow {

/// Returns the CRC-32C of the bytes, with Castagnoli's polynomial (RFC 3720, 12.1).
std::uint32_t crc32c(std::string_view bytes);

/// Appends one record with this data, its length and both checksums.
void append_tfrecord(std::string& out, std::string_view data);

}  // namespace gradflow

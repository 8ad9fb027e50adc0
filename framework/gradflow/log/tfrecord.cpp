#include <gradflow/log/tfrecord.hpp>

#include <array>
#include <cstddef>

namespace gradflow {
namespace {

/// The CRC table: the remainder of each byte value divided by the polynomial, with bits in reverse order.
constexpr std::array<std::uint32_t, 256> remainders = [] {
  constexpr std::uint32_t polynomial = 0x82f63b78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : 0);
    table[byte] = remainder;
  }
  return table;
}();

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xff);
  return bytes;
}

/// Masks a checksum, as the format requires: the checksum of data that contains its own checksum would be of little
/// use.
std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8; }

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t remainder = 0xffffffff;
  for (const char c : bytes)
    remainder = (remainder >> 8) ^ remainders[(remainder ^ static_cast<unsigned char>(c)) & 0xff];
  return ~remainder;
}

void append_tfrecord(std::string& out, std::string_view data) {
  const std::string length = little_endian(std::uint64_t{data.size()});
  out += length + little_endian(masked(crc32c(length)));
  out += data;
  out += little_endian(masked(crc32c(data)));
}

}  // namespace gradflow

#pragma once
// A reader of TFRecord files that shares no code with the library.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// CRC-32C as a bitwise polynomial division. Bit 0 holds the coefficient of the highest power.
inline std::uint32_t crc32c_by_bits(std::string_view bytes) {
  std::uint32_t remainder = ~std::uint32_t{0};
  for (const char c : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t in = (static_cast<unsigned char>(c) >> bit) & 1;
      const bool divides = ((remainder & 1) ^ in) != 0;
      remainder >>= 1;
      if (divides) remainder ^= 0x82f63b78;
    }
  return ~remainder;
}

template <class Number>
Number take_number(std::string_view& bytes) {
  if (bytes.size() < sizeof(Number)) throw std::runtime_error("the file ends within a number");
  Number number = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;)
    number = static_cast<Number>((number << 8) | static_cast<unsigned char>(bytes[i]));
  bytes.remove_prefix(sizeof(Number));
  return number;
}

/// Returns the records of a file. Throws std::runtime_error if a checksum is wrong or the file is cut.
inline std::vector<std::string> tfrecords_of(std::string_view file) {
  const auto check = [&](std::string_view bytes) {
    const std::uint32_t crc = crc32c_by_bits(bytes), turned = crc >> 15 | crc << 17;
    if (take_number<std::uint32_t>(file) != static_cast<std::uint32_t>(turned + 0xa282ead8ULL))
      throw std::runtime_error("a checksum is wrong");
  };
  std::vector<std::string> records;
  while (!file.empty()) {
    const std::string_view length_bytes = file.substr(0, 8);
    const auto length = take_number<std::uint64_t>(file);
    check(length_bytes);
    if (length > file.size()) throw std::runtime_error("the file ends within a record");
    records.emplace_back(file.substr(0, length));
    file.remove_prefix(length);
    check(records.back());
  }
  return records;
}

}  // namespace gradflow

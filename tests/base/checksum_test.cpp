#include <gradflow/base/checksum.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

/// Computes CRC-32 bit by bit, by its definition.
std::string crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  char text[20];
  std::snprintf(text, sizeof text, "crc32 %08x", ~crc);
  return text;
}

std::string with_length(const std::string& text) {
  const std::uint64_t size = text.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

TEST(Checksum, IsTheCrcOfAllPartsAndTheirLengths) {
  Checksum sum;
  sum.add("123456789");
  sum.add(std::span<const std::byte>());  // an empty part changes the sum, too
  sum.add("a");
  EXPECT_EQ(sum.text(), crc32_of(with_length("123456789") + with_length("") + with_length("a")));
  EXPECT_EQ(crc32_of("123456789"), "crc32 cbf43926");  // the standard's check value
}

TEST(Checksum, SeesWhatMovedFromOnePartToTheNext) {
  Checksum ab_c, a_bc;
  ab_c.add("ab");
  ab_c.add("c");
  a_bc.add("a");
  a_bc.add("bc");
  EXPECT_NE(ab_c.text(), a_bc.text());
}

}  // namespace
}  // namespace gradflow

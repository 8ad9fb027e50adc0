#include <gradflow/log/tfrecord.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <log/tfrecord_reader.hpp>

namespace gradflow {
namespace {

std::string bytes_from(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(first + i * step);
  return bytes;
}

/// The examples of RFC 3720, appendix B.4.
TEST(Crc32c, IsThatOfTheExamplesOfTheStandard) {
  EXPECT_EQ(crc32c(bytes_from(0, 0)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes_from(0xff, 0)), 0x62a8ab43U);
  EXPECT_EQ(crc32c(bytes_from(0, 1)), 0x46dd794eU);
  EXPECT_EQ(crc32c(bytes_from(31, -1)), 0x113fdb5cU);
  const char read_command[] = {0x01, '\xc0', 0, 0,  0, 0, 0, 0,  0,  0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 4, 0,
                               0,    0,      0, 20, 0, 0, 0, 24, 40, 0, 0, 0, 0, 0, 0, 0, 2,    0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(crc32c({read_command, sizeof read_command}), 0xd9963a56U);
}

TEST(Crc32c, IsThatOfADivisionBitByBit) {
  std::string bytes;
  for (unsigned i = 0; i < 600; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_by_bits(bytes)) << i;
    bytes += static_cast<char>(i * 167 + i / 7);
  }
}

TEST(TfRecord, IsReadBack) {
  std::string file;
  const std::vector<std::string> records{"one", "", std::string(100000, '\xfe')};
  for (const std::string& record : records) append_tfrecord(file, record);
  EXPECT_EQ(file.size(), 3 * 16 + 100003U);
  EXPECT_EQ(tfrecords_of(file), records);
}

}  // namespace
}  // namespace gradflow

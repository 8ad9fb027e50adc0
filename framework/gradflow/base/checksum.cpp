#include <gradflow/base/checksum.hpp>

#include <fmt/format.h>
#include <zlib.h>

namespace gradflow {

void Checksum::add(std::span<const std::byte> bytes) {
  const std::uint64_t size = bytes.size();
  for (const auto part : {std::as_bytes(std::span(&size, 1)), bytes})
    if (!part.empty())  // zlib starts a new checksum if it gets a null pointer
      crc_ =
          static_cast<std::uint32_t>(crc32_z(crc_, reinterpret_cast<const unsigned char*>(part.data()), part.size()));
}

std::string Checksum::text() const { return fmt::format("crc32 {:08x}", crc_); }

}  // namespace gradflow

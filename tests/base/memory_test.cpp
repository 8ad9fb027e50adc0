#include <gradflow/base/memory.hpp>

#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

std::uintptr_t misaligned(const AlignedVector<float>& v, std::uintptr_t alignment) {
  return reinterpret_cast<std::uintptr_t>(v.data()) % alignment;
}

TEST(Memory, BeginsAtACacheLineAndLargeOnesAtAHugePage) {
  constexpr std::size_t huge = std::size_t(2) << 20;
  for (const std::size_t bytes : {std::size_t(4), std::size_t(100), huge - 4, huge, 3 * huge + 4}) {
    const AlignedVector<float> v(bytes / sizeof(float), 1.5f);
    EXPECT_EQ(misaligned(v, bytes >= huge ? huge : 64), 0U) << bytes;
    EXPECT_EQ(v.front() + v.back(), 3) << bytes;
  }
}

}  // namespace
}  // namespace gradflow

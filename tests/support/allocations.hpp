#pragma once
// Counts what the program allocates, by replacing operator new. To be included by one file of a program.
// Not inline: g++ would see malloc in one place and operator delete in the other, and warn that they do not match.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace gradflow {

inline std::atomic<std::size_t> allocation_count = 0;

/// Since the program began.
inline std::size_t allocations() { return allocation_count; }

}  // namespace gradflow

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++gradflow::allocation_count;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++gradflow::allocation_count;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size / unit + 1) * unit)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

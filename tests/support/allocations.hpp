#pragma once
// Counts the allocations of the program by replacing operator new. Include this header in only one file of a program.
// The operators are not inlined: g++ would see malloc here and operator delete elsewhere, and warn about a mismatch.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace gradflow {

inline std::atomic<std::size_t> allocation_count = 0;

/// Number of calls of operator new since the program started.
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

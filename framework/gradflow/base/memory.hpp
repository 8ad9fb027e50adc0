#pragma once
// AlignedVector: the storage of matrices, parameters and whatever else is large.
#include <cstddef>
#include <vector>

namespace gradflow {

namespace detail {

/// At 64 bytes: a cache line, and the widest SIMD register there is. From 2 MiB on in huge pages, where the system has
/// them: a walk through a large matrix then meets a page boundary five hundred times less often.
void* allocate(std::size_t bytes);
void deallocate(void* memory, std::size_t bytes) noexcept;

}  // namespace detail

template <class T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}

  T* allocate(std::size_t n) { return static_cast<T*>(detail::allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { detail::deallocate(p, n * sizeof(T)); }
  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace gradflow

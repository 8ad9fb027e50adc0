#pragma once
// AlignedVector: the storage of matrices, parameters and other large arrays.
#include <cstddef>
#include <vector>

namespace gradflow {

namespace detail {

/// Returns memory aligned to 64 bytes, the size of a cache line and of the widest SIMD register. From 2 MiB on, the
/// memory is aligned to 2 MiB and uses huge pages if the system has them: a pass over a large matrix then crosses a
/// page boundary five hundred times less often.
void* allocate(std::size_t bytes);
void deallocate(void* memory, std::size_t bytes) noexcept;

}  // namespace detail

/// Allocates memory aligned to 64 bytes. From 2 MiB on, the memory is aligned to 2 MiB, and the system is asked to use
/// huge pages.
template <class T>
struct AlignedAllocator {
  using value_type = T;  ///< every allocator must define it

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}  ///< from the allocator of another type; copies nothing

  /// Returns memory for n objects of type T. Throws std::bad_alloc.
  T* allocate(std::size_t n) { return static_cast<T*>(detail::allocate(n * sizeof(T))); }
  /// Frees what allocate(n) returned, with the same n.
  void deallocate(T* p, std::size_t n) noexcept { detail::deallocate(p, n * sizeof(T)); }
  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }  ///< each can free another's memory
};

/// A std::vector that begins at a multiple of 64 bytes: the storage of Matrix and of parameters.
template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace gradflow

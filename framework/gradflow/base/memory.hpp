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

/// Aligns memory to 64 bytes, from 2 MiB on to 2 MiB, and asks the system for huge pages there.
template <class T>
struct AlignedAllocator {
  using value_type = T;  ///< required of every allocator

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}  ///< for another type; there is no state to copy

  /// Room for n of T. Throws std::bad_alloc.
  T* allocate(std::size_t n) { return static_cast<T*>(detail::allocate(n * sizeof(T))); }
  /// Frees what allocate(n) returned, with the same n.
  void deallocate(T* p, std::size_t n) noexcept { detail::deallocate(p, n * sizeof(T)); }
  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }  ///< each frees what another allocated
};

/// A std::vector that begins at a multiple of 64 bytes: the storage of Matrix and of parameters.
template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace gradflow

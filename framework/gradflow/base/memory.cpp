#include <gradflow/base/memory.hpp>

#include <new>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace gradflow {
namespace {

constexpr std::size_t huge_page = std::size_t(2) << 20;

std::align_val_t alignment(std::size_t bytes) { return std::align_val_t{bytes >= huge_page ? huge_page : 64}; }

}  // namespace

void* detail::allocate(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment(bytes));
#ifdef MADV_HUGEPAGE
  if (bytes >= huge_page) madvise(memory, bytes, MADV_HUGEPAGE);  // only a hint: the system may ignore it
#endif
  return memory;
}

void detail::deallocate(void* memory, std::size_t bytes) noexcept { ::operator delete(memory, alignment(bytes)); }

}  // namespace gradflow

#pragma once
// Code shared by the fuzz targets: reading the parts of an input, files in memory, and the checks for every input. An
// input must be accepted, or refused with an error of the documented type and form. Memory must stay below a limit that
// depends on the size of the input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include <sanitizer/allocator_interface.h>

namespace gradflow::fuzz {

/// Aborts the program if the condition is false; libFuzzer then saves the input. what: the expected state.
inline void require(bool condition, std::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "check failed: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// The bytes of an input, taken from the front. byte() returns 0 at the end; text() returns fewer bytes.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    const std::string_view taken = text(1);
    return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken.front());
  }
  std::string_view text(std::size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Takes the text up to the end of the line, and the line end.
  std::string_view line() {
    const std::string_view taken = text(rest_.find('\n'));
    text(1);
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Expands repetitions, so that a short input can be a long file. The bytes FE n m and the m bytes after them stand for
/// these m bytes, 2^n times. n is taken modulo 15; the result ends soon after 16384 bytes.
inline std::string expanded(std::string_view text) {
  constexpr std::size_t longest = std::size_t(1) << 14;
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < longest; ++at) {
    if (text[at] != '\xfe' || text.size() - at < 3) {
      out += text[at];
      continue;
    }
    const std::string_view part = text.substr(at + 3, static_cast<std::uint8_t>(text[at + 2]));
    const std::size_t times = std::size_t(1) << (static_cast<std::uint8_t>(text[at + 1]) % 15);
    for (std::size_t i = 0; i < times && out.size() < longest; ++i) out += part;
    at += 2 + part.size();
  }
  return out;
}

/// A file in memory with a path, because the readers expect a path.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("input", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {
    require(descriptor_ >= 0, "a file in memory");
  }

  const std::string& write(std::string_view content) const {
    const bool written = ftruncate(descriptor_, 0) == 0 &&
                         pwrite(descriptor_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size());
    require(written, "a file in memory that can be written");
    return path_;
  }

 private:
  int descriptor_;
  std::string path_;
};

/// Checks that a message has the form "where: what: got ..., expected ..." or "where: what is wrong", on one line of
/// bounded length.
inline void require_form(std::string_view message) {
  constexpr std::size_t longest = 8000;
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  require(std::ranges::none_of(message, is_control), "a message of one line");
  require(message.size() <= longest, "a message of bounded length");
  require(message.find(": ") != message.npos || message.starts_with("got "), message);
  require(message.find("got ") == message.npos || message.find("expected ") != message.npos, message);
}

/// Returns false if the call throws one of the Errors. Any other exception aborts the program.
template <class... Errors, class Call>
bool accepted(Call&& call) {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    require((dynamic_cast<const Errors*>(&error) || ...), error.what());
    require_form(error.what());
    return false;
  }
}

inline std::size_t memory_now = 0, memory_peak = 0;

/// Checks that the memory of the program grows by at most `most` bytes during the lifetime of this object.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t most) : most_(most), before_(memory_now) {
    static const bool watched = __sanitizer_install_malloc_and_free_hooks(note_allocation, note_release) > 0;
    require(watched, "installed hooks on allocations");
    memory_peak = memory_now;
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit() {
    if (memory_peak - before_ > most_)
      std::fprintf(stderr, "memory: got %zu bytes, expected at most %zu\n", memory_peak - before_, most_);
    require(memory_peak - before_ <= most_, "memory within the limit for the size of the input");
  }

 private:
  static void note_allocation(const volatile void*, std::size_t size) {
    memory_peak = std::max(memory_peak, memory_now += size);
  }
  /// Memory that was allocated before the hooks were installed is not counted, so memory_now stops at 0.
  static void note_release(const volatile void* memory) {
    const void* const place = const_cast<const void*>(memory);
    if (place) memory_now -= std::min(memory_now, __sanitizer_get_allocated_size(place));
  }

  std::size_t most_, before_;
};

}  // namespace gradflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

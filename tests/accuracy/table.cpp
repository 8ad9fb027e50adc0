#include <accuracy/table.hpp>

#include <fstream>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <support/text.hpp>

namespace gradflow::test {
namespace {

constexpr std::string_view begin_mark = "<!-- measured -->\n", end_mark = "<!-- end -->\n";

struct Place {
  std::size_t begin, end;
};

Place find_place(const std::string& path, const std::string& content) {
  const std::size_t begin = content.find(begin_mark), end = content.find(end_mark);
  if (begin == content.npos || end == content.npos || end < begin)
    throw FormatError({path, "place of the table", {}, "the lines <!-- measured --> and <!-- end -->", {}});
  return {begin + begin_mark.size(), end};
}

std::string processor() {
  constexpr std::string_view key = "model name";
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return line.substr(line.find(": ") + 2);
  return "unknown processor";
}

}  // namespace

void check_place(const std::string& path) { find_place(path, text_of_file(path)); }

void put_into_file(const std::string& path, const std::string& text) {
  std::string content = text_of_file(path);
  const Place place = find_place(path, content);
  write_file(path, content.replace(place.begin, place.end - place.begin, "\n" + text + "\n"));
}

std::string machine() {
#if defined(__clang__)
  constexpr const char* compiler = "clang++ " __clang_version__;
#else
  constexpr const char* compiler = "g++ " __VERSION__;
#endif
  return fmt::format("{}, {} floats per register, {} fused multiply-add; {}", processor(), Lanes<float>::size,
                     detail::has_fused_multiply_add ? "with" : "without", compiler);
}

}  // namespace gradflow::test

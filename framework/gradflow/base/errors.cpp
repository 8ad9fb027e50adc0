#include <gradflow/base/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace gradflow {
namespace {

bool is_control(char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }

/// Returns the part as it is printed: cut to 1000 bytes, with '?' in place of control characters.
std::string printable(std::string_view part) {
  constexpr std::size_t longest = 1000;
  std::string out = shortened(part, longest);
  std::ranges::replace_if(out, is_control, '?');
  return out;
}

}  // namespace

std::string text(const ErrorDetails& c) {
  std::string out = printable(c.where);
  const auto add = [&out](std::string_view separator, std::string_view label, std::string_view part) {
    if (part.empty()) return;
    if (!out.empty()) out += separator;
    out.append(label).append(printable(part));
  };
  add(": ", "", c.what);
  add(": ", "got ", c.got);
  add(c.got.empty() ? ": " : ", ", "expected ", c.expected);
  add("; ", "", c.hint);
  return out;
}

std::string text(double number) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, end};
}

std::string shortened(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return std::string(text);
  const auto cuts_character = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
  for (std::size_t back = 0; back < std::min<std::size_t>(3, longest); ++back)
    if (!cuts_character(longest - back)) return std::string(text.substr(0, longest - back)) + "...";
  return std::string(text.substr(0, longest)) + "...";
}

std::string in_quotes(std::string_view typed) { return "'" + std::string(typed) + "'"; }

void throw_system_error(std::string_view path, std::string_view what) {
  const int code = errno;
  throw std::system_error(code, std::generic_category(), printable(path) + ": " + printable(what));
}

}  // namespace gradflow

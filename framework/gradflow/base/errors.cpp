#include <gradflow/base/errors.hpp>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace gradflow {

std::string text(const Complaint& c) {
  std::string out = c.where;
  const auto add = [&out](std::string_view separator, std::string_view label, std::string_view part) {
    if (part.empty()) return;
    if (!out.empty()) out += separator;
    out.append(label).append(part);
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

std::string in_quotes(std::string_view typed) { return "'" + std::string(typed) + "'"; }

void throw_system_error(std::string_view path, std::string_view what) {
  const int code = errno;
  throw std::system_error(code, std::generic_category(), std::string(path) + ": " + std::string(what));
}

}  // namespace gradflow

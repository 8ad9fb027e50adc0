#include <gradflow/base/errors.hpp>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace gradflow {

std::string text(const Complaint& c) {
  std::string out = c.where;
  if (!c.what.empty()) out += ": " + c.what;
  if (!c.got.empty()) out += ": got " + c.got;
  if (!c.expected.empty()) out += (c.got.empty() ? ": expected " : ", expected ") + c.expected;
  if (!c.hint.empty()) out += "; " + c.hint;
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

#include <cli/wrapped.hpp>

#include <algorithm>

std::string wrapped(std::string_view text, std::string_view indent) {
  constexpr std::size_t width = 100;
  std::string lines, line(indent);
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find(' ', begin), text.size());
    if (line.size() > indent.size() && line.size() + 1 + end - begin > width) {
      lines += line + "\n";
      line = indent;
    }
    line += (line.size() > indent.size() ? " " : "") + std::string(text.substr(begin, end - begin));
  }
  return lines + line + "\n";
}

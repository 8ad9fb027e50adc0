#include <cli/table.hpp>

#include <algorithm>
#include <cstdio>

namespace {

/// Returns the number of characters. Continuation bytes of UTF-8 do not count.
std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::size_t width_of(const Column& column) {
  std::size_t width = shown_width(column.title);
  for (const std::string& cell : column.cells) width = std::max(width, shown_width(cell));
  return width;
}

}  // namespace

void print_table(const std::vector<Column>& columns) {
  for (std::size_t row = 0; row <= columns[0].cells.size(); ++row) {
    std::string line;
    for (const Column& column : columns) {
      const std::string& text = row == 0 ? column.title : column.cells[row - 1];
      line += text + std::string(width_of(column) - shown_width(text) + 2, ' ');
    }
    std::printf("%s\n", line.substr(0, line.find_last_not_of(' ') + 1).c_str());
  }
}

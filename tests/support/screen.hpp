#pragma once
// Simulates the screen of a terminal.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {

/// A screen of rows and columns. Knows only the escape sequences that the library uses: erase below, cursor up, colour.
class Screen {
 public:
  Screen(std::size_t rows, std::size_t columns) : columns_(columns), rows_(rows) {}

  /// The test fails if a line is wider than the screen, or if the cursor would move above the first row.
  void write(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\x1b')
        i = obey(text, i);
      else if (text[i] == '\r')
        column_ = 0;
      else if (text[i] == '\n')
        feed();
      else
        put(text[i]);
    }
  }
  /// Returns the lines without trailing blanks, and without blank lines at the bottom.
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& row : rows_) {
      std::string& line = all.emplace_back();
      for (const std::string& cell : row) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
    }
    while (!all.empty() && all.back().empty()) all.pop_back();
    return all;
  }
  std::size_t row() const { return row_; }
  std::size_t column() const { return column_; }
  bool coloured() const { return coloured_; }  ///< whether the next character would be coloured

 private:
  std::size_t obey(std::string_view text, std::size_t i) {
    std::size_t end = i + 2;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    const std::string number(text.substr(i + 2, end - i - 2));
    const std::size_t up = number.empty() ? 1 : std::stoul(number);
    switch (text.at(end)) {
      case 'J':
        for (std::size_t r = row_; r < rows_.size(); ++r) rows_[r].resize(r == row_ ? column_ : 0);
        break;
      case 'A':
        EXPECT_LE(up, row_) << "the cursor would move above the first row";
        row_ -= std::min(up, row_);
        break;
      case 'm':
        coloured_ = !number.empty() && number != "0";
        break;
      default:
        ADD_FAILURE() << "unknown escape sequence: " << text.substr(i + 1, end - i);
    }
    return end;
  }
  void feed() {
    column_ = 0;
    if (++row_ < rows_.size()) return;
    rows_.erase(rows_.begin());
    rows_.emplace_back();
    --row_;
  }
  void put(char c) {
    auto& row = rows_[row_];
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) {  // UTF-8: a continuation byte
      row[column_ - 1] += c;
      return;
    }
    EXPECT_LT(column_, columns_) << "the line is wider than the screen";
    if (row.size() <= column_) row.resize(column_ + 1, " ");
    row[column_++] = c;
  }

  std::size_t columns_;
  std::vector<std::vector<std::string>> rows_;  // each cell holds one character in UTF-8
  std::size_t row_ = 0, column_ = 0;
  bool coloured_ = false;
};

}  // namespace gradflow

#pragma once
// Columns of text, each as wide as its widest cell.
#include <string>
#include <vector>

struct Column {
  std::string title;
  std::vector<std::string> cells;
};

/// A line of titles, then a line for each row; all columns have as many cells.
void print_table(const std::vector<Column>& columns);

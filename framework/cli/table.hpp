#pragma once
// Prints tables: columns of text, each as wide as its widest cell.
#include <string>
#include <vector>

struct Column {
  std::string title;
  std::vector<std::string> cells;
};

/// Prints a line with the titles, then a line for each row. All columns must have the same number of cells.
void print_table(const std::vector<Column>& columns);

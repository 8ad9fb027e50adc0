#pragma once
// Draws the history of a number over a whole run in a few characters.
#include <array>
#include <cstddef>
#include <string>

namespace gradflow {

/// A row of cells, from the first number to the last. Each cell is the geometric mean of the same number of values; the
/// last cell may have fewer. When the row is full, neighbouring cells are merged, so the memory stays constant.
class Sparkline {
 public:
  static constexpr std::size_t cells = 20;  ///< the width of the row, in characters

  void add(double value);  ///< appends a number; it should be positive, since the scale is logarithmic
  /// Returns the row as text. The logarithmic scale goes from the smallest cell to the largest and spans at least one
  /// decade. A cell that contains a 0 is blank. A cell that contains a negative number or one that is not finite is
  /// "!". Uses ASCII characters if the locale is not UTF-8.
  std::string text() const;

 private:
  void begin_cell();

  std::array<double, cells> sums_ = {};  // sums of log10 of the numbers in each cell
  std::size_t used_ = 0;
  std::size_t per_cell_ = 1, in_last_ = 1;  // numbers per cell, and in the last cell
};

}  // namespace gradflow

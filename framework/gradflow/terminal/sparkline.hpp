#pragma once
// How a number went over a whole run, in a few characters.
#include <array>
#include <cstddef>
#include <string>

namespace gradflow {

/// A row of cells from the first number to the last, each the geometric mean of equally many (the last, of the ones
/// that there are). When it is full, neighbours are merged, so it takes the same memory for any number of numbers.
class Sparkline {
 public:
  static constexpr std::size_t cells = 20;  ///< its width, in characters

  void add(double value);  ///< appends a number, which should be positive: the scale is logarithmic
  /// From the least cell to the greatest on a logarithmic scale, a decade at least. Blank for a cell with a 0 in it,
  /// "!" for one with a number that is not finite or negative; plain characters where the locale is not UTF-8.
  std::string text() const;

 private:
  void begin_cell();

  std::array<double, cells> sums_ = {};  // of the logarithms
  std::size_t used_ = 0;
  std::size_t per_cell_ = 1, in_last_ = 1;  // numbers
};

}  // namespace gradflow

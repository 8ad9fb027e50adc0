#pragma once
// Bars of a few characters for numbers of very different size.
#include <string>

namespace gradflow {

/// Bars on one logarithmic scale for all that stands below one another: include() every number, then draw.
class LogScale {
 public:
  static constexpr int cells = 6;  ///< the width of a bar

  /// Widens the scale to the decades around the value; ignores 0, negative numbers and those that are not finite.
  void include(double value);
  double low() const { return low_; }    ///< the scale begins at 10^low: a whole number, at most 0
  double high() const { return high_; }  ///< the scale ends at 10^high: a whole number, at least 0
  /// Blank for 0, "!" for a number that is not finite. The bar is made of '#' if the locale is not UTF-8.
  std::string bar(double value) const;

 private:
  double low_ = 0, high_ = 0;
};

}  // namespace gradflow

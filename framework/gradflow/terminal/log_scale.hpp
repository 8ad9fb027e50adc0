#pragma once
// Draws numbers of very different sizes as bars of a few characters.
#include <string>

namespace gradflow {

/// One logarithmic scale for bars that are drawn below one another. First include() every number, then call bar().
class LogScale {
 public:
  static constexpr int cells = 6;  ///< the width of a bar, in characters

  /// Widens the scale to the decades around the value. Ignores 0, negative numbers and numbers that are not finite.
  void include(double value);
  double low() const { return low_; }    ///< the scale begins at 10^low: a whole number, at most 0
  double high() const { return high_; }  ///< the scale ends at 10^high: a whole number, at least 0
  /// Returns the bar for a number of at least 0: blank for 0, "!" for a number that is not finite. The bar is made of
  /// '#' if the locale is not UTF-8.
  std::string bar(double value) const;

 private:
  double low_ = 0, high_ = 0;
};

}  // namespace gradflow

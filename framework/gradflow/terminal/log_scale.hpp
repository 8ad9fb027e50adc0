#pragma once
// Bars of a few characters for numbers of very different size.
#include <string>

namespace gradflow {

/// Bars on one logarithmic scale for all that stands below one another: include() every number, then draw.
class LogScale {
 public:
  static constexpr int cells = 6;  ///< the width of a bar

  void include(double value);
  /// The decades that the scale spans, as powers of ten.
  double low() const { return low_; }
  double high() const { return high_; }
  /// Blank for 0, "!" for a number that is not finite. The bar is made of '#' if the locale is not UTF-8.
  std::string bar(double value) const;

 private:
  double low_ = 0, high_ = 0;
};

}  // namespace gradflow

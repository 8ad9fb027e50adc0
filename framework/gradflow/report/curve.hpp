#pragma once
// The points of an activation's curve in the pages.
#include <functional>
#include <vector>

namespace gradflow::detail {

/// Returns 201 values of z, evenly spaced from -range to range.
inline std::vector<double> curve_arguments(double range) {
  std::vector<double> z;
  for (int i = -100; i <= 100; ++i) z.push_back(range * i / 100);
  return z;
}

/// Returns f(z) for every z.
inline std::vector<double> mapped(const std::function<double(double)>& f, const std::vector<double>& z) {
  std::vector<double> y;
  for (const double at : z) y.push_back(f(at));
  return y;
}

}  // namespace gradflow::detail

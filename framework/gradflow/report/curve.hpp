#pragma once
// An activation's curve, as the pages draw it.
#include <functional>
#include <vector>

namespace gradflow::detail {

/// 201 of them, evenly spaced, from -range to range.
inline std::vector<double> curve_arguments(double range) {
  std::vector<double> z;
  for (int i = -100; i <= 100; ++i) z.push_back(range * i / 100);
  return z;
}

inline std::vector<double> mapped(const std::function<double(double)>& f, const std::vector<double>& z) {
  std::vector<double> y;
  for (const double at : z) y.push_back(f(at));
  return y;
}

}  // namespace gradflow::detail

#pragma once
// Finds a zero of a function of one variable.
#include <cmath>

namespace gradflow {

/// Returns a zero of the continuous function f between low and high, to the given relative precision (at best a few
/// rounding errors). f(low) and f(high) must differ in sign and may be infinite. The method is Ridders' (1979): an
/// exponential factor straightens f, then a secant gives the next point. Every step at least halves the interval that
/// contains the zero.
template <class Function>
double root(const Function& f, double low, double high, double precision = 1e-15) {
  double at_low = f(low), at_high = f(high), last = high;
  if (at_low == 0) return low;
  const auto narrow = [&](double x, double at_x) {
    if (x <= low || x >= high) return;
    const bool below = std::signbit(at_x) == std::signbit(at_low);
    (below ? low : high) = x;
    (below ? at_low : at_high) = at_x;
  };
  for (int step = 0; step < 200; ++step) {
    const double middle = low + (high - low) / 2, at_middle = f(middle);
    if (at_middle == 0 || middle == low || middle == high) return middle;
    const double bend = std::sqrt(at_middle * at_middle - at_low * at_high);
    const double guess = middle + (middle - low) * std::copysign(at_middle / bend, at_middle * (at_low - at_high));
    const double x = guess > low && guess < high ? guess : middle;
    const double at_x = x == middle ? at_middle : f(x);
    if (at_x == 0 || std::abs(x - last) <= precision * std::abs(x)) return x;
    narrow(middle, at_middle);
    narrow(x, at_x);
    last = x;
  }
  return last;
}

}  // namespace gradflow

#pragma once
// Where a function of one variable is 0.
#include <cmath>

namespace gradflow {

/// The zero between low and high of a continuous f, to the relative precision asked for (at best a few roundings);
/// f(low) and f(high) differ in sign and may be infinite. Ridders 1979: an exponential takes the bend out of f, then a
/// secant is drawn; the bracket halves at least at every step.
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

#include <gradflow/check/difference_quotient.hpp>

#include <algorithm>
#include <cmath>

namespace gradflow::detail {
namespace {

using Function = std::function<ValueAndSlope(double)>;

struct CentralDifference {
  double quotient, value_jump, slope_jump;
};

CentralDifference central(const Function& f, double x, double h) {
  const double above = x + h, below = x - h;
  const auto high = f(above), low = f(below);
  return {(high.value - low.value) / (above - below), std::abs(high.value - low.value),
          std::abs(high.slope - low.slope)};
}

DifferenceQuotient extrapolated(const Function& f, double x, double h, double value_error) {
  const CentralDifference whole = central(f, x, h), half = central(f, x, h / 2);
  const double correction = (half.quotient - whole.quotient) / 3;
  // The correction assumes an error proportional to h^2. Near a kink, or if the second derivative jumps, the error is
  // proportional to h. Then the result may still be wrong by up to four times the correction.
  return {half.quotient + correction, 4 * std::abs(correction) + 2 * value_error / h, whole.value_jump,
          whole.slope_jump};
}

}  // namespace

DifferenceQuotient difference_quotient(const Function& f, double x, double value_error) {
  const double unit = std::max(1.0, std::abs(x));
  DifferenceQuotient best = extrapolated(f, x, 1e-3 * unit, value_error);
  for (const double step : {1e-4, 1e-5}) {
    const DifferenceQuotient next = extrapolated(f, x, step * unit, value_error);
    if (next.uncertainty < best.uncertainty) best = next;
    best.value_jump = next.value_jump;
    best.slope_jump = next.slope_jump;
  }
  return best;
}

}  // namespace gradflow::detail

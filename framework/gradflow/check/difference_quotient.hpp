#pragma once
// A derivative by numbers: how much a function changes if its argument changes a little.
#include <functional>

namespace gradflow::detail {

struct ValueAndSlope {
  double value, slope;
};

struct DifferenceQuotient {
  double value;
  double uncertainty;             ///< of `value`: the disagreement of two steps, plus the effect of rounding
  double value_jump, slope_jump;  ///< changes of f over the shortest step: large if f has a jump or a kink
};

/// Returns a central difference of f's value around x. It tries three steps, extrapolates each to step 0 (Richardson
/// 1911) and keeps the result with the smallest uncertainty. value_error: how much a value of f may be wrong. The slope
/// that f returns only serves to detect kinks.
DifferenceQuotient difference_quotient(const std::function<ValueAndSlope(double)>& f, double x, double value_error);

}  // namespace gradflow::detail

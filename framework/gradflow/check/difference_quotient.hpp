#pragma once
// A derivative without calculus: how much a function changes where its argument changes a little.
#include <functional>

namespace gradflow::detail {

struct ValueAndSlope {
  double value, slope;
};

struct DifferenceQuotient {
  double value;
  double uncertainty;             ///< of value: by what two steps disagree, and by what rounding may have changed it
  double value_jump, slope_jump;  ///< of f over the shortest step: large where f has a jump or a kink
};

/// Central differences of f's value around x with three steps, each extrapolated to step 0 (Richardson 1911); the one
/// that knows best how good it is. value_error: how far off a value may be. The slope that f gives is only looked at to
/// see kinks.
DifferenceQuotient difference_quotient(const std::function<ValueAndSlope(double)>& f, double x, double value_error);

}  // namespace gradflow::detail

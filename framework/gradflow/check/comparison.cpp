#include <gradflow/check/comparison.hpp>

#include <algorithm>
#include <limits>

namespace gradflow::detail {

double relative_error(double got, double expected, double uncertainty) {
  if (got == expected) return 0;
  const double difference = std::abs(got - expected);
  if (std::isinf(difference)) return difference;
  if (!std::isfinite(uncertainty)) return std::numeric_limits<double>::infinity();
  if (difference <= uncertainty) return 0;
  return (difference - uncertainty) / std::max(std::abs(got), std::abs(expected));  // NaN stays NaN
}

Check Comparison::result() const {
  Check check = check_;
  const auto all = static_cast<double>(check.compared + check.left_out);
  check.passed = check.compared > 0 && check.error <= check.tolerance &&
                 static_cast<double>(check.left_out) <= most_left_out_ * all;
  return check;
}

}  // namespace gradflow::detail

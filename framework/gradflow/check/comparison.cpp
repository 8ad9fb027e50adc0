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

}  // namespace gradflow::detail

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

double error_in_bits(double got, double expected) {
  if (std::isnan(got) && std::isnan(expected)) return 0;
  return got == expected && std::signbit(got) != std::signbit(expected) ? 1 : relative_error(got, expected);
}

void spread(std::span<double> numbers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] *= std::pow(10, static_cast<double>(5 * i % 7) - 3);
}

}  // namespace gradflow::detail

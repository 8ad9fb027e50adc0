#include <gradflow/base/reduce.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>

#include <gradflow/base/lanes.hpp>

namespace gradflow {
namespace {

/// Enough independent sums to keep the adders of any processor busy; the compiler makes SIMD of them.
constexpr std::size_t sums_at_once = 32;

/// By halves, so that the additions need not wait for each other.
double total(std::array<double, sums_at_once> sums) {
  for (std::size_t half = sums_at_once / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) sums[k] += sums[half + k];
  return sums[0];
}

template <class T>
double sum_of_squares(std::span<const T> numbers, double scale) {
  std::array<double, sums_at_once> sums{};
  const auto add = [&](const T* from, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) {
      const double x = scale * static_cast<double>(from[k]);
      sums[k] += x * x;
    }
  };
  std::size_t i = 0;
  for (; i + sums_at_once <= numbers.size(); i += sums_at_once) add(&numbers[i], sums_at_once);
  add(numbers.data() + i, numbers.size() - i);
  return total(sums);
}

/// Where squares leave the range of double, the numbers are first brought to about 1 by a power of two.
double norm_by_scaling(std::span<const double> numbers) {
  double largest = 0;
  for (const double x : numbers) largest = std::max(largest, std::abs(x));
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const int exponent = std::clamp(std::ilogb(largest), -1000, 1000);
  return std::scalbn(std::sqrt(sum_of_squares(numbers, std::scalbn(1.0, -exponent))), exponent);
}

template <class T>
bool no_odd_one(std::span<const T> numbers) {
  Lanes<T> nothing = 0;  // stays 0 until a NaN or an infinity comes: 0 * x is NaN for these only
  elementwise(
      numbers.size(), [&](const Lanes<T>& x) { nothing += 0 * x; }, numbers.data());
  T lanes[Lanes<T>::size];
  nothing.store(lanes);
  return std::all_of(std::begin(lanes), std::end(lanes), [](T x) { return x == 0; });
}

}  // namespace

double norm(std::span<const float> numbers) { return std::sqrt(sum_of_squares(numbers, 1)); }

double norm(std::span<const double> numbers) {
  const double sum = sum_of_squares(numbers, 1);
  constexpr double smallest_with_all_digits = 1e-280;  // below it, squares that count were rounded as subnormals
  if (std::isnan(sum) || (sum >= smallest_with_all_digits && std::isfinite(sum))) return std::sqrt(sum);
  return norm_by_scaling(numbers);
}

double geometric_mean(std::span<const double> numbers) {
  double log_sum = 0;
  for (const double x : numbers) log_sum += std::log(x);
  return std::exp(log_sum / static_cast<double>(numbers.size()));
}

bool all_finite(std::span<const float> numbers) { return no_odd_one(numbers); }
bool all_finite(std::span<const double> numbers) { return no_odd_one(numbers); }

}  // namespace gradflow

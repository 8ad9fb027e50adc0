#include <gradflow/base/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <iterator>
#include <utility>

#include <gradflow/base/lanes.hpp>

namespace gradflow {
namespace {

/// The sum of f(x) over the numbers. Two running sums, so that one addition need not wait for the other.
template <class T, class F>
double total(std::span<const T> numbers, const F& f) {
  Lanes<double> even = 0, odd = 0;
  if constexpr (std::same_as<T, float>) {
    const auto add = [&](const Lanes<float>& x) {
      const auto [lower, upper] = widen(x);
      even = f(lower, even);
      odd = f(upper, odd);
    };
    elementwise(numbers.size(), add, numbers.data());
  } else {
    const auto add = [&](const Lanes<double>& x) { even = f(x, std::exchange(odd, even)); };
    elementwise(numbers.size(), add, numbers.data());
  }
  return fold(even + odd, [](auto a, auto b) { return a + b; });
}

template <class T>
double sum_of_squares(std::span<const T> numbers) {
  return total(numbers, [](Lanes<double> x, Lanes<double> sum) { return fma(x, x, sum); });
}

/// Where squares leave the range of double, the numbers are first brought to about 1 by a power of two.
double norm_by_scaling(std::span<const double> numbers) {
  double largest = 0;
  for (const double x : numbers) largest = std::max(largest, std::abs(x));
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const int exponent = std::clamp(std::ilogb(largest), -1000, 1000);
  const double scale = std::scalbn(1.0, -exponent);
  const auto add = [scale](Lanes<double> x, Lanes<double> sum) { return fma(scale * x, scale * x, sum); };
  return std::scalbn(std::sqrt(total(numbers, add)), exponent);
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

double norm(std::span<const float> numbers) { return std::sqrt(sum_of_squares(numbers)); }

double norm(std::span<const double> numbers) {
  const double sum = sum_of_squares(numbers);
  constexpr double smallest_with_all_digits = 1e-280;  // below it, squares that count were rounded as subnormals
  if (std::isnan(sum) || (sum >= smallest_with_all_digits && std::isfinite(sum))) return std::sqrt(sum);
  return norm_by_scaling(numbers);
}

double sum(std::span<const float> numbers) {
  return total(numbers, [](Lanes<double> x, Lanes<double> sum) { return sum + x; });
}
double sum(std::span<const double> numbers) {
  return total(numbers, [](Lanes<double> x, Lanes<double> sum) { return sum + x; });
}

double geometric_mean(std::span<const double> numbers) {
  double log_sum = 0;
  for (const double x : numbers) log_sum += std::log(x);
  return std::exp(log_sum / static_cast<double>(numbers.size()));
}

bool all_finite(std::span<const float> numbers) { return no_odd_one(numbers); }
bool all_finite(std::span<const double> numbers) { return no_odd_one(numbers); }

}  // namespace gradflow

#include <gradflow/math/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

#include <gradflow/math/lanes.hpp>

namespace gradflow {
namespace {

using Doubles = Lanes<double>;

/// n numbers as double; without n one for each lane.
Doubles load(const double* from, auto... n) { return Doubles::load(from, n...); }
Doubles load(const float* from) { return Doubles::load_widened(from); }
Doubles load(const float* from, std::size_t n) { return widen(Lanes<float>::load(from, n)).first; }

/// What f makes of each number x and a sum, f(x, sum). Four sums, so that one need not wait for another.
template <class T, class F>
[[gnu::flatten]] double total(std::span<const T> numbers, const F& f) {
  constexpr std::size_t step = Doubles::size;
  const T* next = numbers.data();
  const T* const end = next + numbers.size();
  Doubles a = 0, b = 0, c = 0, d = 0;
  for (; end - next >= std::ptrdiff_t(4 * step); next += 4 * step) {
    a = f(load(next), a);
    b = f(load(next + step), b);
    c = f(load(next + 2 * step), c);
    d = f(load(next + 3 * step), d);
  }
  for (; end - next >= std::ptrdiff_t(step); next += step) a = f(load(next), a);
  if (next != end) b = f(load(next, static_cast<std::size_t>(end - next)), b);
  return fold((a + b) + (c + d), [](auto left, auto right) { return left + right; });
}

template <class T>
double sum_of_squares(std::span<const T> numbers) {
  return total(numbers, [](Doubles x, Doubles sum) { return fma(x, x, sum); });
}

/// Sums of 16 in float, and their sums in double: half the time of widening each number. A square is rounded six times
/// at most, so the sum is right to 6 x 2^-24, unless squares leave the range of float.
[[gnu::flatten]] double sum_of_float_squares(std::span<const float> numbers) {
  using Floats = Lanes<float>;
  constexpr std::size_t step = Floats::size, at_once = 4 * step, piece = 4 * at_once;
  Doubles sums = 0;
  for (; numbers.size() >= piece; numbers = numbers.subspan(piece)) {
    const auto square = [at = numbers.data()](std::size_t from) {
      Floats sum = 0;
      for (std::size_t i = from; i < piece; i += at_once) {
        const Floats x = Floats::load(at + i);
        sum = fma(x, x, sum);
      }
      return sum;
    };
    sums = add_to(sums, (square(0) + square(step)) + (square(2 * step) + square(3 * step)));
  }
  return fold(sums, [](auto left, auto right) { return left + right; }) + sum_of_squares(numbers);
}

/// Where squares leave the range of double, the numbers are first brought to about 1 by a power of two.
double norm_by_scaling(std::span<const double> numbers) {
  double largest = 0;
  for (const double x : numbers) largest = std::max(largest, std::abs(x));
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const int exponent = std::clamp(std::ilogb(largest), -1000, 1000);
  const double scale = std::scalbn(1.0, -exponent);
  const auto add = [scale](Doubles x, Doubles sum) { return fma(scale * x, scale * x, sum); };
  return std::scalbn(std::sqrt(total(numbers, add)), exponent);
}

template <class T>
bool all_finite_of(std::span<const T> numbers) {
  Lanes<T> nothing = 0;  // stays 0 until a NaN or an infinity comes: 0 * x is NaN for these only
  elementwise(
      numbers.size(), [&](const Lanes<T>& x) { nothing += 0 * x; }, numbers.data());
  T lanes[Lanes<T>::size];
  nothing.store(lanes);
  return std::all_of(std::begin(lanes), std::end(lanes), [](T x) { return x == 0; });
}

}  // namespace

double norm(std::span<const float> numbers) {
  const double sum = sum_of_float_squares(numbers);
  constexpr double smallest_with_all_digits = 1e-28;  // below it, squares that count were rounded as subnormals
  if (sum >= smallest_with_all_digits && std::isfinite(sum)) return std::sqrt(sum);
  return std::sqrt(sum_of_squares(numbers));
}

double norm(std::span<const double> numbers) {
  const double sum = sum_of_squares(numbers);
  constexpr double smallest_with_all_digits = 1e-280;  // below it, squares that count were rounded as subnormals
  if (std::isnan(sum) || (sum >= smallest_with_all_digits && std::isfinite(sum))) return std::sqrt(sum);
  return norm_by_scaling(numbers);
}

double geometric_mean(std::span<const double> numbers) {
  double log_sum = 0;
  for (const double x : numbers) log_sum += std::log(x);
  return std::exp(log_sum / static_cast<double>(numbers.size()));
}

bool all_finite(std::span<const float> numbers) { return all_finite_of(numbers); }
bool all_finite(std::span<const double> numbers) { return all_finite_of(numbers); }

}  // namespace gradflow

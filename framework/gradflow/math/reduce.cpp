#include <gradflow/math/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

#include <gradflow/math/lanes.hpp>

namespace gradflow {
namespace {

using Doubles = Lanes<double>;

/// Loads n numbers and converts them to double. Without n: one number for each lane.
Doubles load(const double* from, auto... n) { return Doubles::load(from, n...); }
Doubles load(const float* from) { return Doubles::load_widened(from); }
Doubles load(const float* from, std::size_t n) { return widen(Lanes<float>::load(from, n)).first; }

/// Computes sum = f(x, sum) for one number x after the other. Uses four sums, so that an addition does not have to wait
/// for the one before.
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

/// Adds groups of 16 squares in float, and adds the groups' sums in double. This takes half the time of converting each
/// number to double. A square is rounded at most six times, so the relative error of the sum is at most 6 x 2^-24,
/// unless squares leave the range of float.
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

/// The norm of numbers whose squares leave the range of double. The numbers are first scaled to about 1, by a power of
/// two.
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
  Lanes<T> nothing = 0;  // stays 0 unless an x is NaN or infinite: 0 * x is NaN for these only
  elementwise(
      numbers.size(), [&](const Lanes<T>& x) { nothing += 0 * x; }, numbers.data());
  T lanes[Lanes<T>::size];
  nothing.store(lanes);
  return std::all_of(std::begin(lanes), std::end(lanes), [](T x) { return x == 0; });
}

}  // namespace

double norm(std::span<const float> numbers) {
  const double sum = sum_of_float_squares(numbers);
  constexpr double smallest_with_all_digits = 1e-28;  // below it, subnormal squares lost digits that matter
  if (sum >= smallest_with_all_digits && std::isfinite(sum)) return std::sqrt(sum);
  return std::sqrt(sum_of_squares(numbers));
}

double norm(std::span<const double> numbers) {
  const double sum = sum_of_squares(numbers);
  constexpr double smallest_with_all_digits = 1e-280;  // below it, subnormal squares lost digits that matter
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

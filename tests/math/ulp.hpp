#pragma once
// Measures the error of a function on Lanes in ulp (units in the last place of T).
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/math/lanes.hpp>

namespace gradflow::test {

using Exact = long double;

/// Returns the distance between neighbouring numbers of T at x. If |x| is smaller than the smallest normal number,
/// returns the distance at that number.
template <class T, class Real>
Real ulp(Real x) {
  const Real smallest = std::numeric_limits<T>::min();
  return std::ldexp(Real(1), std::ilogb(std::max(std::abs(x), smallest)) + 1 - std::numeric_limits<T>::digits);
}

/// Returns finite numbers in [low, high]: evenly spaced bit patterns, which have every sign and exponent, and evenly
/// spaced numbers of [-100, 100].
template <class T>
std::vector<T> sweep(T low = std::numeric_limits<T>::lowest(), T high = std::numeric_limits<T>::max()) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr int count = 1 << 18;
  // The stride is not a power of two, so that the lower bits of the patterns vary, too.
  constexpr Bits stride = static_cast<Bits>(-1) / count + (sizeof(T) == 4 ? 2 : 12345);
  std::vector<T> numbers;
  const auto add = [&](T x) {
    if (x >= low && x <= high) numbers.push_back(x);
  };
  for (int i = 0; i < count; ++i) add(std::bit_cast<T>(static_cast<Bits>(stride * static_cast<Bits>(i))));
  for (int i = 0; i < count / 2; ++i) add(static_cast<T>(200.0L * i / (count / 2) - 100));
  return numbers;
}

/// Returns f of each number of x, computed by elementwise().
template <class T, class F>
std::vector<T> mapped(const std::vector<T>& x, F f) {
  std::vector<T> y(x.size());
  elementwise(
      x.size(), [&](Lanes<T>& out, Lanes<T> in) { out = f(in); }, y.data(), x.data());
  return y;
}

/// Returns the error of y in ulp. If `exact` is too large for T, y must be infinity with its sign. If `exact` is
/// smaller than the smallest normal number, |y| must be at most that number. In these cases the error is 0 or infinity.
template <class T>
Exact error_in_ulp(T y, Exact exact) {
  constexpr Exact largest = std::numeric_limits<T>::max(), smallest = std::numeric_limits<T>::min();
  constexpr Exact wrong = std::numeric_limits<Exact>::infinity();
  if (std::isnan(y)) return wrong;
  if (std::abs(exact) > largest) return std::isinf(y) && (y > 0) == (exact > 0) ? 0 : wrong;
  if (std::abs(exact) < smallest) return std::abs(y) <= smallest ? 0 : wrong;
  return std::abs(y - exact) / ulp<T>(exact);
}

/// Succeeds if f(x) differs from exact(x) by at most `ulps` ulp at every x.
template <class T, class F, class G>
::testing::AssertionResult near_everywhere(const std::vector<T>& x, F f, G exact, Exact ulps) {
  const std::vector<T> y = mapped(x, f);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Exact expected = exact(static_cast<Exact>(x[i]));
    const Exact error = error_in_ulp(y[i], expected);
    if (error <= ulps) continue;
    std::ostringstream text;
    text.precision(std::numeric_limits<T>::max_digits10);
    text << "f(" << x[i] << ") is " << y[i] << ", expected " << expected << ", off by " << error << " ulp";
    return ::testing::AssertionFailure() << text.str();
  }
  return ::testing::AssertionSuccess();
}

/// Returns f at a single number.
template <class T, class F>
T at(F f, T x) {
  return f(Lanes<T>(x)).first();
}

/// Compares bits: -0 is not 0. Any two NaNs count as the same.
template <class T>
bool same_bits(T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b) || (std::isnan(a) && std::isnan(b));
}

template <class T>
struct Function {
  const char* name;
  Lanes<T> (*f)(Lanes<T>);
};

/// Returns every function of one argument that Lanes has.
template <class T>
std::vector<Function<T>> functions() {
  using V = Lanes<T>;
  return {{"abs", [](V x) { return abs(x); }},           {"sqrt", [](V x) { return sqrt(x); }},
          {"round", [](V x) { return round(x); }},       {"exp", [](V x) { return exp(x); }},
          {"expm1", [](V x) { return expm1(x); }},       {"log", [](V x) { return log(x); }},
          {"log1p", [](V x) { return log1p(x); }},       {"tanh", [](V x) { return tanh(x); }},
          {"sin", [](V x) { return sin(x); }},           {"cos", [](V x) { return cos(x); }},
          {"erfc", [](V x) { return erfc(x); }},         {"sigmoid", [](V x) { return sigmoid(x); }},
          {"softplus", [](V x) { return softplus(x); }}, {"sigmoid_slope", [](V x) { return sigmoid_slope(x); }}};
}

}  // namespace gradflow::test

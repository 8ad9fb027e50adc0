#pragma once
// How far a function on Lanes is from the exact one, in units in the last place of T.
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

/// The distance of neighbouring numbers of T at x; below the smallest normal number that of the smallest normal one.
template <class T, class Real>
Real ulp(Real x) {
  const Real smallest = std::numeric_limits<T>::min();
  return std::ldexp(Real(1), std::ilogb(std::max(std::abs(x), smallest)) + 1 - std::numeric_limits<T>::digits);
}

/// Numbers of every sign and exponent (evenly spaced bit patterns), and evenly spaced ones in [-100, 100]; within
/// [low, high]. No infinities, no NaN.
template <class T>
std::vector<T> sweep(T low = std::numeric_limits<T>::lowest(), T high = std::numeric_limits<T>::max()) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr int count = 1 << 18;
  constexpr Bits stride = static_cast<Bits>(-1) / count + (sizeof(T) == 4 ? 2 : 12345);  // odd, not to be in step
  std::vector<T> numbers;
  const auto add = [&](T x) {
    if (x >= low && x <= high) numbers.push_back(x);
  };
  for (int i = 0; i < count; ++i) add(std::bit_cast<T>(static_cast<Bits>(stride * static_cast<Bits>(i))));
  for (int i = 0; i < count / 2; ++i) add(static_cast<T>(200.0L * i / (count / 2) - 100));
  return numbers;
}

/// f, number by number, as elementwise() does it.
template <class T, class F>
std::vector<T> mapped(const std::vector<T>& x, F f) {
  std::vector<T> y(x.size());
  elementwise(
      x.size(), [&](Lanes<T>& out, Lanes<T> in) { out = f(in); }, y.data(), x.data());
  return y;
}

/// The error of y in ulp. Where exact is out of T's range, y has to be infinite, where it is below the normal numbers,
/// y has to be as well.
template <class T>
Exact error_in_ulp(T y, Exact exact) {
  constexpr Exact largest = std::numeric_limits<T>::max(), smallest = std::numeric_limits<T>::min();
  constexpr Exact wrong = std::numeric_limits<Exact>::infinity();
  if (std::isnan(y)) return wrong;
  if (std::abs(exact) > largest) return std::isinf(y) && (y > 0) == (exact > 0) ? 0 : wrong;
  if (std::abs(exact) < smallest) return std::abs(y) <= smallest ? 0 : wrong;
  return std::abs(y - exact) / ulp<T>(exact);
}

/// f(x) is exact(x) within this many ulp.
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

/// f at one number.
template <class T, class F>
T at(F f, T x) {
  return f(Lanes<T>(x)).first();
}

/// The same bits; so -0 is not 0, and NaN is NaN.
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

/// Every function of one number that Lanes has.
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

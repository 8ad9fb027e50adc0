#pragma once
// Dual<V>: a value and its slope, carried through a formula together (forward-mode differentiation), exact by
// construction. f(Dual{z, 1}) is f(z) and f'(z); with V itself a Dual, also f''(z).
#include <concepts>
#include <type_traits>

#include <gradflow/math/lanes.hpp>

namespace gradflow {

template <class V>
struct Dual {
  using Scalar = typename V::Scalar;
  using Mask = typename V::Mask;

  V value;
  V slope;

  Dual(V value_, V slope_) : value(value_), slope(slope_) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Dual(Number x) : value(x), slope(0) {}

  friend Dual operator+(const Dual& a, const Dual& b) { return {a.value + b.value, a.slope + b.slope}; }
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.value - b.value, a.slope - b.slope}; }
  friend Dual operator-(const Dual& a) { return {-a.value, -a.slope}; }
  friend Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const V quotient = a.value / b.value;
    return {quotient, (a.slope - quotient * b.slope) / b.value};
  }
  // With a plain number, whose slope is 0: as a Dual it would give 0 * infinity at infinity.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  friend Dual operator*(const Dual& a, Number b) { return {a.value * b, a.slope * b}; }
  template <class Number>
  requires std::is_arithmetic_v<Number>
  friend Dual operator*(Number a, const Dual& b) { return {a * b.value, a * b.slope}; }
  template <class Number>
  requires std::is_arithmetic_v<Number>
  friend Dual operator/(const Dual& a, Number b) { return {a.value / b, a.slope / b}; }

  friend Mask operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend Mask operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  friend Mask operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  friend Mask operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  friend Mask operator==(const Dual& a, const Dual& b) { return a.value == b.value; }
  friend Mask operator!=(const Dual& a, const Dual& b) { return a.value != b.value; }
  friend Dual select(Mask mask, const Dual& a, const Dual& b) {
    return {select(mask, a.value, b.value), select(mask, a.slope, b.slope)};
  }

  /// The slope at 0 is 0, as in torch.
  friend Dual abs(const Dual& a) {
    return {abs(a.value), select(a.value < 0, -a.slope, select(a.value == 0, V(0), a.slope))};
  }
  friend Dual sqrt(const Dual& a) {
    const V root = sqrt(a.value);
    return {root, a.slope / (2 * root)};
  }
  friend Dual exp(const Dual& a) {
    const V e = exp(a.value);
    return {e, e * a.slope};
  }
  friend Dual expm1(const Dual& a) {
    const auto both = expm1_and_slope(a.value);
    return {both.value, both.slope * a.slope};
  }
  friend ValueAndSlope<Dual> expm1_and_slope(const Dual& a) { return {expm1(a), exp(a)}; }
  friend Dual log(const Dual& a) { return {log(a.value), a.slope / a.value}; }
  friend Dual log1p(const Dual& a) { return {log1p(a.value), a.slope / (1 + a.value)}; }
  friend Dual sin(const Dual& a) { return {sin(a.value), cos(a.value) * a.slope}; }
  friend Dual cos(const Dual& a) { return {cos(a.value), -sin(a.value) * a.slope}; }
  friend Dual erfc(const Dual& a) {
    constexpr double two_over_sqrt_pi = 1.1283791670955126;
    return {erfc(a.value), -two_over_sqrt_pi * exp(-a.value * a.value) * a.slope};
  }

  // Primitives, each with a rule of its own: differentiating their formulas would lose the digits of the tails, and
  // where two branches meet it would not even be the derivative.
  friend Dual sigmoid(const Dual& a) {
    const auto both = sigmoid_and_slope(a.value);
    return {both.value, both.slope * a.slope};
  }
  friend Dual sigmoid_slope(const Dual& a) {
    const V s = sigmoid_slope(a.value);
    return {s, -s * tanh(a.value / 2) * a.slope};
  }
  friend ValueAndSlope<Dual> sigmoid_and_slope(const Dual& a) { return {sigmoid(a), sigmoid_slope(a)}; }
  friend Dual tanh(const Dual& a) {
    const auto both = tanh_and_slope(a.value);
    return {both.value, both.slope * a.slope};
  }
  friend ValueAndSlope<Dual> tanh_and_slope(const Dual& a) { return {tanh(a), 4 * sigmoid_slope(2 * a)}; }
  friend Dual softplus(const Dual& a) { return {softplus(a.value), sigmoid(a.value) * a.slope}; }
};

}  // namespace gradflow

#pragma once
// Dual<V>: a value and its slope (derivative). A formula computes both together, by exact rules (forward-mode
// differentiation). f(Dual{z, 1}) returns f(z) and f'(z). If V is itself a Dual, it also returns f''(z).
#include <concepts>
#include <type_traits>

#include <gradflow/math/lanes.hpp>

namespace gradflow {

/// A value and its slope. V is Lanes or a Dual. In the comments below, a' and b' are the slopes of a and b.
template <class V>
struct Dual {
  using Scalar = typename V::Scalar;  ///< float or double
  using Mask = typename V::Mask;      ///< the result of a comparison

  V value;  ///< f(z)
  V slope;  ///< f'(z)

  Dual(V value_, V slope_) : value(value_), slope(slope_) {}  ///< slope 1 for the variable, 0 for a constant
  template <class Number>
  requires std::is_arithmetic_v<Number> Dual(Number x) : value(x), slope(0) {}  ///< a constant

  /// Slope a' + b'.
  friend Dual operator+(const Dual& a, const Dual& b) { return {a.value + b.value, a.slope + b.slope}; }
  /// Slope a' - b'.
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.value - b.value, a.slope - b.slope}; }
  friend Dual operator-(const Dual& a) { return {-a.value, -a.slope}; }  ///< slope -a'
  /// Slope a' b + a b'.
  friend Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  /// Slope (a' - (a / b) b') / b.
  friend Dual operator/(const Dual& a, const Dual& b) {
    const V quotient = a.value / b.value;
    return {quotient, (a.slope - quotient * b.slope) / b.value};
  }
  /// Slope a' b for a plain number b. Converted to a Dual, b would have the slope 0, and a * 0 would be NaN for an
  /// infinite a.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  friend Dual operator*(const Dual& a, Number b) { return {a.value * b, a.slope * b}; }
  template <class Number>
  requires std::is_arithmetic_v<Number>
  friend Dual operator*(Number a, const Dual& b) { return {a * b.value, a * b.slope}; }  ///< slope a b'
  template <class Number>
  requires std::is_arithmetic_v<Number>
  friend Dual operator/(const Dual& a, Number b) { return {a.value / b, a.slope / b}; }  ///< slope a' / b

  friend Mask operator<(const Dual& a, const Dual& b) { return a.value < b.value; }    ///< compares the values only
  friend Mask operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }  ///< compares the values only
  friend Mask operator>(const Dual& a, const Dual& b) { return a.value > b.value; }    ///< compares the values only
  friend Mask operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }  ///< compares the values only
  friend Mask operator==(const Dual& a, const Dual& b) { return a.value == b.value; }  ///< compares the values only
  friend Mask operator!=(const Dual& a, const Dual& b) { return a.value != b.value; }  ///< compares the values only
  /// The value and slope of a if the mask is true, else the value and slope of b.
  friend Dual select(Mask mask, const Dual& a, const Dual& b) {
    return {select(mask, a.value, b.value), select(mask, a.slope, b.slope)};
  }

  /// |a|. The slope at 0 is 0, as in torch.
  friend Dual abs(const Dual& a) {
    return {abs(a.value), select(a.value < 0, -a.slope, select(a.value == 0, V(0), a.slope))};
  }
  /// Slope of the larger number. If a and b are equal: the smaller of the two slopes, which is the derivative from the
  /// left.
  friend Dual max(const Dual& a, const Dual& b) {
    return {max(a.value, b.value),
            select(a.value > b.value, a.slope, select(b.value > a.value, b.slope, min(a.slope, b.slope)))};
  }
  /// Slope of the smaller number. If a and b are equal: the larger of the two slopes, which is the derivative from the
  /// left.
  friend Dual min(const Dual& a, const Dual& b) {
    return {min(a.value, b.value),
            select(a.value < b.value, a.slope, select(b.value < a.value, b.slope, max(a.slope, b.slope)))};
  }
  /// Slope a' / (2 sqrt(a)).
  friend Dual sqrt(const Dual& a) {
    const V root = sqrt(a.value);
    return {root, a.slope / (2 * root)};
  }
  /// Slope exp(a) a'.
  friend Dual exp(const Dual& a) {
    const V e = exp(a.value);
    return {e, e * a.slope};
  }
  /// Slope exp(a) a'.
  friend Dual expm1(const Dual& a) {
    const auto both = expm1_and_slope(a.value);
    return {both.value, both.slope * a.slope};
  }
  friend ValueAndSlope<Dual> expm1_and_slope(const Dual& a) { return {expm1(a), exp(a)}; }  ///< expm1(a) and exp(a)
  friend Dual log(const Dual& a) { return {log(a.value), a.slope / a.value}; }              ///< slope a' / a
  friend Dual log1p(const Dual& a) { return {log1p(a.value), a.slope / (1 + a.value)}; }    ///< slope a' / (1 + a)
  friend Dual sin(const Dual& a) { return {sin(a.value), cos(a.value) * a.slope}; }         ///< slope cos(a) a'
  friend Dual cos(const Dual& a) { return {cos(a.value), -sin(a.value) * a.slope}; }        ///< slope -sin(a) a'
  /// Slope -2 / sqrt(pi) exp(-a^2) a'.
  friend Dual erfc(const Dual& a) {
    constexpr double two_over_sqrt_pi = 1.1283791670955126;
    return {erfc(a.value), -two_over_sqrt_pi * exp(-a.value * a.value) * a.slope};
  }

  // Each function below has its own rule for the slope. Differentiating its formula would lose digits in the tails, and
  // would be wrong where two branches of the formula meet.

  /// Slope sigmoid_slope(a) a'.
  friend Dual sigmoid(const Dual& a) {
    const auto both = sigmoid_and_slope(a.value);
    return {both.value, both.slope * a.slope};
  }
  /// Slope -sigmoid_slope(a) tanh(a / 2) a'.
  friend Dual sigmoid_slope(const Dual& a) {
    const V s = sigmoid_slope(a.value);
    return {s, -s * tanh(a.value / 2) * a.slope};
  }
  /// sigmoid(a) and sigmoid_slope(a), each with its own slope.
  friend ValueAndSlope<Dual> sigmoid_and_slope(const Dual& a) { return {sigmoid(a), sigmoid_slope(a)}; }
  /// Slope (1 - tanh(a)^2) a'.
  friend Dual tanh(const Dual& a) {
    const auto both = tanh_and_slope(a.value);
    return {both.value, both.slope * a.slope};
  }
  /// tanh(a) and its derivative, 4 sigmoid_slope(2 a), each with its own slope.
  friend ValueAndSlope<Dual> tanh_and_slope(const Dual& a) { return {tanh(a), 4 * sigmoid_slope(2 * a)}; }
  /// Slope sigmoid(a) a'.
  friend Dual softplus(const Dual& a) { return {softplus(a.value), sigmoid(a.value) * a.slope}; }
};

}  // namespace gradflow

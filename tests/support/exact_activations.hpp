#pragma once
// Reference values for the activations: value, slope and curvature by textbook formulas, with <cmath> alone, in forms
// that lose no digits. Real is double to test float (29 more bits), or long double to test double (11 more bits).
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <string_view>

namespace gradflow::test {

template <class Real>
struct ExactActivation {
  Real (*value)(Real);
  Real (*slope)(Real);      ///< at a kink: the slope of the left piece; a clamped function has 0 at both ends
  Real (*curvature)(Real);  ///< at a kink: as for the slope
};

/// The formulas, for an exact z. Every result is right to a few units in the last place of Real. Near a zero of the
/// function, the error is that of a z that is wrong by a few units in its last place.
template <class Real>
struct Formulas {
  static Real zero(Real) { return 0; }
  static Real one(Real) { return 1; }
  static Real identity(Real z) { return z; }

  static Real sigmoid(Real z) { return 1 / (1 + std::exp(-z)); }
  static Real sigmoid_slope(Real z) {
    const Real e = std::exp(-std::abs(z));
    return e / ((1 + e) * (1 + e));
  }
  static Real sigmoid_curvature(Real z) { return -sigmoid_slope(z) * std::tanh(z / 2); }

  static Real tanh(Real z) { return std::tanh(z); }
  static Real tanh_slope(Real z) { return 1 / (std::cosh(z) * std::cosh(z)); }
  static Real tanh_curvature(Real z) { return -2 * std::tanh(z) * tanh_slope(z); }

  static Real relu(Real z) { return z > 0 ? z : 0; }
  static Real relu_slope(Real z) { return z > 0 ? 1 : 0; }
  static constexpr Real leak = static_cast<Real>(0.2L);
  static Real leaky_relu(Real z) { return z > 0 ? z : leak * z; }
  static Real leaky_relu_slope(Real z) { return z > 0 ? 1 : leak; }

  static Real elu(Real z) { return z > 0 ? z : std::expm1(z); }
  static Real elu_slope(Real z) { return z > 0 ? 1 : std::exp(z); }
  static Real elu_curvature(Real z) { return z > 0 ? 0 : std::exp(z); }
  static constexpr Real lambda = static_cast<Real>(1.0507009873554805L), alpha = static_cast<Real>(1.6732632423543772L);
  static Real selu(Real z) { return lambda * (z > 0 ? z : alpha * std::expm1(z)); }
  static Real selu_slope(Real z) { return lambda * (z > 0 ? 1 : alpha * std::exp(z)); }
  static Real selu_curvature(Real z) { return z > 0 ? 0 : lambda * alpha * std::exp(z); }

  /// exp(-c z^2) for c = 1 or 1/2. The second factor corrects the rounding error of z^2.
  static Real bell(Real z, Real c) {
    const Real square = z * z;
    return std::exp(-c * square) * (1 - c * std::fma(z, z, -square));
  }
  static Real normal(Real z) { return std::erfc(-z / std::numbers::sqrt2_v<Real>) / 2; }
  static Real normal_density(Real z) {
    return bell(z, Real(0.5)) * std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>;
  }
  static Real gelu(Real z) { return z * normal(z); }
  static Real gelu_slope(Real z) { return normal(z) + z * normal_density(z); }
  static Real gelu_curvature(Real z) { return (2 - z * z) * normal_density(z); }

  /// gelu_tanh is z (1 + tanh u) / 2 = z sigmoid(2 u), with a cubic u(z). Here: 2 u and its two derivatives.
  static constexpr Real steepness = static_cast<Real>(2 * 0.79788456080286535587989L);  // 2 sqrt(2 / pi)
  static constexpr Real bend = static_cast<Real>(0.044715L);
  static Real cubic(Real z) { return steepness * (z + bend * z * z * z); }
  static Real cubic_slope(Real z) { return steepness * (1 + 3 * bend * z * z); }
  static Real cubic_curvature(Real z) { return steepness * 6 * bend * z; }
  static Real gelu_tanh(Real z) { return z * sigmoid(cubic(z)); }
  static Real gelu_tanh_slope(Real z) { return sigmoid(cubic(z)) + z * sigmoid_slope(cubic(z)) * cubic_slope(z); }
  static Real gelu_tanh_curvature(Real z) {
    const Real q = cubic(z), q1 = cubic_slope(z), q2 = cubic_curvature(z);
    return sigmoid_slope(q) * (2 * q1 + z * q2) + z * sigmoid_curvature(q) * q1 * q1;
  }

  static Real silu(Real z) { return z * sigmoid(z); }
  static Real silu_slope(Real z) { return sigmoid(z) + z * sigmoid_slope(z); }
  static Real silu_curvature(Real z) { return 2 * sigmoid_slope(z) + z * sigmoid_curvature(z); }

  /// tanh(log(1 + e^z)) = n / (n + 2) with n = e^z (e^z + 2). For z > 0, both n and n + 2 are divided by e^(2z).
  static Real mish_gate(Real z) {
    const Real e = std::exp(-std::abs(z));
    const Real n = z > 0 ? 1 + 2 * e : e * (e + 2);
    return n / (n + (z > 0 ? 2 * e * e : 2));
  }
  static Real mish_gate_slope(Real z) {
    const Real e = std::exp(-std::abs(z));
    const Real m = z > 0 ? 1 + 2 * e + 2 * e * e : e * (e + 2) + 2;
    return 4 * (z > 0 ? e * e : e) * (1 + e) / (m * m);
  }
  static Real mish_gate_curvature(Real z) { return mish_gate_slope(z) * (sigmoid(-z) - 2 * mish_gate(z) * sigmoid(z)); }
  static Real mish(Real z) { return z * mish_gate(z); }
  static Real mish_slope(Real z) { return mish_gate(z) + z * mish_gate_slope(z); }
  static Real mish_curvature(Real z) { return 2 * mish_gate_slope(z) + z * mish_gate_curvature(z); }

  static Real softplus(Real z) { return relu(z) + std::log1p(std::exp(-std::abs(z))); }

  static Real softsign(Real z) { return z / (1 + std::abs(z)); }
  static Real softsign_slope(Real z) { return 1 / ((1 + std::abs(z)) * (1 + std::abs(z))); }
  static Real softsign_curvature(Real z) { return std::copysign(2, -z) * softsign_slope(z) / (1 + std::abs(z)); }

  static Real hard_sigmoid(Real z) { return std::clamp<Real>(z / 6 + Real(0.5), 0, 1); }
  static Real hard_sigmoid_slope(Real z) { return z > -3 && z < 3 ? Real(1) / 6 : 0; }
  static Real hard_tanh(Real z) { return std::clamp<Real>(z, -1, 1); }
  static Real hard_tanh_slope(Real z) { return z > -1 && z < 1 ? 1 : 0; }
  static Real relu6(Real z) { return std::clamp<Real>(z, 0, 6); }
  static Real relu6_slope(Real z) { return z > 0 && z < 6 ? 1 : 0; }

  static constexpr Real height = static_cast<Real>(1.7159L), two_thirds = Real(2) / 3;
  static Real lecun_tanh(Real z) { return height * std::tanh(2 * z / 3); }
  static Real lecun_tanh_slope(Real z) { return height * two_thirds * tanh_slope(2 * z / 3); }
  static Real lecun_tanh_curvature(Real z) { return height * two_thirds * two_thirds * tanh_curvature(2 * z / 3); }

  static Real sine(Real z) { return std::sin(z); }
  static Real cosine(Real z) { return std::cos(z); }
  static Real minus_sine(Real z) { return -std::sin(z); }

  static Real gaussian(Real z) { return bell(z, 1); }
  static Real gaussian_slope(Real z) { return -2 * z * bell(z, 1); }
  static Real gaussian_curvature(Real z) { return (4 * z * z - 2) * bell(z, 1); }
};

/// The exact functions by name, as in the list `Activations`. Parameters have their defaults.
template <class Real>
const std::map<std::string_view, ExactActivation<Real>>& exact_activations() {
  using F = Formulas<Real>;
  static const std::map<std::string_view, ExactActivation<Real>> all{
      {"identity", {F::identity, F::one, F::zero}},
      {"sigmoid", {F::sigmoid, F::sigmoid_slope, F::sigmoid_curvature}},
      {"tanh", {F::tanh, F::tanh_slope, F::tanh_curvature}},
      {"relu", {F::relu, F::relu_slope, F::zero}},
      {"leaky_relu", {F::leaky_relu, F::leaky_relu_slope, F::zero}},
      {"elu", {F::elu, F::elu_slope, F::elu_curvature}},
      {"celu", {F::elu, F::elu_slope, F::elu_curvature}},
      {"selu", {F::selu, F::selu_slope, F::selu_curvature}},
      {"gelu", {F::gelu, F::gelu_slope, F::gelu_curvature}},
      {"gelu_tanh", {F::gelu_tanh, F::gelu_tanh_slope, F::gelu_tanh_curvature}},
      {"silu", {F::silu, F::silu_slope, F::silu_curvature}},
      {"mish", {F::mish, F::mish_slope, F::mish_curvature}},
      {"softplus", {F::softplus, F::sigmoid, F::sigmoid_slope}},
      {"softsign", {F::softsign, F::softsign_slope, F::softsign_curvature}},
      {"hard_sigmoid", {F::hard_sigmoid, F::hard_sigmoid_slope, F::zero}},
      {"hard_tanh", {F::hard_tanh, F::hard_tanh_slope, F::zero}},
      {"relu6", {F::relu6, F::relu6_slope, F::zero}},
      {"lecun_tanh", {F::lecun_tanh, F::lecun_tanh_slope, F::lecun_tanh_curvature}},
      {"sine", {F::sine, F::cosine, F::minus_sine}},
      {"gaussian", {F::gaussian, F::gaussian_slope, F::gaussian_curvature}},
  };
  return all;
}

}  // namespace gradflow::test

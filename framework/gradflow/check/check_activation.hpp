#pragma once
// check_activation() tests an activation policy: slope and curvature against difference quotients, a hand-written
// `derivative` against automatic differentiation, float against double, and very large |x|. It also tests that each
// result depends only on its own x. For a policy of your own:
//   const CheckReport report = check_activation<Softsign>();
#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <gradflow/check/check_report.hpp>
#include <gradflow/nn/activation.hpp>

namespace gradflow {

/// Points and tolerances of check_activation().
struct ActivationCheckOptions {
  double range = 20;          ///< compares on [-range, range], and near 0
  double largest = 1e30;      ///< value and slope must not be NaN for |x| up to this
  double tolerance = 1e-7;    ///< tolerance for slope and curvature against difference quotients
  double derivative = 1e-13;  ///< tolerance for the policy's own `derivative` against automatic differentiation
  double float_ulp = 1024;    ///< tolerance for float against double, in ulp: ten of the 24 bits of a float may be lost
  double left_out = 0.02;     ///< largest share of points that may be left out
  double kink = 1e-2;         ///< leaves x out if value or slope jumps there by more than this share of its maximum
};

namespace detail {

/// Value, slope and curvature at one x.
using Derivatives = std::array<double, 3>;

/// A policy as a function that computes several numbers together, each in a lane of its own.
struct SideBySide {
  std::string in;     ///< " in float", or empty for double
  std::size_t lanes;  ///< at() takes and returns this many numbers
  std::function<std::vector<Derivatives>(const std::vector<double>&)> at;
};

/// A policy as functions of one number, and as functions of several numbers together.
struct ActivationUnderCheck {
  ActivationInfo exact;  ///< computes in double
  /// Differentiates value() automatically; empty if the policy has no `derivative`.
  std::function<double(double)> slope_of_expression;
  std::function<double(float)> float_value, float_slope;
  std::vector<SideBySide> side_by_side;  ///< one for double, one for float
};

template <class T, Activation A>
SideBySide side_by_side(const A& activation, const std::string& in) {
  using V = Lanes<T>;
  const auto at = [activation](const std::vector<double>& x) {
    std::array<T, V::size> numbers;
    std::ranges::transform(x, numbers.begin(), [](double number) { return static_cast<T>(number); });
    const V z = V::load(numbers.data());
    const std::array<V, 3> derivatives = {activation.value(z), value_and_slope(activation, z).slope,
                                          value_and_slope(activation, Dual<V>(z, V(1))).slope.slope};
    std::vector<Derivatives> results(V::size);
    for (std::size_t k = 0; k < derivatives.size(); ++k) {
      derivatives[k].store(numbers.data());
      for (std::size_t i = 0; i < V::size; ++i) results[i][k] = numbers[i];
    }
    return results;
  };
  return {in, V::size, at};
}

CheckReport check_activation(const ActivationUnderCheck& activation, const ActivationCheckOptions& options);

}  // namespace detail

/// Checks a policy: check_activation<Mish>(), check_activation(LeakyRelu{.slope = 0.1}, {.range = 5}). Errors are
/// relative, except that float against double is in ulp. An error counts as 0 if it can come from the rounding of x
/// or from the uncertainty of a difference quotient. Throws ValueError if a parameter of the policy is outside its
/// range.
template <Activation A>
CheckReport check_activation(const A& activation = {}, const ActivationCheckOptions& options = {}) {
  policy_must_compile_for_lanes_and_duals(activation);
  check_parameters(activation);
  detail::ActivationUnderCheck functions{activation_info(activation), {}, {}, {}, {}};
  if constexpr (requires(Lanes<double> z) { activation.derivative(z, z); })
    functions.slope_of_expression = [activation](double x) {
      return activation.value(Dual<Lanes<double>>(x, 1)).slope.first();
    };
  functions.float_value = [activation](float x) { return activation.value(Lanes<float>(x)).first(); };
  functions.float_slope = [activation](float x) { return value_and_slope(activation, Lanes<float>(x)).slope.first(); };
  functions.side_by_side = {detail::side_by_side<double>(activation, ""),
                            detail::side_by_side<float>(activation, " in float")};
  return detail::check_activation(functions, options);
}

}  // namespace gradflow

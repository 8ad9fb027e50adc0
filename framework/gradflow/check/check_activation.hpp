#pragma once
// Is an activation what its expression says? Slope and curvature against difference quotients, a hand-written
// `derivative` against the exact one, float against double, and the far ends. For a policy of your own:
//   const CheckReport report = check_activation<Softsign>();
#include <functional>

#include <gradflow/check/report.hpp>
#include <gradflow/nn/activation.hpp>

namespace gradflow {

struct ActivationCheckOptions {
  double range = 20;          ///< compared on [-range, range], and near 0
  double largest = 1e30;      ///< up to here |x| gives numbers: no NaN, neither in value nor in slope
  double tolerance = 1e-7;    ///< of slope and curvature against difference quotients
  double derivative = 1e-13;  ///< of the policy's own derivative against that of its expression
  double float_ulp = 1024;    ///< of float against double: ten of float's 24 bits may be lost
  double left_out = 0.02;     ///< so large a share of the points may be left out
  double kink = 1e-2;         ///< a slope that jumps by so much of the largest: a kink, x is left out
};

namespace detail {

/// A policy as functions of one number.
struct ActivationUnderCheck {
  ActivationInfo exact;                               ///< in double
  std::function<double(double)> slope_of_expression;  ///< empty where the policy has no derivative of its own
  std::function<double(float)> float_value, float_slope;
};

CheckReport check_activation(const ActivationUnderCheck& activation, const ActivationCheckOptions& options);

}  // namespace detail

/// check_activation<Mish>(), check_activation(LeakyRelu{.slope = 0.1}, {.range = 5}). An error is relative; what x
/// itself, rounded, would change is not counted, and of a difference quotient not what it cannot know.
template <Activation A>
CheckReport check_activation(const A& activation = {}, const ActivationCheckOptions& options = {}) {
  policy_must_compile_for_lanes_and_duals(activation);
  check_parameters(activation);
  detail::ActivationUnderCheck functions{activation_info(activation), {}, {}, {}};
  if constexpr (requires(Lanes<double> z) { activation.derivative(z, z); })
    functions.slope_of_expression = [activation](double x) {
      return activation.value(Dual<Lanes<double>>(x, 1)).slope.first();
    };
  functions.float_value = [activation](float x) { return activation.value(Lanes<float>(x)).first(); };
  functions.float_slope = [activation](float x) { return value_and_slope(activation, Lanes<float>(x)).slope.first(); };
  return detail::check_activation(functions, options);
}

}  // namespace gradflow

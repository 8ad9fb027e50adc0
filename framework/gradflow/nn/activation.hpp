#pragma once
// Defines what an activation is: a policy, which is a default-constructible struct with a `name` and one expression
// value(z).
#include <concepts>
#include <span>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/math/dual.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/activation_info.hpp>

namespace gradflow {

/// A policy may also have derivative(z, a), with a = value(z), if a hand-written derivative keeps more digits or is
/// faster. It may also have `weights`, the scheme by which AutoInit draws the weights of its layer.
template <class A>
concept Activation = std::copyable<A> && std::default_initializable<A> &&
    requires(const A activation, Lanes<float> x, Dual<Lanes<double>> dual) {
  { A::name } -> std::convertible_to<std::string_view>;
  { activation.value(x) } -> std::same_as<Lanes<float>>;
  { activation.value(dual) } -> std::same_as<Dual<Lanes<double>>>;
};

/// Returns f(z) and f'(z). V is a Lanes or a Dual of Lanes; with a Dual, the slope also carries f''(z).
template <class A, class V>
Dual<V> value_and_slope(const A& activation, const V& z) {
  if constexpr (requires { activation.derivative(z, z); }) {
    const V a = activation.value(z);
    return {a, activation.derivative(z, a)};
  } else {
    return activation.value(Dual<V>{z, V(1)});
  }
}

/// Compiles the body of value(z), which a concept does not check. A compiler error in this function means that value(z)
/// of the policy A uses something that is not defined for gradflow's numbers. Defined are + - * /, comparisons, select
/// (instead of ?: and if), and the functions of lanes.hpp, written without std::.
template <Activation A>
void policy_must_compile_for_lanes_and_duals(const A& activation = {}) {
  const auto for_number = [&]<class T>(T x) {
    const Lanes<T> z(x);
    (void)activation.value(z);
    (void)value_and_slope(activation, z);
    (void)value_and_slope(activation, Dual<Lanes<T>>(z, Lanes<T>(1)));
  };
  for_number(0.0f);
  for_number(0.0);
}

namespace detail {

/// Replaces every z in a by f(z). A policy may have a sweep() of its own for whole arrays.
template <class A, class T>
void sweep(const A& activation, std::span<T> a) {
  if constexpr (requires { activation.sweep(a); }) return activation.sweep(a);
  elementwise(
      a.size(), [&activation](Lanes<T>& y) { y = activation.value(y); }, a.data());
}
/// The same; also writes f'(z) to slope, which has as many numbers as a.
template <class A, class T>
void sweep(const A& activation, std::span<T> a, std::span<T> slope) {
  if constexpr (requires { activation.sweep(a, slope); }) return activation.sweep(a, slope);
  const auto both_of = [&activation](Lanes<T>& y, Lanes<T>& dy) {
    const Dual<Lanes<T>> both = value_and_slope(activation, y);
    y = both.value;
    dy = both.slope;
  };
  elementwise(a.size(), both_of, a.data(), slope.data());
}

}  // namespace detail

/// Returns the policy's `weights`, or mean_field if it declares none.
template <Activation A>
constexpr WeightScheme weight_scheme() {
  if constexpr (requires { A::weights; }) return A::weights;
  return WeightScheme::mean_field;
}

/// Returns the policy as data. The functions in it keep a copy of the policy.
template <Activation A>
ActivationInfo activation_info(const A& activation) {
  using Number = Lanes<double>;
  return {.name = describe(activation),
          .settings = settings_of(activation),
          .weights = weight_scheme<A>(),
          .value = [activation](double z) { return activation.value(Number(z)).first(); },
          .slope = [activation](double z) { return value_and_slope(activation, Number(z)).slope.first(); },
          .curvature =
              [activation](double z) {
                return value_and_slope(activation, Dual<Number>(Number(z), Number(1))).slope.slope.first();
              }};
}

}  // namespace gradflow

#pragma once
// Value, slope and curvature of an activation policy at a single number.
#include <gradflow/nn/activation.hpp>

namespace gradflow {

template <class T, class A>
T value_at(const A& activation, T z) {
  return activation.value(Lanes<T>(z)).first();
}

template <class T, class A>
T slope_at(const A& activation, T z) {
  return value_and_slope(activation, Lanes<T>(z)).slope.first();
}

template <class T, class A>
T curvature_at(const A& activation, T z) {
  return value_and_slope(activation, Dual<Lanes<T>>(Lanes<T>(z), Lanes<T>(1))).slope.slope.first();
}

}  // namespace gradflow

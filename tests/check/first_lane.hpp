#pragma once
// Reads one lane to decide for all lanes. No policy may do this. The tests use it in faulty policies, which the
// checkers must catch.
#include <gradflow/math/dual.hpp>
#include <gradflow/math/lanes.hpp>

namespace gradflow {

template <class T>
T first_lane(const Lanes<T>& x) {
  return x.first();
}
template <class V>
auto first_lane(const Dual<V>& x) {
  return first_lane(x.value);
}

}  // namespace gradflow

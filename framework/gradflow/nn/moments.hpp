#pragma once
// Moments of an activation whose argument is normally distributed, as in a wide network before training. Mean-field
// theory uses these moments, and AutoInit uses that theory.
#include <functional>

#include <gradflow/nn/activation_info.hpp>

namespace gradflow {

/// Returns E g(sqrt(q) Z)^2, Z ~ N(0, 1), for any variance q >= 0; this is g(0)^2 for q = 0. Computed by adaptive
/// quadrature to 1e-12 of the result, also for functions g with kinks and jumps. The quadrature misses a part of g that
/// is narrower than the distance between its first points, which are 15 for every doubling of |Z|. Returns infinity if
/// g is too large for a double. Throws ValueError if q is negative, infinite or NaN.
double mean_square(const std::function<double(double)>& g, double q);

/// Returns E f^2 of the activation at variance q.
double mean_square_value(const ActivationInfo& activation, double q);

/// Returns E f'^2 of the activation at variance q. For q = 0 it returns the limit for q -> 0. If f has a kink at 0, the
/// limit is the mean of both squared slopes (relu: 1/2).
double mean_square_slope(const ActivationInfo& activation, double q);

}  // namespace gradflow

#pragma once
// Moments of an activation whose argument is normally distributed, as it is in a wide network before training: what
// mean-field theory, and from it AutoInit, is made of.
#include <functional>

#include <gradflow/nn/activation_info.hpp>

namespace gradflow {

/// E g(sqrt(q) Z)^2, Z ~ N(0, 1), for any variance q >= 0; g(0)^2 for q = 0. By adaptive quadrature of g as it is, to
/// 1e-12 of the result, kinks and jumps included, wherever they stand. A part of g that is narrower than the first
/// points are apart, 15 for every doubling of |Z|, is missed. Infinite where g is too large for a double; throws
/// ValueError where q is negative, infinite or NaN.
double mean_square(const std::function<double(double)>& g, double q);

/// E f^2 of the activation at variance q.
double mean_square_value(const ActivationInfo& activation, double q);

/// E f'^2 of the activation at variance q; for q = 0 its limit, in which a kink at 0 counts with both of its slopes
/// (relu: 1/2).
double mean_square_slope(const ActivationInfo& activation, double q);

}  // namespace gradflow

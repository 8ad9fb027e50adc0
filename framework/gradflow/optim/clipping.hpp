#pragma once
// Clipping by the global norm (Pascanu, Mikolov & Bengio 2013, algorithm 1).
#include <limits>

#include <gradflow/base/names.hpp>

namespace gradflow {

/// min(1, limit / norm): what to give to StepOptions::gradient_scale so that the gradient's norm is at most the limit.
/// The gradients themselves stay as backward wrote them. 1 for a norm of 0, 0 for an infinite one, NaN for NaN. Throws
/// ValueError where the limit is negative or NaN; an infinite limit clips nothing.
inline double clip_scale(double norm, double limit) {
  check_range("clip_scale", "limit", limit, 0, std::numeric_limits<double>::infinity(), false);
  return norm <= limit ? 1 : limit / norm;
}

}  // namespace gradflow

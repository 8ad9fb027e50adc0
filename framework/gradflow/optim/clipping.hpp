#pragma once
// Clipping by the global norm (Pascanu, Mikolov & Bengio 2013, algorithm 1).
#include <limits>

#include <gradflow/base/names.hpp>

namespace gradflow {

/// Returns min(1, limit / norm), the StepOptions::gradient_scale that limits the norm of the gradient to `limit`. norm:
/// see Optimizer::gradient_norm(). The gradients in the buffer stay unchanged. Returns 1 if norm is 0, 0 if norm is
/// infinite, and NaN if norm is NaN. An infinite limit clips nothing. Throws ValueError if limit is negative or NaN.
inline double clip_scale(double norm, double limit) {
  check_range("clip_scale", "limit", limit, 0, std::numeric_limits<double>::infinity(), false);
  return norm <= limit ? 1 : limit / norm;
}

}  // namespace gradflow

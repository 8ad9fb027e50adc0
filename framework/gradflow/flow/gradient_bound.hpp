#pragma once
// Upper bounds on how much dense layers can lengthen the gradient on its way back.
#include <cstddef>
#include <span>
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// Returns the largest singular value of a matrix [rows, columns], stored row after row: the largest factor by which
/// the matrix can lengthen a vector. Uses power iteration, which approaches the value from below. The relative error is
/// usually far below 1e-6. It can reach a few parts in 10,000 if other singular values are almost as large as the
/// largest. Throws ShapeError if the numbers do not make whole rows.
double spectral_norm(std::span<const float> matrix, std::size_t columns);
/// Does the same for doubles.
double spectral_norm(std::span<const double> matrix, std::size_t columns);

/// The bound for one step of the way back, from layer l to layer l - 1.
struct GradientBound {
  double largest_slope;  ///< largest |f'| of layer l - 1 over units and batch, in the last forward()
  double weight_norm;    ///< ||W_l||_2, the spectral norm of the weights
  /// Returns a factor for which ||dL/dz_{l-1}|| <= factor() ||dL/dz_l|| always holds, since dL/dz_{l-1} = f'(z_{l-1}) *
  /// (dL/dz_l W_l^T).
  double factor() const { return largest_slope * weight_norm; }
};

/// Returns the bounds for layers 1, 2, ... (the first layer is 0): [layers - 1]. A bound is NaN if the layer has no
/// weight [inputs, outputs], or if the layer before has no slopes or feeds a skip. A sigmoid has the bound "at most 1/4
/// a layer" only if ||W||_2 <= 1. The weights of Glorot have a ||W||_2 of about 2.
template <class T>
std::vector<GradientBound> gradient_bounds(const Network<T>& network);

}  // namespace gradflow

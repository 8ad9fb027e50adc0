#pragma once
// What no gradient can exceed on its way back through dense layers, whatever the weights and the data.
#include <cstddef>
#include <span>
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// The largest singular value of a matrix, [rows, columns], row after row: the most by which it can lengthen a
/// vector. By power iteration, which comes near it from below: to 1e-6, and mostly far nearer. Throws ShapeError where
/// the numbers do not make whole rows.
double spectral_norm(std::span<const float> matrix, std::size_t columns);
/// The same for doubles.
double spectral_norm(std::span<const double> matrix, std::size_t columns);

/// One step of the way back, from layer l to the layer before it.
struct GradientBound {
  double largest_slope;  ///< |f'| of layer l - 1 over units and batch, as the last forward() left it
  double weight_norm;    ///< ||W_l||_2
  /// ||dL/dz_{l-1}|| <= factor() ||dL/dz_l||, always: dL/dz_{l-1} = f'(z_{l-1}) * (dL/dz_l W_l^T)
  double factor() const { return largest_slope * weight_norm; }
};

/// The bounds of layers 1, 2, ... (the first is 0): [layers - 1]. NaN where a layer has no weight [inputs, outputs], or
/// the one before it no slopes. "At most 1/4 a layer" is the bound of a sigmoid whose weights have ||W||_2 <= 1, and of
/// no other: Glorot's have about 2.
template <class T>
std::vector<GradientBound> gradient_bounds(const Network<T>& network);

}  // namespace gradflow

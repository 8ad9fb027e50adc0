#pragma once
// Is backward the derivative of forward? Compares every parameter's gradient with a difference quotient of the loss.
// For a layer, activation or loss of your own as for the library's.
#include <cstddef>
#include <string>
#include <vector>

#include <gradflow/base/tensor.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

struct GradientCheckOptions {
  double step = 1e-5;       ///< h = step * max(1, |w|): between rounding (h small) and curvature (h large)
  double tolerance = 1e-7;  ///< on ||numeric - analytic|| / max(||numeric||, ||analytic||) of each block
  double left_out = 0.02;   ///< so large a share of a block may be left out
  double kink = 1e-2;  ///< a slope that jumps by so much between w - h and w + h: a kink lies between, w is left out
};

/// One block of parameters.
struct BlockCheck {
  bool passed = false;
  std::string where;             ///< "layer 0 (dense 2 -> 5, relu), weight"
  double relative_error = 0;     ///< of the block as a whole
  std::size_t checked = 0;       ///< parameters compared
  std::size_t left_out = 0;      ///< parameters whose +-h crosses a kink of a unit or of the loss
  std::size_t worst = 0;         ///< the index in the block of the largest difference
  double got = 0, expected = 0;  ///< there: backward's gradient, and the difference quotient
};

struct GradientReport {
  bool passed = true;
  std::vector<BlockCheck> blocks;
  /// A line for each block; where one failed also the worst place in it.
  std::string text() const;
};

/// x: [batch, inputs], y: [batch, targets]. Kinks are seen by the slopes that layers leave in their traces: a layer of
/// your own without them has to be smooth. In double, where a difference quotient has digits enough; the network is
/// given back with the parameters it had. Throws what network and loss throw, and ValueError where
/// the loss is not finite.
GradientReport gradient_check(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x,
                              const Matrix<double>& y, const GradientCheckOptions& options = {});

}  // namespace gradflow

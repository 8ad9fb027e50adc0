#pragma once
// Is backward the derivative of forward? Compares every parameter's gradient with a difference quotient of the loss,
// and what each layer hands back to the one before. For a layer, activation or loss of your own as for the library's.
#include <gradflow/check/check_report.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// Step and tolerances of gradient_check().
struct GradientCheckOptions {
  double step = 1e-5;       ///< h = step * max(1, |w|): between rounding (h small) and curvature (h large)
  double tolerance = 1e-7;  ///< on ||numeric - analytic|| / max(||numeric||, ||analytic||) of each block
  double left_out = 0.02;   ///< this share of a block may be left out
  double kink = 1e-2;       ///< a slope that jumps by this much between w - h and w + h: a kink, w is left out
};

/// x: [batch, inputs], y: [batch, targets] as Loss::evaluate() takes them. A check for each block of parameters, and
/// one for each layer's dL/dx; its error is that of the block as a whole, its worst place the largest difference. dL/dx
/// is that of the layer alone, so the layer it names is the one that is wrong; a wrong block may have the fault of a
/// layer after it.
///
/// Kinks are seen by the slopes that layers leave in their traces: a layer of your own without them has to be smooth.
/// In double, where a difference quotient has digits enough; the network is given back with the parameters it had.
/// Throws what network and loss throw, ShapeError where y does not meet x and the network's outputs or a layer does not
/// write dL/dx, ValueError where the loss is not
/// finite.
CheckReport gradient_check(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x,
                           const Matrix<double>& y, const GradientCheckOptions& options = {});

}  // namespace gradflow

#pragma once
// gradient_check() tests that backward is the derivative of forward. It compares the gradient of every parameter, and
// the dL/dx of every layer, with difference quotients. It works for the layers, activations and losses of the library
// and for your own.
#include <gradflow/check/check_report.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// Step and tolerances of gradient_check().
struct GradientCheckOptions {
  double step = 1e-5;       ///< h = step * max(1, |w|); a smaller h adds rounding error, a larger h error by curvature
  double tolerance = 1e-7;  ///< largest ||numeric - analytic|| / max(||numeric||, ||analytic||) of a block
  /// The smallest divisor of these errors, as a share of the norm of the whole gradient. A block can have the gradient
  /// 0: the bias of a dense layer before batch_norm(). Its difference quotients are rounding errors.
  double floor = 1e-2;
  double left_out = 0.02;  ///< largest share of a block that may be left out
  /// Leaves a parameter w out, because of a kink, in two cases: between w - h and w + h a slope changes by more than
  /// `kink`, or dL/d(output) changes by more than `kink` times its largest number.
  double kink = 1e-2;
  Pass pass = {};  ///< training or evaluation; seed and step of random layers
};

/// Checks all gradients of a network on one batch. x: [batch, inputs]; y: [batch, targets], as Loss::evaluate() takes
/// them. The report has one check for each block of parameters, and one for the dL/dx of each layer. The error of a
/// check is the error of the whole block; Check::worst is the place of the largest difference. dL/dx, and the gradient
/// of a second input, are checked for each layer by itself, so a failure names the faulty layer. A wrong block may be
/// due to a fault in a later layer.
///
/// All passes draw the same random numbers, and no state changes. Kinks are detected by the slopes that layers leave in
/// their traces. A layer of your own without slopes must be smooth. The check works in double, because difference
/// quotients need the digits. Afterwards the network has its old parameters again. Throws what network and loss throw.
/// Throws ShapeError if y does not fit x and the outputs of the network, or if a layer does not write dL/dx. Throws
/// ValueError if the loss is not finite.
CheckReport gradient_check(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x,
                           const Matrix<double>& y, const GradientCheckOptions& options = {});

}  // namespace gradflow

#pragma once
// PReLU: a leaky relu that learns its slope for negative numbers.
#include <cstddef>

#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// The options of prelu().
struct PreluOptions {
  double slope = 0.25;    ///< the initial slope, any finite number
  bool per_unit = false;  ///< true: a slope for each unit; false: one for all
};

/// Makes a layer with a = z for z > 0 and a = slope z for z <= 0; at z = 0 the derivative is the slope, as in PyTorch.
/// He, Zhang, Ren & Sun 2015. Block: "slope", [1, 1] or [1, width]. Throws ShapeError if width is 0, ValueError if the
/// slope is not finite.
template <class T = float>
LayerPtr<T> prelu(std::size_t width, PreluOptions options = {});

}  // namespace gradflow

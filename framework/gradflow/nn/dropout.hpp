#pragma once
// Dropout: in training, a random share of the numbers becomes 0.
#include <cstddef>

#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// Makes a layer that, in training, sets each number to 0 with probability `rate` and multiplies the others by
/// 1 / (1 - rate), so that the mean stays the same ("inverted dropout"; Srivastava et al. 2014). In evaluation, and
/// with rate 0, a = x, bit for bit. Which numbers become 0 depends on Pass::seed, Pass::step, the layer's place and the
/// row. Throws ShapeError if width is 0, ValueError unless rate is in [0, 1).
template <class T = float>
LayerPtr<T> dropout(std::size_t width, double rate);

}  // namespace gradflow

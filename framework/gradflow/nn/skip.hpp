#pragma once
// Skip connections: a sum of a layer's output and an earlier output. A network keeps them flat: the sum is a layer of
// its own, with its own row in every log and picture.
#include <cstddef>
#include <initializer_list>
#include <vector>

#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// The options of skip() and residual().
struct SkipOptions {
  double scale = 1;  ///< multiplies the sum: any finite number
};

/// Makes the layer a = scale (x + e), where e is the input of the layer that stands `back` layers before this one. It
/// has `width` inputs and outputs; e has the same width. Throws ShapeError if width or back is 0, ValueError if scale
/// is not finite. Network() throws ShapeError if no layer stands so far back, or if e has another width.
template <class T = float>
LayerPtr<T> skip(std::size_t width, std::size_t back, SkipOptions options = {});

/// Makes a residual block: a = scale (x + layers(x)). He, Zhang, Ren & Sun 2016. A network puts the layers in its
/// place, and a skip() over all of them: Network<float>({dense<Tanh>(2, 32), residual({dense<Tanh>(32, 32),
/// dense<Identity>(32, 32)}), dense<Identity>(32, 1)}) has five layers. Blocks can be nested. Throws ShapeError if
/// there are no layers, or if the last layer has another width than the first layer's input.
template <class T>
LayerPtr<T> residual(std::vector<LayerPtr<T>> layers, SkipOptions options = {});
/// The same, for layers that are written out.
template <class T>
LayerPtr<T> residual(std::initializer_list<LayerPtr<T>> layers, SkipOptions options = {}) {
  return residual(std::vector<LayerPtr<T>>(layers), options);
}

}  // namespace gradflow

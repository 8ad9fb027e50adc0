#pragma once
// Layer<T>: a pure function of its parameters and its input. It owns no buffer and does not change, so networks share
// and copy it. To write one of your own, derive from it; nothing in the library needs to know.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/base/random.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/activation_info.hpp>
#include <gradflow/nn/initializers.hpp>

namespace gradflow {

/// What forward() and backward() keep for each layer; backward() and observers read it.
template <class T>
struct Trace {
  Matrix<T> a;  ///< [batch, outputs]  the layer's output
  Matrix<T>
      slope;  ///< [batch, outputs]  da/dz, element-wise; empty where a layer has none, or where keep_slope is false
  Matrix<T> delta;         ///< [batch, outputs]  dL/da on entry to backward, dL/dz after it
  Matrix<T> z;             ///< [batch, outputs]  the activation's argument, kept only where keep_z is true
  bool keep_slope = true;  ///< false in predict(): no backward will follow
  bool keep_z = false;     ///< true while an observer asks for z
};

/// A part of a layer's parameters: {"weight", 0, inputs, outputs}, {"bias", inputs * outputs, 1, outputs}
struct ParameterBlock {
  std::string_view name;                               ///< "weight"; its text must live as long as the layer
  std::size_t offset;                                  ///< the number of the layer's parameters before the block
  std::size_t rows;                                    ///< inputs for weights, 1 for biases
  std::size_t columns;                                 ///< outputs
  std::size_t size() const { return rows * columns; }  ///< the number of parameters
};

/// What a layer's first parameters are drawn with.
struct Initialization {
  const Initializer& initializer;  ///< makes the numbers, in double
  Rng& rng;                        ///< one for the whole network: the layers draw from it in their order
  const ActivationInfo* previous_activation = nullptr;  ///< the activation of the layer before; null in the first layer
};

/// A layer of a network. Its parameters are passed to its functions, and it does not change.
template <class T>
class Layer {
 public:
  virtual ~Layer() = default;
  virtual std::size_t inputs() const = 0;   ///< columns of x
  virtual std::size_t outputs() const = 0;  ///< columns of trace.a
  /// "dense 64 -> 32, tanh"
  virtual std::string describe() const = 0;
  /// The parameters' parts, in the order they lie in, without gaps; none for a layer that learns nothing.
  virtual std::span<const ParameterBlock> blocks() const { return {}; }
  /// Null where the layer has no activation.
  virtual const ActivationInfo* activation() const { return nullptr; }

  /// Writes the parameters that training starts from, parameter_count() of them; all 0 unless overridden.
  virtual void initialize(std::span<T> parameters, const Initialization&) const {
    for (T& parameter : parameters) parameter = T(0);
  }
  /// Writes trace.a, and trace.slope and trace.z where asked; x: [batch, inputs]. Dense layers throw ShapeError here
  /// and below where a shape does not fit; the batch may have 0 samples.
  virtual void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const = 0;
  /// Turns trace.delta from dL/da into dL/dz, writes the gradients (of the shape of the parameters) and, unless x_delta
  /// is null as in the first layer, dL/dx: [batch, inputs].
  virtual void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                        Matrix<T>* x_delta) const = 0;

  /// The number of parameters: where the last of blocks() ends.
  std::size_t parameter_count() const {
    const auto parts = blocks();
    return parts.empty() ? 0 : parts.back().offset + parts.back().size();
  }
};

/// A shared layer: a network and its copies hold the same one.
template <class T>
using LayerPtr = std::shared_ptr<const Layer<T>>;

}  // namespace gradflow

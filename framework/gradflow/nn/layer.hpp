#pragma once
// Layer<T>: a pure function of its parameters and its input. A layer owns no buffers and does not change, so networks
// can share it. To write a layer of your own, derive from this class; no other code of the library has to be changed.
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

/// The matrices that forward() and backward() write for each layer. backward() and observers read them.
template <class T>
struct Trace {
  Matrix<T> a;      ///< [batch, outputs]  the layer's output
  Matrix<T> slope;  ///< [batch, outputs]  da/dz, element-wise; empty if the layer has none or keep_slope is false
  Matrix<T> delta;  ///< [batch, outputs]  dL/da on entry to backward, dL/dz after it
  Matrix<T> z;      ///< [batch, outputs]  the argument of the activation, kept only if keep_z is true
  bool keep_slope = true;  ///< false in predict(), where no backward() will follow
  bool keep_z = false;     ///< true while an observer needs z
};

/// A part of a layer's parameters: {"weight", 0, inputs, outputs}, {"bias", inputs * outputs, 1, outputs}
struct ParameterBlock {
  std::string_view name;                               ///< "weight"; its text must live as long as the layer
  std::size_t offset;                                  ///< the number of the layer's parameters before the block
  std::size_t rows;                                    ///< inputs for weights, 1 for biases
  std::size_t columns;                                 ///< outputs
  std::size_t size() const { return rows * columns; }  ///< the number of parameters
};

/// The arguments from which a layer draws its initial parameters.
struct Initialization {
  const Initializer& initializer;  ///< draws the numbers, in double
  Rng& rng;                        ///< shared by all layers of the network, which draw from it in order
  const ActivationInfo* previous_activation = nullptr;  ///< of the previous layer; null in the first layer
};

/// A layer of a network. The parameters are passed to the functions of the layer; the layer itself does not change.
template <class T>
class Layer {
 public:
  virtual ~Layer() = default;
  virtual std::size_t inputs() const = 0;   ///< columns of x
  virtual std::size_t outputs() const = 0;  ///< columns of trace.a
  /// Returns a description such as "dense 64 -> 32, tanh".
  virtual std::string describe() const = 0;
  /// The parts of the parameters, in the order in which they are stored, without gaps. Empty for a layer that learns
  /// nothing.
  virtual std::span<const ParameterBlock> blocks() const { return {}; }
  /// The activation of the layer, or null if it has none.
  virtual const ActivationInfo* activation() const { return nullptr; }

  /// Writes the initial parameters, parameter_count() of them. Unless overridden, they are all 0.
  virtual void initialize(std::span<T> parameters, const Initialization&) const {
    for (T& parameter : parameters) parameter = T(0);
  }
  /// Writes trace.a; also trace.slope if trace.keep_slope is true, and trace.z if trace.keep_z is true. x has the shape
  /// [batch, inputs]; the batch may have 0 samples. Dense layers throw ShapeError, here and in backward(), if a shape
  /// does not fit.
  virtual void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const = 0;
  /// Turns trace.delta from dL/da into dL/dz and writes the gradients, one for each parameter. Writes dL/dx, [batch,
  /// inputs], to x_delta, unless x_delta is null, as in the first layer.
  virtual void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                        Matrix<T>* x_delta) const = 0;

  /// The number of parameters: the end of the last of blocks().
  std::size_t parameter_count() const {
    const auto parts = blocks();
    return parts.empty() ? 0 : parts.back().offset + parts.back().size();
  }
};

/// A shared layer: a network and its copies hold the same layers.
template <class T>
using LayerPtr = std::shared_ptr<const Layer<T>>;

}  // namespace gradflow

#pragma once
// Layer<T>: a pure function of its parameters and its input. A layer owns no buffers and does not change, so networks
// can share it. To write a layer of your own, derive from this class; no other code of the library has to be changed.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <gradflow/base/random.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/activation_info.hpp>
#include <gradflow/nn/initializers.hpp>

namespace gradflow {

/// What a pass through the network is for. Layers such as dropout() and batch_norm() compute differently in training.
/// The default is a pass of training; predict() makes a pass of evaluation.
struct Pass {
  bool training = true;    ///< false: evaluation; nothing is random, and batch_norm() uses its running statistics
  std::uint64_t seed = 0;  ///< the seed of the run; random layers draw from seed and step
  std::uint64_t step = 0;  ///< the number of the step: in each step, random layers draw other numbers
};

namespace detail {

/// Returns the generator for one row of the batch in one layer: independent of all other rows, layers, steps and seeds.
Rng generator_of_row(const Pass& pass, std::size_t layer, std::size_t row);

}  // namespace detail

/// What forward() and backward() read and write for each layer, besides parameters and input. backward() and observers
/// read the matrices.
template <class T>
struct Trace {
  Matrix<T> a = {};      ///< [batch, outputs]  the layer's output
  Matrix<T> slope = {};  ///< [batch, outputs]  da/dz, element-wise; empty if the layer has none or keep_slope is false
  Matrix<T> delta = {};  ///< [batch, outputs]  dL/da on entry to backward; dL/dz, if there is a z, after it
  Matrix<T> z = {};      ///< [batch, outputs]  the argument of the activation, kept only if keep_z is true
  Matrix<T> kept = {};   ///< what else backward() needs, in a shape that the layer chooses
  Matrix<T> seen = {};   ///< what update_state() reads, or more for backward(), in a shape that the layer chooses
  bool keep_slope = true;  ///< false in predict(), where no backward() will follow
  bool keep_z = false;     ///< true while an observer needs z

  // The network sets these before each call of forward() and backward().
  Pass pass = {};                      ///< of the last forward()
  std::size_t index = 0;               ///< the layer's place in the network, from 0
  std::span<const T> state = {};       ///< the layer's state, as state_blocks() describes it
  const Matrix<T>* earlier = nullptr;  ///< [batch, outputs]  the second input of a layer with back() > 0; else null

  /// Returns a generator for one row of the batch. Its numbers depend on seed, step, layer and row alone, so a resumed
  /// run draws the same numbers, and so does a run with another number of threads.
  Rng random(std::size_t row) const { return detail::generator_of_row(pass, index, row); }
};

/// A part of a layer's parameters or state: {"weight", 0, inputs, outputs}, {"bias", inputs * outputs, 1, outputs}
struct ParameterBlock {
  std::string_view name;                               ///< "weight"; its text must live as long as the layer
  std::size_t offset;                                  ///< the number of the layer's numbers before the block
  std::size_t rows;                                    ///< inputs for weights, 1 for biases
  std::size_t columns;                                 ///< outputs
  std::size_t size() const { return rows * columns; }  ///< the number of parameters
};

/// The arguments from which a layer draws its initial parameters.
struct Initialization {
  const Initializer& initializer;  ///< draws the numbers, in double
  Rng& rng;                        ///< shared by all layers of the network, which draw from it in order
  /// Of the previous layer, or of the one before a dropout; null if that layer has none, and in the first layer.
  const ActivationInfo* previous_activation = nullptr;
  /// Of the next layer that has one, such as activate(); null if weights or a skip stand before it.
  const ActivationInfo* next_activation = nullptr;
};

/// An option of a layer kind: {"bias", true}, {"rate", 0.2}, {"activation", "tanh"}
using LayerOptions = std::map<std::string, std::variant<bool, double, std::string>>;

/// What a layer is made from, besides its widths. Model files hold it, and make_layer() makes the layer from it; see
/// nn/layer_kinds.hpp.
struct LayerRecipe {
  std::string kind = {};      ///< "layer_norm"; empty: the layer can be saved, but only loaded into a network with it
  LayerOptions options = {};  ///< everything that the layer needs, under names of its own
};

template <class T>
class Layer;

/// A shared layer: a network and its copies hold the same layers.
template <class T>
using LayerPtr = std::shared_ptr<const Layer<T>>;

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
  /// The kind and the options of the layer, if it belongs to a kind that make_layer() knows.
  virtual LayerRecipe recipe() const { return {}; }
  /// Whether forward() draws random numbers in training.
  virtual bool is_random() const { return false; }
  /// The parts of the state, in the order in which they are stored: numbers that the layer learns from the data that it
  /// sees, not from the gradient, such as running means.
  virtual std::span<const ParameterBlock> state_blocks() const { return {}; }
  /// 0, or n if the layer has a second input, trace.earlier: the input of the layer n places before this one. Its
  /// gradient is trace.delta after backward(), which the network adds.
  virtual std::size_t back() const { return 0; }
  /// The layers that a network puts in the place of this one; empty: the layer itself.
  virtual std::span<const LayerPtr<T>> parts() const { return {}; }

  /// Writes the initial parameters, parameter_count() of them. Unless overridden, they are all 0.
  virtual void initialize(std::span<T> parameters, const Initialization&) const {
    for (T& parameter : parameters) parameter = T(0);
  }
  /// Writes the initial state, state_size() numbers. Unless overridden, they are all 0.
  virtual void initialize_state(std::span<T> state) const {
    for (T& number : state) number = T(0);
  }
  /// Changes the state by what forward() saw in a pass of training and wrote to trace.seen.
  virtual void update_state(std::span<T> /*state*/, const Trace<T>& /*trace*/) const {}
  /// Writes trace.a; also trace.slope if trace.keep_slope is true, and trace.z if trace.keep_z is true. x has the shape
  /// [batch, inputs]; the batch may have 0 samples. Dense layers throw ShapeError, here and in backward(), if a shape
  /// does not fit.
  virtual void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const = 0;
  /// Turns trace.delta from dL/da into dL/dz and writes the gradients, one for each parameter. Writes dL/dx, [batch,
  /// inputs], to x_delta, unless x_delta is null, as in the first layer.
  virtual void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                        Matrix<T>* x_delta) const = 0;

  /// The number of parameters: the end of the last of blocks().
  std::size_t parameter_count() const { return end_of(blocks()); }
  /// The number of numbers in the state: the end of the last of state_blocks().
  std::size_t state_size() const { return end_of(state_blocks()); }

 private:
  static std::size_t end_of(std::span<const ParameterBlock> blocks) {
    return blocks.empty() ? 0 : blocks.back().offset + blocks.back().size();
  }
};

/// Returns whether the layer's first block is "weight", [inputs, outputs], as in a dense layer.
template <class T>
bool has_weights(const Layer<T>& layer) {
  const auto blocks = layer.blocks();
  return !blocks.empty() && blocks[0].name == "weight" && blocks[0].rows == layer.inputs() &&
         blocks[0].columns == layer.outputs();
}

}  // namespace gradflow

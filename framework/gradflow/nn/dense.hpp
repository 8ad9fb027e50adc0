#pragma once
// The dense layer: a = activation(x W + b). Its parameters are W, [inputs, outputs], followed by b if the layer has a
// bias.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/formula.hpp>
#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// The options of a dense layer whose activation is a type: dense<LeakyRelu>(2, 16, {.bias = false}).
template <class A>
struct DenseOptions {
  A activation = {};  ///< the policy, with its parameters
  bool bias = true;   ///< false: a = activation(x W)
};

/// All of a dense layer except the loops that apply the activation. Compiled once, in the library.
template <class T>
class DenseLayer : public Layer<T> {
 public:
  std::size_t inputs() const override { return inputs_; }
  std::size_t outputs() const override { return outputs_; }
  std::string describe() const override;
  std::span<const ParameterBlock> blocks() const override;
  const ActivationInfo* activation() const override { return &info_; }
  LayerRecipe recipe() const override;
  void initialize(std::span<T> parameters, const Initialization& start) const override;
  void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const override;
  void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                Matrix<T>* x_delta) const override;

 protected:
  /// Throws ShapeError if a width is 0.
  DenseLayer(std::size_t inputs, std::size_t outputs, bool bias, ActivationInfo info);

 private:
  /// a holds z on entry and f(z) on return.
  virtual void activate(std::span<T> a) const = 0;
  /// The same; also writes f'(z) to slope.
  virtual void activate(std::span<T> a, std::span<T> slope) const = 0;

  std::size_t inputs_, outputs_, parameter_count_;
  std::vector<ParameterBlock> blocks_;
  ActivationInfo info_;
};

/// A complete dense layer, with the loops that apply the activation. Made by dense().
template <Activation A, class T = float>
class Dense final : public DenseLayer<T> {
 public:
  /// Throws ShapeError if a width is 0, ValueError if a parameter of the activation is outside its range.
  Dense(std::size_t inputs, std::size_t outputs, DenseOptions<A> options = {})
      : DenseLayer<T>(inputs, outputs, options.bias, activation_info(options.activation)),
        activation_(options.activation) {
    check_parameters(activation_);
  }

 private:
  void activate(std::span<T> a) const override { detail::sweep(activation_, a); }
  void activate(std::span<T> a, std::span<T> slope) const override { detail::sweep(activation_, a, slope); }

  A activation_;
};

namespace detail {

/// Throws NameError if the activation is softmax. A network for classes does not need it: the loss cross_entropy
/// contains softmax.
void refuse_softmax(std::string_view activation);

}  // namespace detail

/// The options of a dense layer whose activation is a name: dense("tanh", 2, 16, {.bias = false}).
struct NamedDenseOptions {
  bool bias = true;  ///< false: a = activation(x W)
};

/// Makes a dense layer from the name of its activation: dense("tanh", 2, 16), dense("leaky_relu(slope=0.01)", 2, 16).
/// Throws NameError for an unknown activation, ValueError for a parameter outside its range, ShapeError if a width is
/// zero.
template <class T = float>
LayerPtr<T> dense(std::string_view activation, std::size_t inputs, std::size_t outputs, NamedDenseOptions options = {});

/// Makes a dense layer from the type of its activation: dense<Tanh>(2, 16), dense<LeakyRelu>(2, 16, {.activation =
/// {.slope = 0.01}}), dense<Tanh, double>(2, 16, {.bias = false}). Dense layers with the library's own activations are
/// compiled once, in the library. With an activation of your own, the layer is compiled where this function is called.
template <Activation A, class T = float>
LayerPtr<T> dense(std::size_t inputs, std::size_t outputs, DenseOptions<A> options = {}) {
  if constexpr (contains<A>(Activations{}) || std::same_as<A, Formula>) {
    return dense<T>(describe(options.activation), inputs, outputs, {.bias = options.bias});
  } else {
    policy_must_compile_for_lanes_and_duals(options.activation);
    return std::make_shared<const Dense<A, T>>(inputs, outputs, options);
  }
}

}  // namespace gradflow

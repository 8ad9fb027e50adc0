#pragma once
// An activation as a layer of its own, so that a norm can stand between a dense layer and its activation.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/formula.hpp>
#include <gradflow/nn/same_width.hpp>

namespace gradflow {

/// The layer a = f(x), without parameters. Made by activate().
template <Activation A, class T = float>
class Activate final : public SameWidthLayer<T> {
 public:
  /// Throws ShapeError if width is 0, ValueError if a parameter of the activation is outside its range.
  explicit Activate(std::size_t width, A activation = {})
      : SameWidthLayer<T>(width, "activate", ", " + gradflow::describe(activation)),
        activation_(activation),
        info_(activation_info(activation)) {
    check_parameters(activation_);
  }

  const ActivationInfo* activation() const override { return &info_; }
  LayerRecipe recipe() const override { return {"activate", {{"activation", info_.name}}}; }

  void forward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace) const override {
    this->check_forward(x);
    if (trace.keep_z) trace.z = x;
    resize(trace.a, rows(x), columns(x));
    std::ranges::copy(flat(x), trace.a.data());
    if (!trace.keep_slope) return detail::sweep(activation_, flat(trace.a));
    resize(trace.slope, rows(x), columns(x));
    detail::sweep(activation_, flat(trace.a), flat(trace.slope));
  }

  void backward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace, std::span<T>,
                Matrix<T>* x_delta) const override {
    this->multiply_by_slope(x, trace, x_delta);
  }

 private:
  A activation_;
  ActivationInfo info_;
};

/// Makes the layer from the name of an activation or from a formula: activate("tanh", 16), activate("z*sigmoid(z)",
/// 16). Throws what dense() throws for a name.
template <class T = float>
LayerPtr<T> activate(std::string_view activation, std::size_t width);

/// Makes the layer from the type of an activation: activate<Tanh>(16), activate<LeakyRelu>(16, {.slope = 0.01}),
/// activate<Tanh, double>(16).
template <Activation A, class T = float>
LayerPtr<T> activate(std::size_t width, A activation = {}) {
  if constexpr (contains<A>(Activations{}) || std::same_as<A, Formula>) {
    return activate<T>(describe(activation), width);
  } else {
    policy_must_compile_for_lanes_and_duals(activation);
    return std::make_shared<const Activate<A, T>>(width, activation);
  }
}

}  // namespace gradflow

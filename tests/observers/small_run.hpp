#pragma once
// A small network whose training steps a test runs one by one.
#include <cstddef>
#include <vector>

#include <gradflow/base/random.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/initializers.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

template <class T>
std::vector<LayerPtr<T>> small_layers() {
  return {dense<Tanh, T>(3, 5), dense<Sigmoid, T>(5, 4), dense<Identity, T>(4, 2, {.bias = false})};
}

template <class T>
class SmallRun {
 public:
  static constexpr std::size_t batch = 6, total = 10;

  explicit SmallRun(std::vector<LayerPtr<T>> layers = small_layers<T>()) : network(std::move(layers)) {
    network.initialize(GlorotUniform{}, 1);
    Rng rng(2);
    for (T& number : flat(data.x)) number = static_cast<T>(rng.normal());
  }

  /// Runs forward and backward. Returns the step as observers see it.
  Step<T> step(std::size_t number) {
    loss = loss_->evaluate(network.forward(data.x), data.y, delta_);
    network.backward(data.x, delta_);
    return Step<T>{number, total, 0, loss, 0.1, network, data};
  }

  Network<T> network;
  Dataset<T> data{zeros<T>(batch, network.inputs()), zeros<T>(batch, network.outputs()), {}, {}};
  double loss = 0;

 private:
  Matrix<T> delta_;
  LossPtr<T> loss_ = make_loss<T>(MeanSquaredError{});
};

}  // namespace gradflow

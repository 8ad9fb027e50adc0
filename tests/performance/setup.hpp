#pragma once
// The network, data and step of a workload in gradflow.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include <gradflow/base/random.hpp>
#include <gradflow/data/dataset.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>

#include "performance/workloads.hpp"

namespace performance {

template <class T>
gradflow::Network<T> network_of(const Workload& w) {
  std::vector<gradflow::LayerPtr<T>> layers;
  for (std::size_t l = 0; l < w.layers(); ++l)
    layers.push_back(gradflow::dense<T>(l + 1 < w.layers() ? w.activation : "identity", w.widths[l], w.widths[l + 1]));
  gradflow::Network<T> network(std::move(layers));
  network.initialize(gradflow::AutoInit{}, 1);
  return network;
}

/// n samples: standard normal inputs; targets are class indices for cross_entropy, otherwise 0 or 1.
template <class T>
gradflow::Dataset<T> samples_of(const Workload& w, std::size_t n) {
  gradflow::Dataset<T> data{gradflow::zeros<T>(n, w.widths.front()), gradflow::zeros<T>(n, 1), {}, {}};
  const std::size_t classes = w.loss == "cross_entropy" ? w.widths.back() : 2;
  gradflow::Rng rng(1, "samples");
  for (T& number : gradflow::flat(data.x)) number = static_cast<T>(rng.normal());
  for (T& number : gradflow::flat(data.y)) number = static_cast<T>(rng.below(classes));
  return data;
}

/// A training loop without the Trainer: each call makes one step on the given batch.
template <class T>
class Steps {
 public:
  explicit Steps(const Workload& w)
      : network_(network_of<T>(w)),
        loss_(gradflow::make_loss<T>(w.loss)),
        optimizer_(gradflow::make_optimizer<T>(w.optimizer)) {}

  double operator()(const gradflow::Dataset<T>& batch) {
    const double loss = loss_->evaluate(network_.forward(batch.x), batch.y, delta_);
    network_.backward(batch.x, delta_);
    optimizer_->step(network_);
    return loss;
  }

 private:
  gradflow::Network<T> network_;
  gradflow::LossPtr<T> loss_;
  std::unique_ptr<gradflow::Optimizer<T>> optimizer_;
  gradflow::Matrix<T> delta_;
};

/// Training with the Trainer: each call makes `steps` steps. The next call continues with the same network.
class Training {
 public:
  static constexpr std::size_t steps_per_epoch = 64;

  explicit Training(const Workload& w)
      : workload_(w),
        data_(samples_of<float>(w, steps_per_epoch * w.batch)),
        network_(network_of<float>(w)),
        optimizer_(gradflow::make_optimizer(w.optimizer)) {}

  template <class... Observers>
  void operator()(std::size_t steps, Observers&... observers) {
    gradflow::Trainer<float> trainer(network_, gradflow::make_loss(workload_.loss), *optimizer_,
                                     {.steps = steps, .batch_size = workload_.batch});
    (trainer.watch(observers), ...);
    trainer.fit(data_);
  }

 private:
  const Workload& workload_;
  gradflow::Dataset<float> data_;
  gradflow::Network<float> network_;
  std::unique_ptr<gradflow::Optimizer<float>> optimizer_;
};

}  // namespace performance

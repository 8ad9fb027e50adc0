#pragma once
// Small data sets and a small network for tests of training.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gradflow/data/dataset.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/train/observer.hpp>
#include <support/matrices.hpp>

namespace gradflow {

/// n samples of three features, with one target: sin(x0) + x1 x2 / 2.
template <class T>
Dataset<T> small_regression(std::size_t n, std::uint64_t seed = 1) {
  Dataset<T> data{random_matrix<T>(n, 3, seed), zeros<T>(n, 1), {}, {}};
  for (std::size_t i = 0; i < n; ++i) data.y(i, 0) = std::sin(data.x(i, 0)) + T(0.5) * data.x(i, 1) * data.x(i, 2);
  return data;
}

template <class T>
Network<T> small_network(std::uint64_t seed = 1) {
  Network<T> network{dense<Tanh, T>(3, 8), dense<Identity, T>(8, 1)};
  network.initialize(GlorotUniform{}, seed);
  return network;
}

/// Sample i has the input 0 and the target i. If all parameters and the learning rate are 0, its squared error is i^2:
/// the loss tells which sample was used.
template <class T>
Dataset<T> numbered_samples(std::size_t n) {
  Dataset<T> data{zeros<T>(n, 1), zeros<T>(n, 1), {}, {}};
  for (std::size_t i = 0; i < n; ++i) data.y(i, 0) = static_cast<T>(i);
  return data;
}

template <class T>
std::vector<T> copy_of(std::span<const T> numbers) {
  return {numbers.begin(), numbers.end()};
}

}  // namespace gradflow

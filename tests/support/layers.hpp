#pragma once
// Every kind of layer, for tests of whole families.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/nn/activate.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/dropout.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>

namespace gradflow::test {

/// A way to continue a network from `width` units to as many: one layer, or a residual block.
template <class T>
struct LayerCase {
  std::string name;
  std::function<LayerPtr<T>(std::size_t width)> make;
};

/// Every kind of layer, each with its default options and with others.
template <class T>
std::vector<LayerCase<T>> layer_cases() {
  return {{"dense", [](std::size_t n) { return dense<Tanh, T>(n, n); }},
          {"activate", [](std::size_t n) { return activate<Sigmoid, T>(n); }},
          {"activate, a formula", [](std::size_t n) { return activate<T>("z*sigmoid(1.7*z)", n); }},
          {"layer_norm", [](std::size_t n) { return layer_norm<T>(n); }},
          {"layer_norm, eps", [](std::size_t n) { return layer_norm<T>(n, {.eps = 0.1}); }},
          {"rms_norm", [](std::size_t n) { return rms_norm<T>(n); }},
          {"rms_norm, eps", [](std::size_t n) { return rms_norm<T>(n, {.eps = 0.1}); }},
          {"batch_norm", [](std::size_t n) { return batch_norm<T>(n); }},
          {"batch_norm, options", [](std::size_t n) { return batch_norm<T>(n, {.eps = 0.1, .momentum = 0.4}); }},
          {"prelu", [](std::size_t n) { return prelu<T>(n); }},
          {"prelu, per unit", [](std::size_t n) { return prelu<T>(n, {.slope = -0.3, .per_unit = true}); }},
          // After prelu, which has a kink at 0.
          {"dropout", [](std::size_t n) { return dropout<T>(n, 0.3); }},
          {"dropout, rate 0", [](std::size_t n) { return dropout<T>(n, 0); }},
          {"residual", [](std::size_t n) { return residual({dense<Tanh, T>(n, n)}); }},
          {"residual, scaled and nested", [](std::size_t n) {
             return residual({layer_norm<T>(n), residual({dense<Identity, T>(n, n)}), activate<Tanh, T>(n)},
                             {.scale = 0.7});
           }}};
}

/// A network of `inputs` columns with one kind of layer between dense layers.
template <class T>
Network<T> network_with(const LayerCase<T>& kind, std::size_t inputs = 3, std::size_t outputs = 2) {
  return {dense<Tanh, T>(inputs, 5), kind.make(5), dense<Identity, T>(5, outputs)};
}
/// A network with a chain of all kinds.
template <class T>
Network<T> network_of_all_layers(std::size_t inputs = 3, std::size_t outputs = 2) {
  std::vector<LayerPtr<T>> layers{dense<Tanh, T>(inputs, 5)};
  for (const LayerCase<T>& kind : layer_cases<T>()) layers.push_back(kind.make(5));
  layers.push_back(dense<Identity, T>(5, outputs));
  return Network<T>(std::move(layers));
}

/// The cases, then one with all layers: each with a network.
template <class T>
struct NetworkCase {
  std::string name;
  Network<T> network;
};
template <class T>
std::vector<NetworkCase<T>> networks_with_every_layer(std::size_t inputs = 3, std::size_t outputs = 2) {
  std::vector<NetworkCase<T>> cases;
  for (const LayerCase<T>& kind : layer_cases<T>()) cases.push_back({kind.name, network_with(kind, inputs, outputs)});
  cases.push_back({"all layers", network_of_all_layers<T>(inputs, outputs)});
  return cases;
}

/// Draws all numbers of the network, also gains and slopes, so that none is special.
template <class T>
void draw_all(Network<T>& network, std::uint64_t seed) {
  network.initialize(LecunNormal{}, seed);
  Rng rng(seed, "all parameters");
  for (T& number : network.parameters()) number += static_cast<T>(0.2 * rng.normal());
}

}  // namespace gradflow::test

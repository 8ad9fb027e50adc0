#pragma once
// Networks from stored weights.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <reference/arrays.hpp>

namespace gradflow::reference {

/// "64-32-10 relu; start" and layer 1: "64-32-10 relu; start; 1 weight"
inline std::string array_name(const std::string& prefix, std::size_t layer, std::string_view block) {
  return prefix + "; " + std::to_string(layer) + " " + std::string(block);
}

/// As many dense layers as the prefix has weights, the last without activation.
template <class T>
Network<T> network_of(const Arrays& arrays, const std::string& prefix, std::string_view activation) {
  std::vector<LayerPtr<T>> layers;
  for (std::size_t i = 0; arrays.contains(array_name(prefix, i, "weight")); ++i) {
    const auto& weight = arrays[array_name(prefix, i, "weight")];
    const bool last = !arrays.contains(array_name(prefix, i + 1, "weight"));
    layers.push_back(dense<T>(last ? "identity" : activation, rows(weight), columns(weight)));
  }
  Network<T> network(layers);
  for (const PlacedBlock& b : network.blocks())
    std::ranges::copy(flat(rounded<T>(arrays[array_name(prefix, b.layer, b.block.name)])),
                      network.parameters(b).begin());
  return network;
}

/// The largest ||w - w_ref|| / ||w_ref|| of its weights and biases; NaN where one is NaN.
template <class T>
double distance(const Network<T>& network, const Arrays& arrays, const std::string& prefix) {
  double worst = 0;
  for (const PlacedBlock& b : network.blocks()) {
    const double off = distance(network.parameters(b), flat(arrays[array_name(prefix, b.layer, b.block.name)]));
    if (std::isnan(off)) return off;
    worst = std::max(worst, off);
  }
  return worst;
}

}  // namespace gradflow::reference

#pragma once
// Builds networks from stored weights, and compares networks with them.
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

/// Returns the name of a stored array: prefix "64-32-10 relu; start" and layer 1 give "64-32-10 relu; start; 1 weight".
inline std::string array_name(const std::string& prefix, std::size_t layer, std::string_view block) {
  return prefix + "; " + std::to_string(layer) + " " + std::string(block);
}

/// Returns a network with one dense layer for each weight array of this prefix. The last layer has no activation.
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

/// Returns the largest ||w - w_ref|| / ||w_ref|| over the weight and bias arrays of the network, or NaN if any is NaN.
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

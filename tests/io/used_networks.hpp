#pragma once
// Networks with every kind of layer, as they are after some training: for tests of files.
#include <cstdint>
#include <vector>

#include <support/layers.hpp>
#include <support/matrices.hpp>

namespace gradflow {

/// Returns networks_with_every_layer(). All parameters are drawn, and the running statistics have moved from their
/// first values.
template <class T>
std::vector<test::NetworkCase<T>> used_networks(std::size_t inputs = 3, std::size_t outputs = 2) {
  auto cases = test::networks_with_every_layer<T>(inputs, outputs);
  for (auto& [name, network] : cases) {
    test::draw_all(network, 3);
    for (std::uint64_t step = 0; step < 4; ++step) {
      network.forward(random_matrix<T>(7, inputs, step), {.seed = 1, .step = step});
      network.update_state();
    }
  }
  return cases;
}

}  // namespace gradflow

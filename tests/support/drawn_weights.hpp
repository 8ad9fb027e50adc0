#pragma once
// The weights and biases that an initialiser draws for one layer.
#include <cstdint>
#include <vector>

#include <gradflow/base/random.hpp>
#include <gradflow/nn/initializers.hpp>

namespace gradflow {

struct DrawnWeights {
  std::vector<double> weight, bias;
  friend bool operator==(const DrawnWeights&, const DrawnWeights&) = default;
};

/// Fills weights and biases with 77 first, so that a number that the initialiser does not set is visible.
inline DrawnWeights draw(const Initializer& initializer, const LayerPlace& place, std::uint64_t seed = 1) {
  DrawnWeights drawn{std::vector<double>(place.inputs * place.outputs, 77), std::vector<double>(place.outputs, 77)};
  Rng rng(seed);
  initializer.fill(drawn.weight, drawn.bias, place, rng);
  return drawn;
}

}  // namespace gradflow

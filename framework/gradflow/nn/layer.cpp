#include <gradflow/nn/layer.hpp>

namespace gradflow {

Rng detail::generator_of_row(const Pass& pass, std::size_t layer, std::size_t row) {
  return Rng(mixed(mixed(mixed(pass.seed, pass.step), layer), row), "layer");
}

}  // namespace gradflow

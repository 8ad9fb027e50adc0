#pragma once
// The floor of a step: its products alone, on buffers like those of a network.
#include <cstddef>
#include <vector>

#include "performance/peers/program.hpp"

namespace performance {

/// The buffers of a layer, row-major; the batch is the first dimension.
struct LayerBuffers {
  std::size_t index, batch, inputs, outputs;
  std::vector<float> w, dw;  ///< [inputs, outputs]
  std::vector<float> z, dz;  ///< [batch, outputs]
};

/// A step of products alone. Products needs a constructor from a Workload, and the functions forward(layer, x),
/// weight_gradient(layer, x) and input_gradient(layer, dx).
template <class Products>
class ProductsStep {
 public:
  explicit ProductsStep(const Workload& w) : products_(w), x_(inputs(w)) {
    for (std::size_t l = 0; l < w.layers(); ++l) {
      std::vector<float> weights = parameters(w, l);
      weights.resize(w.widths[l] * w.widths[l + 1]);
      const std::vector<float> values(w.batch * w.widths[l + 1], 0.5F);
      layers_.push_back({l, w.batch, w.widths[l], w.widths[l + 1], weights, weights, values, values});
    }
  }

  void operator()() {
    for (std::size_t l = 0; l < layers_.size(); ++l) products_.forward(layers_[l], input(l));
    for (std::size_t l = layers_.size(); l-- > 0;) {
      products_.weight_gradient(layers_[l], input(l));
      if (l > 0) products_.input_gradient(layers_[l], layers_[l - 1].dz.data());
    }
  }

 private:
  const float* input(std::size_t l) const { return l > 0 ? layers_[l - 1].z.data() : x_.data(); }

  Products products_;
  std::vector<float> x_;
  std::vector<LayerBuffers> layers_;
};

}  // namespace performance

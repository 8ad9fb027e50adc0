// The products of a step with gradflow's kernels.
#include <gradflow/math/gemm.hpp>

#include "performance/peers/products.hpp"

namespace {

using performance::LayerBuffers;

struct GradflowProducts {
  explicit GradflowProducts(const performance::Workload&) {}

  void forward(LayerBuffers& b, const float* x) {
    gradflow::affine<float>(x, b.w.data(), nullptr, b.z.data(), {b.batch, b.inputs, b.outputs});
  }
  void weight_gradient(LayerBuffers& b, const float* x) {
    gradflow::weight_gradient(x, b.dz.data(), b.dw.data(), {b.batch, b.inputs, b.outputs});
  }
  void input_gradient(LayerBuffers& b, float* dx) {
    gradflow::input_gradient(b.dz.data(), b.w.data(), dx, {b.batch, b.inputs, b.outputs});
  }
};

}  // namespace

int main(int argc, char** argv) {
  return performance::run_program<performance::ProductsStep<GradflowProducts>>(argc, argv);
}

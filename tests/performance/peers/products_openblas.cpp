// The products of a step with OpenBLAS on one thread.
#include <cblas.h>

#include "performance/peers/products.hpp"

namespace {

using performance::LayerBuffers;

/// Computes c[m, n] = a b. ta, tb: whether a and b are transposed.
void multiply(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, std::size_t m, std::size_t n, std::size_t k, const float* a,
              const float* b, float* c) {
  const auto rows = static_cast<blasint>(m), columns = static_cast<blasint>(n), depth = static_cast<blasint>(k);
  cblas_sgemm(CblasRowMajor, ta, tb, rows, columns, depth, 1, a, ta == CblasTrans ? rows : depth, b,
              tb == CblasTrans ? depth : columns, 0, c, columns);
}

struct OpenblasProducts {
  explicit OpenblasProducts(const performance::Workload&) { openblas_set_num_threads(1); }

  void forward(LayerBuffers& b, const float* x) {
    multiply(CblasNoTrans, CblasNoTrans, b.batch, b.outputs, b.inputs, x, b.w.data(), b.z.data());
  }
  void weight_gradient(LayerBuffers& b, const float* x) {
    multiply(CblasTrans, CblasNoTrans, b.inputs, b.outputs, b.batch, x, b.dz.data(), b.dw.data());
  }
  void input_gradient(LayerBuffers& b, float* dx) {
    multiply(CblasNoTrans, CblasTrans, b.batch, b.inputs, b.outputs, b.dz.data(), b.w.data(), dx);
  }
};

}  // namespace

int main(int argc, char** argv) {
  return performance::run_program<performance::ProductsStep<OpenblasProducts>>(argc, argv);
}

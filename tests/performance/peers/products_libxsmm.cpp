// The products of a step with libxsmm, which generates a kernel for each shape at run time. Its matrices are
// column-major, so a row-major c = a b is computed as the transposed product c^T = b^T a^T. libxsmm has no kernel for a
// transposed left operand, so the weights are transposed for dL/dx at each step. libxsmm does not divide large products
// into blocks; this file does.
#include <libxsmm.h>

#include "performance/peers/products.hpp"

namespace {

using performance::LayerBuffers;

/// The product c[m, n] = a[m, k] b[k, n]. transposed: a is stored as [k, m].
class Product {
 public:
  Product(std::size_t m, std::size_t n, std::size_t k, bool transposed) {
    for (std::size_t j = 0; j < n; j += columns)
      for (std::size_t p = 0; p < k; p += depth)
        calls_.push_back({kernel(m, n, k, std::min(columns, n - j), std::min(depth, k - p), transposed, p > 0),
                          p * (transposed ? m : 1), p * n + j, j});
  }

  void operator()(const float* a, const float* b, float* c) const {
    for (const Call& call : calls_) call.kernel(b + call.b, a + call.a, c + call.c);
  }

 private:
  struct Call {
    libxsmm_smmfunction kernel;
    std::size_t a, b, c;  ///< offsets of the blocks in a, b and c
  };
  // A block of b has at most 1024 x 64 floats, so that this block and a row of blocks of a stay in the caches.
  static constexpr std::size_t columns = 64, depth = 1024;

  static libxsmm_smmfunction kernel(std::size_t m, std::size_t n, std::size_t k, std::size_t block_n,
                                    std::size_t block_k, bool transposed, bool add) {
    const auto lda = static_cast<libxsmm_blasint>(transposed ? m : k), ldb = static_cast<libxsmm_blasint>(n);
    const int flags = transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    const float alpha = 1, beta = add ? 1 : 0;
    const libxsmm_smmfunction made =
        libxsmm_smmdispatch(static_cast<libxsmm_blasint>(block_n), static_cast<libxsmm_blasint>(m),
                            static_cast<libxsmm_blasint>(block_k), &ldb, &lda, &ldb, &alpha, &beta, &flags, nullptr);
    if (!made) throw performance::Unsupported("libxsmm makes no kernel for this shape on this machine");
    return made;
  }

  std::vector<Call> calls_;
};

class LibxsmmProducts {
 public:
  explicit LibxsmmProducts(const performance::Workload& w) {
    for (std::size_t l = 0; l < w.layers(); ++l) {
      const std::size_t in = w.widths[l], out = w.widths[l + 1];
      forward_.emplace_back(w.batch, out, in, false);
      weight_.emplace_back(in, out, w.batch, true);
      input_.emplace_back(w.batch, in, out, false);
      transposed_.resize(std::max(transposed_.size(), in * out));
    }
  }

  void forward(LayerBuffers& b, const float* x) { forward_[b.index](x, b.w.data(), b.z.data()); }
  void weight_gradient(LayerBuffers& b, const float* x) { weight_[b.index](x, b.dz.data(), b.dw.data()); }
  void input_gradient(LayerBuffers& b, float* dx) {
    const auto in = static_cast<libxsmm_blasint>(b.inputs), out = static_cast<libxsmm_blasint>(b.outputs);
    libxsmm_otrans(transposed_.data(), b.w.data(), sizeof(float), out, in, out, in);
    input_[b.index](b.dz.data(), transposed_.data(), dx);
  }

 private:
  std::vector<Product> forward_, weight_, input_;
  std::vector<float> transposed_;
};

}  // namespace

int main(int argc, char** argv) {
  return performance::run_program<performance::ProductsStep<LibxsmmProducts>>(argc, argv);
}

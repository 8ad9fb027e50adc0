// Measures the GFLOP/s of the three products of a dense layer, at every shape of the workloads, in float and double.
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include <benchmark/benchmark.h>

#include <gradflow/base/random.hpp>
#include <gradflow/math/gemm.hpp>
#include <gradflow/math/tensor.hpp>

#include "performance/workloads.hpp"

using namespace gradflow;

namespace {

template <class T>
Matrix<T> normal_matrix(std::size_t rows, std::size_t columns) {
  Matrix<T> m = zeros<T>(rows, columns);
  Rng rng(1);
  for (T& number : flat(m)) number = static_cast<T>(rng.normal());
  return m;
}

template <class T>
struct Buffers {
  explicit Buffers(ProductShape s)
      : x(normal_matrix<T>(s.batch, s.inputs)),
        w(normal_matrix<T>(s.inputs, s.outputs)),
        z(normal_matrix<T>(s.batch, s.outputs)) {}
  Matrix<T> x, w, z;
};

/// Registers a benchmark. product(buffers, shape) computes one of the three products.
template <class T, class Product>
void add_product(const std::string& name, ProductShape s, Product product) {
  const std::string shape = "/" + std::to_string(s.batch) + "x" + std::to_string(s.inputs) + "x";
  benchmark::RegisterBenchmark(
      (name + shape + std::to_string(s.outputs)).c_str(), [s, product](benchmark::State& state) {
        Buffers<T> buffers(s);
        for (auto _ : state) {
          product(buffers, s);
          benchmark::ClobberMemory();
        }
        const auto multiplications = static_cast<double>(s.batch * s.inputs * s.outputs);
        state.counters["GFLOP/s"] =
            benchmark::Counter(2e-9 * multiplications, benchmark::Counter::kIsIterationInvariantRate);
      });
}

template <class T>
void add_products(const std::string& number, ProductShape shape) {
  add_product<T>("affine/" + number, shape,
                 [](Buffers<T>& b, ProductShape s) { affine<T>(b.x.data(), b.w.data(), nullptr, b.z.data(), s); });
  add_product<T>("weight_gradient/" + number, shape,
                 [](Buffers<T>& b, ProductShape s) { weight_gradient(b.x.data(), b.z.data(), b.w.data(), s); });
  add_product<T>("input_gradient/" + number, shape,
                 [](Buffers<T>& b, ProductShape s) { input_gradient(b.z.data(), b.w.data(), b.x.data(), s); });
}

}  // namespace

int main(int argc, char** argv) {
  std::set<std::tuple<std::size_t, std::size_t, std::size_t>> shapes;
  for (const auto& w : performance::workloads())
    for (std::size_t l = 0; l < w.layers(); ++l) shapes.emplace(w.batch, w.widths[l], w.widths[l + 1]);
  for (const auto& [batch, inputs, outputs] : shapes) {
    add_products<float>("float", {batch, inputs, outputs});
    add_products<double>("double", {batch, inputs, outputs});
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

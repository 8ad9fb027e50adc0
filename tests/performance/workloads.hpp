#pragma once
// The five workloads for measuring speed, and W3n, with the one batch on which each trains. They use float and one
// thread. A step is forward, loss, backward and update. Every layer has a bias; the last layer has no activation
// (logits). This file does not include gradflow, so that the programs for other libraries can use it.
// peers/workloads.py makes the same numbers in Python.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace performance {

struct Workload {
  std::string_view name;
  std::vector<std::size_t> widths;  ///< number of inputs, units of each hidden layer, outputs
  std::string_view activation, loss;
  std::string_view optimizer;  ///< in the notation of make_optimizer()
  double learning_rate, momentum;
  std::size_t batch;
  bool norms = false;  ///< whether each step computes the L2 norms of every layer's dL/dW and dL/dz

  std::size_t layers() const { return widths.size() - 1; }
};

inline std::vector<std::size_t> deep(std::size_t inputs, std::size_t width, std::size_t hidden, std::size_t outputs) {
  std::vector<std::size_t> widths(hidden + 2, width);
  widths.front() = inputs;
  widths.back() = outputs;
  return widths;
}

inline const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all{
      {"W1", {2, 8, 1}, "tanh", "mse", "sgd(learning_rate=0.01)", 0.01, 0, 4},
      {"W2", {2, 16, 16, 16, 1}, "tanh", "binary_cross_entropy", "sgd(learning_rate=0.01)", 0.01, 0, 32},
      {"W3", deep(64, 64, 20, 10), "sigmoid", "cross_entropy", "sgd(learning_rate=0.01)", 0.01, 0, 64},
      {"W3n", deep(64, 64, 20, 10), "sigmoid", "cross_entropy", "sgd(learning_rate=0.01)", 0.01, 0, 64, true},
      {"W4", {784, 256, 128, 10}, "relu", "cross_entropy", "adam(learning_rate=0.001)", 0.001, 0, 64},
      {"W5", deep(784, 1024, 3, 10), "relu", "cross_entropy", "sgd(learning_rate=0.01,momentum=0.9)", 0.01, 0.9, 256}};
  return all;
}

/// Returns the workload of this name. Throws std::invalid_argument, with the known names, if there is none.
inline const Workload& workload(std::string_view name) {
  std::string names;
  for (const Workload& w : workloads()) {
    if (w.name == name) return w;
    names += ' ';
    names += w.name;
  }
  throw std::invalid_argument("workload: got '" + std::string(name) + "', expected one of:" + names);
}

/// Floating-point operations of the products in one step. Each layer has z = xW, dW = x^T dz and dx = dz W^T; the first
/// layer does not need dx.
inline double flops(const Workload& w) {
  std::size_t multiplications = 0;
  for (std::size_t l = 0; l < w.layers(); ++l) multiplications += (l == 0 ? 2 : 3) * w.widths[l] * w.widths[l + 1];
  return 2.0 * static_cast<double>(w.batch * multiplications);
}

/// The i-th number of a stream, uniform in (0, 1): splitmix64 of (stream, i).
inline double uniform(std::uint64_t stream, std::uint64_t i) {
  std::uint64_t z = ((stream << 32) + i + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (static_cast<double>((z ^ (z >> 31)) >> 12) + 0.5) * 0x1p-52;
}

/// Inputs, [batch, inputs]: standard normal numbers (Box & Muller 1958).
inline std::vector<float> inputs(const Workload& w) {
  std::vector<float> x(w.batch * w.widths.front());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(std::sqrt(-2 * std::log(uniform(1, i))) * std::cos(2 * std::numbers::pi * uniform(2, i)));
  return x;
}

/// Targets, [batch, 1]: class indices for cross_entropy, otherwise 0 or 1.
inline std::vector<float> targets(const Workload& w) {
  const std::size_t classes = w.loss == "cross_entropy" ? w.widths.back() : 2;
  std::vector<float> y(w.batch);
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = static_cast<float>(std::floor(uniform(3, i) * static_cast<double>(classes)));
  return y;
}

/// The initial weights [inputs, outputs] of a layer, followed by its biases [outputs]. They are uniform. Their variance
/// is large enough that the gradient of every layer in every workload is not negligible.
inline std::vector<float> parameters(const Workload& w, std::size_t layer) {
  const std::size_t weights = w.widths[layer] * w.widths[layer + 1];
  const double gain = w.activation == "sigmoid" ? 4 : w.activation == "relu" ? std::numbers::sqrt2 : 1;
  const double bound = gain * std::sqrt(3 / static_cast<double>(w.widths[layer]));
  std::vector<float> p(weights + w.widths[layer + 1]);
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] = static_cast<float>((2 * uniform(10 + layer, i) - 1) * (i < weights ? bound : 0.1));
  return p;
}

}  // namespace performance

// A layer of your own derives from Layer and needs no change in the library: initialisation, optimisers, gradient norms
// and the gradient check use it in the same way as dense layers. Prints a check of its gradients and the gradient norms
// of a run.
#include <algorithm>
#include <cstdio>
#include <string>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

/// y = g * x. Each feature has its own gain g, which is learned and starts at 1.
template <class T>
class Gain final : public Layer<T> {
 public:
  explicit Gain(std::size_t width) : block_{"gain", 0, 1, width} {}
  std::size_t inputs() const override { return block_.columns; }
  std::size_t outputs() const override { return block_.columns; }
  std::string describe() const override { return "gain " + std::to_string(block_.columns); }
  std::span<const ParameterBlock> blocks() const override { return {&block_, 1}; }
  void initialize(std::span<T> gain, const Initialization&) const override { std::ranges::fill(gain, T(1)); }
  void forward(std::span<const T> gain, const Matrix<T>& x, Trace<T>& trace) const override {
    scale(trace.a = x, gain);
  }
  void backward(std::span<const T> gain, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                Matrix<T>* x_delta) const override {
    std::ranges::fill(gradients, T(0));
    for (std::size_t k = 0; k < x.size(); ++k) gradients[k % gain.size()] += flat(trace.delta)[k] * flat(x)[k];
    if (x_delta) scale(*x_delta = trace.delta, gain);
  }

 private:
  static void scale(Matrix<T>& m, std::span<const T> gain) {
    for (std::size_t k = 0; k < m.size(); ++k) flat(m)[k] *= gain[k % gain.size()];
  }
  ParameterBlock block_;
};

template <class T>
Network<T> make_network() {
  return {dense<Tanh, T>(2, 16), std::make_shared<Gain<T>>(16), dense<Tanh, T>(16, 16), dense<Identity, T>(16, 1)};
}

int main() {
  Network<double> checked = make_network<double>();
  checked.initialize(GlorotUniform{}, /*seed=*/1);
  const Dataset<double> few = moons<double>({.samples = 8});
  const CheckReport report = gradient_check(checked, *make_loss<double>(BinaryCrossEntropy{}), few.x, few.y);
  std::printf("%s\n", report.text().c_str());

  const auto [train, test] = split(moons({.samples = 1000, .noise = 0.1, .seed = 1}));
  Network<float> network = make_network<float>();
  network.initialize(GlorotUniform{}, /*seed=*/1);
  ConsoleSink console;
  GradientNorms norms(console, {.every = 250});
  Adam adam({.learning_rate = 0.01});
  Trainer(network, BinaryCrossEntropy{}, adam, {.epochs = 20}).watch(norms).fit(train, test);
  return report.passed() ? 0 : 1;
}

// A layer of your own derives from Layer and needs no change in the library: initialisation, optimisers, gradient norms
// and the gradient check use it in the same way as dense layers. Parameters and gradients arrive as flat arrays, and a
// MatrixView shows them as a matrix for xtensor. Prints a check of its gradients and the gradient norms of a run.
#include <algorithm>
#include <cstdio>
#include <string>

#include <gradflow/gradflow.hpp>
#include <gradflow/math/xtensor.hpp>

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
    xt::noalias(trace.a) = x * MatrixView(gain, 1, inputs());
  }
  void backward(std::span<const T> gain, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                Matrix<T>* x_delta) const override {
    MatrixView sum(gradients, 1, inputs());
    sum.fill(0);
    // Adds row after row, because xt::sum(trace.delta * x, {0}) is several times slower.
    for (std::size_t i = 0; i < rows(x); ++i)
      xt::noalias(xt::view(sum, 0)) += xt::view(trace.delta, i) * xt::view(x, i);
    if (x_delta) xt::noalias(*x_delta) = trace.delta * MatrixView(gain, 1, inputs());
  }

 private:
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

// Are your own activation and layer correct? The checkers test the mathematical properties of an activation or a layer
// and report where the error is largest. Prints the reports of a correct Mish and softmax, then of two published
// versions with a classic fault. check_an_optimizer does the same for Adam.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace right {

/// f(z) = z tanh(softplus(z)), and its derivative by hand.
struct Mish {
  static constexpr std::string_view name = "my_mish";
  template <class V>
  V value(const V& z) const {
    return z * tanh(softplus(z));
  }
  template <class V>
  V derivative(const V& z, const V&) const {
    return tanh(softplus(z)) + 4 * z * sigmoid(z) * sigmoid_slope(2 * softplus(z));
  }
};

/// y = softmax(x) turns features into shares. dL/dx_j = y_j (dL/dy_j - sum_k y_k dL/dy_k)
class Softmax : public Layer<double> {
 public:
  explicit Softmax(std::size_t width) : width_(width) {}
  std::size_t inputs() const override { return width_; }
  std::size_t outputs() const override { return width_; }
  std::string describe() const override { return "my softmax " + std::to_string(width_); }
  void forward(std::span<const double>, const Matrix<double>& x, Trace<double>& trace) const override {
    trace.a = softmax(x);
  }
  void backward(std::span<const double>, const Matrix<double>& x, Trace<double>& trace, std::span<double>,
                Matrix<double>* x_delta) const override {
    for (std::size_t i = 0; i < rows(x); ++i) input_delta(row(std::as_const(trace.a), i), row(trace.delta, i));
    if (x_delta) *x_delta = trace.delta;
  }

 private:
  /// Replaces dL/dy by dL/dx, in place.
  virtual void input_delta(std::span<const double> y, std::span<double> delta) const {
    double mean = 0;
    for (std::size_t k = 0; k < y.size(); ++k) mean += y[k] * delta[k];
    for (std::size_t j = 0; j < y.size(); ++j) delta[j] = y[j] * (delta[j] - mean);
  }
  std::size_t width_;
};

}  // namespace right

namespace wrong {

/// The fault: the derivative uses a in place of z, as if the array of z had been overwritten with a.
struct Mish : right::Mish {
  static constexpr std::string_view name = "overwritten_mish";
  template <class V>
  V derivative(const V&, const V& a) const {
    return right::Mish::derivative(a, a);
  }
};

/// The fault: it uses only dy_j/dx_j, as for an activation, but each output of a softmax depends on every input.
class Softmax : public right::Softmax {
  using right::Softmax::Softmax;
  std::string describe() const override { return "diagonal softmax " + std::to_string(outputs()); }
  void input_delta(std::span<const double> y, std::span<double> delta) const override {
    for (std::size_t j = 0; j < y.size(); ++j) delta[j] *= y[j] * (1 - y[j]);
  }
};

}  // namespace wrong

namespace {

/// Checks the layer inside a network: a wrong dL/dx also shows in the parameters of the layer before it.
CheckReport check_layer(LayerPtr<double> layer) {
  Network<double> network{dense<Tanh, double>(2, 4), layer, dense<Identity, double>(4, 1)};
  network.initialize(GlorotUniform{}, /*seed=*/1);
  const Dataset<double> few = moons<double>({.samples = 8});
  return gradient_check(network, *make_loss<double>(BinaryCrossEntropy{}), few.x, few.y);
}

/// Prints the report. Returns true if the check has passed.
bool passes(const CheckReport& report) {
  std::printf("%s\n", report.text().c_str());
  return report.passed();
}

}  // namespace

int main() {
  std::printf(
      "Each line is one test: the largest error found, the error allowed, and how many numbers were compared.\n\n"
      "Two correct implementations\n\n");
  bool as_told = passes(check_activation<right::Mish>());
  as_told &= passes(check_layer(std::make_shared<right::Softmax>(4)));

  std::printf(
      "A Mish whose derivative reads an overwritten array: the error of its slope is larger than the slope.\n\n");
  as_told &= !passes(check_activation<wrong::Mish>());
  std::printf(
      "A softmax with only the diagonal: its dL/dx is wrong, and so are the gradients of the layers before it.\n\n");
  as_told &= !passes(check_layer(std::make_shared<wrong::Softmax>(4)));
  return as_told ? 0 : 1;
}

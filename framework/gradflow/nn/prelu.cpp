#include <gradflow/nn/prelu.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include <gradflow/base/names.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/same_width.hpp>

namespace gradflow {
namespace {

std::string options_text(const PreluOptions& options) {
  const std::string slope = options.slope == PreluOptions{}.slope ? "" : ", slope=" + text(options.slope);
  return slope + (options.per_unit ? ", per unit" : "");
}

/// Returns leaky_relu with the initial slope: what initialisers and theory need to know.
ActivationInfo initial_activation(double slope) {
  LeakyRelu leaky;
  leaky.slope = slope;
  ActivationInfo info = activation_info(leaky);
  info.name = "prelu(slope=" + text(slope) + ")";
  return info;
}

template <class T>
class Prelu final : public SameWidthLayer<T> {
 public:
  Prelu(std::size_t width, PreluOptions options)
      : SameWidthLayer<T>(width, "prelu", options_text(options)),
        options_(options),
        block_{"slope", 0, 1, options.per_unit ? width : 1},
        info_(initial_activation(options.slope)) {
    check_range("prelu", "slope", options.slope, std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max(),
                false);
  }

  std::span<const ParameterBlock> blocks() const override { return {&block_, 1}; }
  const ActivationInfo* activation() const override { return &info_; }
  LayerRecipe recipe() const override {
    return {"prelu", {{"slope", options_.slope}, {"per_unit", options_.per_unit}}};
  }
  void initialize(std::span<T> parameters, const Initialization&) const override {
    check_parameters(parameters.size());
    std::ranges::fill(parameters, static_cast<T>(options_.slope));
  }

  void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const override {
    this->check_forward(x);
    check_parameters(parameters.size());
    const std::size_t n = columns(x);
    resize(trace.a, rows(x), n);
    if (trace.keep_z) trace.z = x;
    if (trace.keep_slope) resize(trace.slope, rows(x), n);
    if (!options_.per_unit) return apply(x.size(), parameters[0], x.data(), trace, 0);
    for (std::size_t i = 0; i < rows(x); ++i) apply(n, parameters.data(), x.data() + i * n, trace, i * n);
  }

  void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                Matrix<T>* x_delta) const override {
    this->check_backward(x, trace);
    check_parameters(parameters.size());
    require_size([this] { return this->describe(); }, "gradients", gradients.size(), parameters.size(),
                 "one for each parameter");
    std::ranges::fill(gradients, T(0));
    for (std::size_t i = 0; i < rows(x); ++i)
      add_gradients(row(std::as_const(trace.delta), i).data(), row(x, i).data(), gradients);
    this->multiply_by_slope(x, trace, x_delta);
  }

 private:
  void check_parameters(std::size_t got) const {
    require_size([this] { return this->describe(); }, "parameters", got, block_.size(), "slopes");
  }

  static Lanes<T> at_most_zero(const Lanes<T>& z) { return select(z > 0, Lanes<T>(0), z); }

  /// Writes n outputs and slopes from place `start` on.
  static void apply(std::size_t n, T slope, const T* z, Trace<T>& trace, std::size_t start) {
    T* const a = trace.a.data() + start;
    if (!trace.keep_slope)
      return elementwise(
          n, [slope](Lanes<T>& y, const Lanes<T>& v) { y = select(v > 0, v, slope * v); }, a, z);
    elementwise(
        n,
        [slope](Lanes<T>& y, Lanes<T>& s, const Lanes<T>& v) {
          s = select(v > 0, Lanes<T>(1), Lanes<T>(slope));
          y = s * v;
        },
        a, trace.slope.data() + start, z);
  }
  /// The same, with a slope for each number.
  static void apply(std::size_t n, const T* slopes, const T* z, Trace<T>& trace, std::size_t start) {
    T* const a = trace.a.data() + start;
    if (!trace.keep_slope)
      return elementwise(
          n, [](Lanes<T>& y, const Lanes<T>& v, const Lanes<T>& p) { y = select(v > 0, v, p * v); }, a, z, slopes);
    elementwise(
        n,
        [](Lanes<T>& y, Lanes<T>& s, const Lanes<T>& v, const Lanes<T>& p) {
          s = select(v > 0, Lanes<T>(1), p);
          y = s * v;
        },
        a, trace.slope.data() + start, z, slopes);
  }

  /// Adds one row: dL/dslope is the sum of dL/da min(z, 0).
  void add_gradients(const T* delta, const T* z, std::span<T> gradients) const {
    const std::size_t n = this->inputs();
    if (options_.per_unit)
      return elementwise(
          n, [](Lanes<T>& g, const Lanes<T>& d, const Lanes<T>& v) { g += d * at_most_zero(v); }, gradients.data(),
          delta, z);
    constexpr std::size_t step = Lanes<T>::size;
    Lanes<T> sum = 0;
    std::size_t j = 0;
    for (; j + step <= n; j += step) sum += Lanes<T>::load(delta + j) * at_most_zero(Lanes<T>::load(z + j));
    if (j < n) sum += Lanes<T>::load(delta + j, n - j) * at_most_zero(Lanes<T>::load(z + j, n - j));
    gradients[0] += fold(sum, [](auto a, auto b) { return a + b; });
  }

  PreluOptions options_;
  ParameterBlock block_;
  ActivationInfo info_;
};

}  // namespace

template <class T>
LayerPtr<T> prelu(std::size_t width, PreluOptions options) {
  return std::make_shared<const Prelu<T>>(width, options);
}

template LayerPtr<float> prelu(std::size_t, PreluOptions);
template LayerPtr<double> prelu(std::size_t, PreluOptions);

}  // namespace gradflow

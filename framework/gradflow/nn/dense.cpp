#include <gradflow/nn/dense.hpp>

#include <algorithm>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/gemm.hpp>

namespace gradflow {
namespace {

/// Turns dL/da into dL/dz, row by row, and leaves the sum of the rows in bias_gradient, unless it is null.
template <class T>
void apply_slope(Matrix<T>& delta, const Matrix<T>& slope, T* bias_gradient) {
  const auto multiply = [](Lanes<T>& d, const Lanes<T>& s) { d *= s; };
  if (!bias_gradient) return elementwise(delta.size(), multiply, delta.data(), slope.data());
  const std::size_t n = columns(delta);
  const auto one = [](Lanes<T>& sum, Lanes<T>& d, const Lanes<T>& s) { sum += d *= s; };
  const auto four = [](Lanes<T>& sum, auto& d0, auto& d1, auto& d2, auto& d3, const auto& s0, const auto& s1,
                       const auto& s2, const auto& s3) {  // at once, so that the sum is not stored after each
    sum += d0 *= s0, sum += d1 *= s1, sum += d2 *= s2, sum += d3 *= s3;
  };
  std::fill_n(bias_gradient, n, T(0));
  T* d = delta.data();
  const T* s = slope.data();
  std::size_t rows_left = rows(delta);
  for (; rows_left >= 4; rows_left -= 4, d += 4 * n, s += 4 * n)
    elementwise(n, four, bias_gradient, d, d + n, d + 2 * n, d + 3 * n, s, s + n, s + 2 * n, s + 3 * n);
  for (; rows_left > 0; --rows_left, d += n, s += n) elementwise(n, one, bias_gradient, d, s);
}

}  // namespace

template <class T>
DenseLayer<T>::DenseLayer(std::size_t inputs, std::size_t outputs, bool bias, ActivationInfo info)
    : inputs_(inputs), outputs_(outputs), blocks_{{"weight", 0, inputs, outputs}}, info_(std::move(info)) {
  if (bias) blocks_.push_back({"bias", inputs * outputs, 1, outputs});
  if (inputs == 0 || outputs == 0) throw ShapeError({describe(), "width", "0", "at least 1", {}});
}

template <class T>
std::string DenseLayer<T>::describe() const {
  const std::string no_bias = blocks_.size() == 1 ? ", no bias" : "";
  return "dense " + std::to_string(inputs_) + " -> " + std::to_string(outputs_) + ", " + info_.name + no_bias;
}

template <class T>
void DenseLayer<T>::initialize(std::span<T> parameters, const Initialization& start) const {
  std::vector<double> values(parameters.size());
  const auto weight = std::span(values).first(blocks_[0].size());
  const LayerPlace place{inputs_, outputs_, &info_, start.fed_by};
  start.initializer.fill(weight, std::span(values).subspan(weight.size()), place, start.rng);
  std::ranges::transform(values, parameters.begin(), [](double value) { return static_cast<T>(value); });
}

template <class T>
void DenseLayer<T>::forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const {
  const T* const bias = blocks_.size() > 1 ? parameters.data() + blocks_[1].offset : nullptr;
  resize(trace.a, rows(x), outputs_);
  affine(x.data(), parameters.data(), bias, trace.a.data(), {rows(x), inputs_, outputs_});
  if (trace.keep_z) trace.z = trace.a;
  if (!trace.keep_slope) return activate(flat(trace.a));
  resize(trace.slope, rows(x), outputs_);
  activate(flat(trace.a), flat(trace.slope));
}

template <class T>
void DenseLayer<T>::backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                             Matrix<T>* x_delta) const {
  const ProductShape shape{rows(x), inputs_, outputs_};
  apply_slope(trace.delta, trace.slope, blocks_.size() > 1 ? gradients.data() + blocks_[1].offset : nullptr);
  weight_gradient(x.data(), trace.delta.data(), gradients.data(), shape);
  if (!x_delta) return;
  resize(*x_delta, rows(x), inputs_);
  input_gradient(trace.delta.data(), parameters.data(), x_delta->data(), shape);
}

template <class T>
LayerPtr<T> dense(std::string_view activation, std::size_t inputs, std::size_t outputs, NamedDenseOptions options) {
  return by_name<LayerPtr<T>>(Activations{}, "activation", activation, [&]<class A>(const A& policy) {
    return std::make_shared<const Dense<A, T>>(inputs, outputs, DenseOptions<A>{policy, options.bias});
  });
}

template class DenseLayer<float>;
template class DenseLayer<double>;
template LayerPtr<float> dense(std::string_view, std::size_t, std::size_t, NamedDenseOptions);
template LayerPtr<double> dense(std::string_view, std::size_t, std::size_t, NamedDenseOptions);

}  // namespace gradflow

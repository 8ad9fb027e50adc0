#include <gradflow/nn/dense.hpp>

#include <algorithm>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/gemm.hpp>

namespace gradflow {

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
  elementwise(
      trace.delta.size(), [](Lanes<T>& delta, Lanes<T> slope) { delta *= slope; }, trace.delta.data(),
      std::as_const(trace.slope).data());
  weight_gradient(x.data(), trace.delta.data(), gradients.data(), shape);
  if (blocks_.size() > 1) bias_gradient(trace.delta.data(), gradients.data() + blocks_[1].offset, shape);
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

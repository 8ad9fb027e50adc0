#include <gradflow/nn/dense.hpp>

#include <algorithm>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/gemm.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/math/unrolled.hpp>

namespace gradflow {
namespace {

/// Handles the columns of delta and slope that begin at d and s: as many as fit into `width` registers, or n.
/// Multiplies delta by slope in place, unless s is null. Writes the sum over the rows to bias_gradient. Adds to four
/// independent sums, for `width` registers in each of 4 / width rows, because an addition to a sum must wait for the
/// one before.
template <std::size_t width, class T, class... N>
[[gnu::always_inline]] inline void apply_slope_down(T* d, const T* s, T* bias_gradient, std::size_t rows,
                                                    std::size_t row, N... n) {
  constexpr std::size_t step = Lanes<T>::size, at_once = 4, rows_at_once = at_once / width;
  const auto product = [=](std::size_t place) {
    Lanes<T> dz = Lanes<T>::load(d + place, n...);
    if (s) (dz *= Lanes<T>::load(s + place, n...)).store(d + place, n...);
    return dz;
  };
  auto sums = detail::filled<at_once>([](auto) { return Lanes<T>(0); });
  std::size_t i = 0;
  for (; i + rows_at_once <= rows; i += rows_at_once)
    detail::unrolled<at_once>([&](auto x) { sums[x] += product((i + x / width) * row + x % width * step); });
  for (; i < rows; ++i) detail::unrolled<width>([&](auto x) { sums[x] += product(i * row + x * step); });
  detail::unrolled<at_once - width>([&](auto x) { sums[x % width] += sums[x + width]; });
  detail::unrolled<width>([&](auto x) { sums[x].store(bias_gradient + x * step, n...); });
}

/// Turns dL/da into dL/dz. Writes the sum over the rows to bias_gradient, unless that is null.
template <class T>
void apply_slope(Matrix<T>& delta, const Matrix<T>& slope, T* bias_gradient) {
  constexpr std::size_t step = Lanes<T>::size;
  const std::size_t n = columns(delta);
  T* const d = delta.data();
  const T* s = slope.data();
  if (!bias_gradient || n < step) {  // in rows shorter than a register, each load and store would be a partial one
    elementwise(
        delta.size(), [](Lanes<T>& dz, const Lanes<T>& da) { dz *= da; }, d, s);
    s = nullptr;
  }
  if (!bias_gradient) return;
  std::size_t j = 0;
  for (; j + 4 * step <= n; j += 4 * step) apply_slope_down<4>(d + j, s + j, bias_gradient + j, rows(delta), n);
  for (; j + step <= n; j += step) apply_slope_down<1>(d + j, s + j, bias_gradient + j, rows(delta), n);
  if (j < n) apply_slope_down<1>(d + j, s ? s + j : s, bias_gradient + j, rows(delta), n, n - j);
}

}  // namespace

void detail::refuse_softmax(std::string_view activation) {
  if (activation != "softmax" && activation != "log_softmax") return;
  throw NameError({"activation",
                   {},
                   in_quotes(activation),
                   "an element-wise activation",
                   "the loss cross_entropy contains softmax: end the network with identity"});
}

template <class T>
DenseLayer<T>::DenseLayer(std::size_t inputs, std::size_t outputs, bool bias, ActivationInfo info)
    : inputs_(inputs),
      outputs_(outputs),
      parameter_count_((inputs + bias) * outputs),
      blocks_{{"weight", 0, inputs, outputs}},
      info_(std::move(info)) {
  if (bias) blocks_.push_back({"bias", inputs * outputs, 1, outputs});
  if (inputs == 0 || outputs == 0) throw ShapeError({describe(), "width", "0", "at least 1", {}});
}

template <class T>
std::span<const ParameterBlock> DenseLayer<T>::blocks() const {
  return blocks_;
}

template <class T>
std::string DenseLayer<T>::describe() const {
  const std::string no_bias = blocks_.size() == 1 ? ", no bias" : "";
  return "dense " + std::to_string(inputs_) + " -> " + std::to_string(outputs_) + ", " + info_.name + no_bias;
}

template <class T>
LayerRecipe DenseLayer<T>::recipe() const {
  return {"dense", {{"activation", info_.name}, {"bias", blocks_.size() > 1}}};
}

template <class T>
void DenseLayer<T>::initialize(std::span<T> parameters, const Initialization& start) const {
  require_size([this] { return describe(); }, "parameters", parameters.size(), parameter_count_, "weights and biases");
  std::vector<double> values(parameters.size());
  const auto weight = std::span(values).first(blocks_[0].size());
  const bool is_linear = info_.name == Identity::name;  // then an activate() that follows decides how weights are drawn
  const ActivationInfo* const activation = is_linear && start.next_activation ? start.next_activation : &info_;
  const LayerPlace place{inputs_, outputs_, activation, start.previous_activation};
  start.initializer.fill(weight, std::span(values).subspan(weight.size()), place, start.rng);
  std::ranges::transform(values, parameters.begin(), [](double value) { return static_cast<T>(value); });
}

template <class T>
void DenseLayer<T>::forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const {
  const auto where = [this] { return describe(); };
  require_size(where, "parameters", parameters.size(), parameter_count_, "weights and biases");
  require_shape(where, "x", x, {rows(x), inputs_, "a column for each input"});
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
  const auto where = [this] { return describe(); };
  require_size(where, "parameters", parameters.size(), parameter_count_, "weights and biases");
  require_shape(where, "x", x, {rows(x), inputs_, "a column for each input"});
  require_size(where, "gradients", gradients.size(), parameter_count_, "one for each parameter");
  require_shape(where, "delta", trace.delta, {rows(x), outputs_, "the shape of the output"});
  require_shape(where, "slope", trace.slope,
                {rows(x), outputs_, "the shape that forward(x) writes if keep_slope is true"});
  const ProductShape shape{rows(x), inputs_, outputs_};
  apply_slope(trace.delta, trace.slope, blocks_.size() > 1 ? gradients.data() + blocks_[1].offset : nullptr);
  weight_gradient(x.data(), trace.delta.data(), gradients.data(), shape);
  if (!x_delta) return;
  resize(*x_delta, rows(x), inputs_);
  input_gradient(trace.delta.data(), parameters.data(), x_delta->data(), shape);
}

template <class T>
LayerPtr<T> dense(std::string_view activation, std::size_t inputs, std::size_t outputs, NamedDenseOptions options) {
  detail::refuse_softmax(activation);
  return activation_by_name<LayerPtr<T>>(Activations{}, activation, [&]<class A>(const A& policy) {
    return std::make_shared<const Dense<A, T>>(inputs, outputs, DenseOptions<A>{policy, options.bias});
  });
}

template class DenseLayer<float>;
template class DenseLayer<double>;
template LayerPtr<float> dense(std::string_view, std::size_t, std::size_t, NamedDenseOptions);
template LayerPtr<double> dense(std::string_view, std::size_t, std::size_t, NamedDenseOptions);

}  // namespace gradflow

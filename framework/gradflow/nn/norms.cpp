#include <gradflow/nn/norms.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include <gradflow/base/names.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/same_width.hpp>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string eps_text(double eps) { return eps == NormOptions{}.eps ? "" : ", eps=" + text(eps); }

/// Returns the sum of term(a, b, ...) over the numbers of the arrays. term(0, 0, ...) must be 0.
template <class T, class Term, class... Arrays>
[[gnu::flatten]] T sum(std::size_t n, const Term& term, const Arrays*... arrays) {
  constexpr std::size_t step = Lanes<T>::size;
  Lanes<T> even = 0, odd = 0;  // two sums, because an addition to a sum must wait for the one before
  std::size_t j = 0;
  for (; j + 2 * step <= n; j += 2 * step) {
    even += term(Lanes<T>::load(arrays + j)...);
    odd += term(Lanes<T>::load(arrays + j + step)...);
  }
  for (; j + step <= n; j += step) even += term(Lanes<T>::load(arrays + j)...);
  if (j < n) odd += term(Lanes<T>::load(arrays + j, n - j)...);
  return fold(even + odd, [](auto a, auto b) { return a + b; });
}

/// Returns the mean of n numbers. The first number is subtracted before the sum: the mean of equal numbers is exact,
/// and a large offset costs no digits.
template <class T>
[[gnu::flatten]] T mean_of(std::size_t n, const T* numbers) {
  constexpr std::size_t step = Lanes<T>::size;
  const T first = numbers[0];
  Lanes<T> sums = 0;
  std::size_t j = 0;
  for (; j + step <= n; j += step) sums += Lanes<T>::load(numbers + j) - first;
  T sum = fold(sums, [](auto a, auto b) { return a + b; });
  for (; j < n; ++j) sum += numbers[j] - first;
  return first + sum / static_cast<T>(n);
}

/// A norm of any kind: gain, perhaps bias, and x normalised in trace.kept.
template <class T>
class Norm : public SameWidthLayer<T> {
 public:
  std::span<const ParameterBlock> blocks() const override { return blocks_; }
  void initialize(std::span<T> parameters, const Initialization&) const override {
    check_parameters(parameters.size());
    std::ranges::fill(parameters, T(0));
    std::ranges::fill(parameters.first(width()), T(1));
  }

 protected:
  Norm(std::size_t width, std::string_view kind, bool bias, double eps, const std::string& options)
      : SameWidthLayer<T>(width, std::string(kind), options), eps_(eps), blocks_{{"gain", 0, 1, width}} {
    check_range(kind, "eps", eps, 0, infinity, true);
    if (bias) blocks_.push_back({"bias", width, 1, width});
  }

  std::size_t width() const { return this->inputs(); }
  double eps() const { return eps_; }
  T deviation(T variance) const { return std::sqrt(variance + static_cast<T>(eps_)); }

  void check_parameters(std::size_t got) const {
    require_size([this] { return this->describe(); }, "parameters", got, this->parameter_count(), "gains and biases");
  }
  /// Returns the place where the normalised numbers of a row go: trace.kept, or in predict() the place of the outputs,
  /// which are written after them.
  static T* normalised(Trace<T>& trace, std::size_t row) {
    return trace.keep_slope ? trace.kept.data() + row * columns(trace.kept) : trace.a.data() + row * columns(trace.a);
  }
  void begin_forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const {
    this->check_forward(x);
    check_parameters(parameters.size());
    resize(trace.a, rows(x), width());
    if (trace.keep_slope) resize(trace.kept, rows(x), width());
  }
  void begin_backward(std::span<const T> parameters, const Matrix<T>& x, const Trace<T>& trace,
                      std::span<T> gradients) const {
    this->check_backward(x, trace);
    this->check_kept("kept", trace.kept, x);
    check_parameters(parameters.size());
    require_size([this] { return this->describe(); }, "gradients", gradients.size(), parameters.size(),
                 "one for each parameter");
    std::ranges::fill(gradients, T(0));
  }
  /// Adds a row to the gradients of gain and bias.
  [[gnu::always_inline]] void add_gradients(const T* delta, const T* kept, std::span<T> gradients) const {
    const std::size_t n = width();
    if (blocks_.size() == 1)
      return elementwise(
          n, [](Lanes<T>& dgain, const Lanes<T>& d, const Lanes<T>& k) { dgain += d * k; }, gradients.data(), delta,
          kept);
    elementwise(
        n,
        [](Lanes<T>& dgain, Lanes<T>& dbias, const Lanes<T>& d, const Lanes<T>& k) {
          dgain += d * k;
          dbias += d;
        },
        gradients.data(), gradients.data() + n, delta, kept);
  }

 private:
  double eps_;
  std::vector<ParameterBlock> blocks_;
};

/// layer_norm and rms_norm. trace.seen, [batch, 1]: by what each row was multiplied, 1 / sqrt(variance + eps).
template <bool centred, class T>
class RowNorm final : public Norm<T> {
 public:
  static constexpr const char* kind = centred ? "layer_norm" : "rms_norm";

  RowNorm(std::size_t width, NormOptions options) : Norm<T>(width, kind, centred, options.eps, eps_text(options.eps)) {}

  LayerRecipe recipe() const override { return {kind, {{"eps", this->eps()}}}; }

  void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const override {
    this->begin_forward(parameters, x, trace);
    const std::size_t n = this->width();
    const T share = T(1) / static_cast<T>(n);
    const T* const gain = parameters.data();
    if (trace.keep_slope) resize(trace.seen, rows(x), 1);
    for (std::size_t i = 0; i < rows(x); ++i) {
      const T* const from = x.data() + i * n;
      T* const kept = this->normalised(trace, i);
      T mean = 0;
      if constexpr (centred) mean = mean_of(n, from);
      elementwise(
          n, [mean](Lanes<T>& k, const Lanes<T>& v) { k = v - mean; }, kept, from);
      const T variance = share * sum<T>(
                                     n, [](auto v) { return v * v; }, static_cast<const T*>(kept));
      const T over = T(1) / this->deviation(variance);
      if (trace.keep_slope) trace.seen(i, 0) = over;
      T* const a = trace.a.data() + i * n;
      if constexpr (centred)
        elementwise(
            n,
            [over](Lanes<T>& k, Lanes<T>& y, const Lanes<T>& g, const Lanes<T>& b) {
              k *= over;
              y = k * g + b;
            },
            kept, a, gain, gain + n);
      else
        elementwise(
            n,
            [over](Lanes<T>& k, Lanes<T>& y, const Lanes<T>& g) {
              k *= over;
              y = k * g;
            },
            kept, a, gain);
    }
  }

  void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                Matrix<T>* x_delta) const override {
    this->begin_backward(parameters, x, trace, gradients);
    const std::size_t n = this->width();
    const T share = T(1) / static_cast<T>(n);
    const T* const gain = parameters.data();
    if (x_delta) resize(*x_delta, rows(x), n);
    for (std::size_t i = 0; i < rows(x); ++i) {
      const T *const delta = trace.delta.data() + i * n, *const kept = trace.kept.data() + i * n;
      this->add_gradients(delta, kept, gradients);
      if (!x_delta) continue;
      const T along = share * sum<T>(
                                  n, [](auto d, auto k, auto g) { return d * g * k; }, delta, kept, gain);
      T mean = 0;
      if constexpr (centred)
        mean = share * sum<T>(
                           n, [](auto d, auto g) { return d * g; }, delta, gain);
      const T over = trace.seen(i, 0);
      elementwise(
          n,
          [=](Lanes<T>& dx, const Lanes<T>& d, const Lanes<T>& k, const Lanes<T>& g) {
            dx = over * (d * g - mean - k * along);
          },
          x_delta->data() + i * n, delta, kept, gain);
    }
  }
};

/// batch_norm. trace.seen, [3, width]: the mean and the variance that this pass used, and 1 / sqrt(variance + eps).
template <class T>
class BatchNorm final : public Norm<T> {
 public:
  BatchNorm(std::size_t width, BatchNormOptions options)
      : Norm<T>(width, "batch_norm", true, options.eps,
                eps_text(options.eps) +
                    (options.momentum == BatchNormOptions{}.momentum ? "" : ", momentum=" + text(options.momentum))),
        momentum_(options.momentum),
        state_{{"running_mean", 0, 1, width}, {"running_variance", width, 1, width}} {
    check_range("batch_norm", "momentum", options.momentum, 0, 1, false);
  }

  LayerRecipe recipe() const override { return {"batch_norm", {{"eps", this->eps()}, {"momentum", momentum_}}}; }
  std::span<const ParameterBlock> state_blocks() const override { return state_; }
  void initialize_state(std::span<T> state) const override {
    std::ranges::fill(state.first(this->width()), T(0));
    std::ranges::fill(state.subspan(this->width()), T(1));
  }

  void update_state(std::span<T> state, const Trace<T>& trace) const override {
    const std::size_t n = this->width();
    const auto batch = static_cast<T>(rows(trace.a)), share = static_cast<T>(momentum_);
    const T *const mean = trace.seen.data(), *const variance = mean + n;
    for (std::size_t j = 0; j < n; ++j) {
      state[j] += share * (mean[j] - state[j]);
      state[n + j] += share * (batch / (batch - 1) * variance[j] - state[n + j]);
    }
  }

  void forward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace) const override {
    if (trace.pass.training) check_batch(rows(x), trace.index);
    this->begin_forward(parameters, x, trace);
    const std::size_t n = this->width();
    resize(trace.seen, 3, n);
    T *const mean = trace.seen.data(), *const variance = mean + n, *const over = mean + 2 * n;
    if (trace.pass.training) {
      measure(x, trace);
    } else {
      require_size([this] { return this->describe(); }, "state", trace.state.size(), 2 * n,
                   "running means and variances");
      std::ranges::copy(trace.state, mean);
    }
    for (std::size_t j = 0; j < n; ++j) over[j] = T(1) / this->deviation(variance[j]);
    const T *const gain = parameters.data(), *const bias = gain + n, *const shift = mean, *const factor = over;
    for (std::size_t i = 0; i < rows(x); ++i) {
      T* const kept = this->normalised(trace, i);
      elementwise(
          n, [](Lanes<T>& k, const Lanes<T>& v, const Lanes<T>& m, const Lanes<T>& r) { k = (v - m) * r; }, kept,
          x.data() + i * n, shift, factor);
      elementwise(
          n, [](Lanes<T>& y, const Lanes<T>& k, const Lanes<T>& g, const Lanes<T>& b) { y = k * g + b; },
          trace.a.data() + i * n, static_cast<const T*>(kept), gain, bias);
    }
  }

  void backward(std::span<const T> parameters, const Matrix<T>& x, Trace<T>& trace, std::span<T> gradients,
                Matrix<T>* x_delta) const override {
    this->begin_backward(parameters, x, trace, gradients);
    const std::size_t n = this->width();
    for (std::size_t i = 0; i < rows(x); ++i)
      this->add_gradients(trace.delta.data() + i * n, trace.kept.data() + i * n, gradients);
    if (!x_delta) return;
    resize(*x_delta, rows(x), n);
    // In evaluation, mean and variance do not depend on x.
    const T share = trace.pass.training ? T(1) / static_cast<T>(rows(x)) : T(0);
    const T *const gain = parameters.data(), *const over = trace.seen.data() + 2 * n;
    const T *const dgain = gradients.data(), *const dbias = dgain + n;
    for (std::size_t i = 0; i < rows(x); ++i)
      elementwise(
          n,
          [share](Lanes<T>& dx, const Lanes<T>& d, const Lanes<T>& k, const Lanes<T>& g, const Lanes<T>& r,
                  const Lanes<T>& dg, const Lanes<T>& db) { dx = g * r * (d - share * (db + k * dg)); },
          x_delta->data() + i * n, static_cast<const T*>(trace.delta.data() + i * n),
          static_cast<const T*>(trace.kept.data() + i * n), gain, over, dgain, dbias);
  }

 private:
  void check_batch(std::size_t batch, std::size_t layer) const {
    if (batch < 2)
      throw ShapeError({"layer " + std::to_string(layer) + " (" + this->describe() + ")", "batch",
                        std::to_string(batch) + " sample", "at least 2 in training, because one sample has no variance",
                        "choose another batch_size, or Pass{.training = false}"});
  }

  /// Writes mean and variance of the columns of x to trace.seen. The mean is subtracted before the squares are taken.
  void measure(const Matrix<T>& x, Trace<T>& trace) const {
    const std::size_t n = this->width(), batch = rows(x);
    const T share = T(1) / static_cast<T>(batch);
    T *const mean = trace.seen.data(), *const variance = mean + n;
    std::fill(mean, variance + n, T(0));
    const T* const first = x.data();  // subtracted before the sum, as in mean_of()
    for (std::size_t i = 1; i < batch; ++i)
      elementwise(
          n, [](Lanes<T>& m, const Lanes<T>& v, const Lanes<T>& f) { m += v - f; }, mean, x.data() + i * n, first);
    elementwise(
        n, [share](Lanes<T>& m, const Lanes<T>& f) { m = f + share * m; }, mean, first);
    for (std::size_t i = 0; i < batch; ++i)
      elementwise(
          n,
          [](Lanes<T>& s, const Lanes<T>& v, const Lanes<T>& m) {
            const Lanes<T> apart = v - m;
            s += apart * apart;
          },
          variance, x.data() + i * n, static_cast<const T*>(mean));
    elementwise(
        n, [share](Lanes<T>& s) { s *= share; }, variance);
  }

  double momentum_;
  std::vector<ParameterBlock> state_;
};

}  // namespace

template <class T>
LayerPtr<T> layer_norm(std::size_t width, NormOptions options) {
  return std::make_shared<const RowNorm<true, T>>(width, options);
}

template <class T>
LayerPtr<T> rms_norm(std::size_t width, NormOptions options) {
  return std::make_shared<const RowNorm<false, T>>(width, options);
}

template <class T>
LayerPtr<T> batch_norm(std::size_t width, BatchNormOptions options) {
  return std::make_shared<const BatchNorm<T>>(width, options);
}

template LayerPtr<float> layer_norm(std::size_t, NormOptions);
template LayerPtr<double> layer_norm(std::size_t, NormOptions);
template LayerPtr<float> rms_norm(std::size_t, NormOptions);
template LayerPtr<double> rms_norm(std::size_t, NormOptions);
template LayerPtr<float> batch_norm(std::size_t, BatchNormOptions);
template LayerPtr<double> batch_norm(std::size_t, BatchNormOptions);

}  // namespace gradflow

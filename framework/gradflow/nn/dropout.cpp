#include <gradflow/nn/dropout.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include <gradflow/base/names.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/same_width.hpp>

namespace gradflow {
namespace {

/// The slope of the layer is its mask: 0 or 1 / (1 - rate).
template <class T>
class Dropout final : public SameWidthLayer<T> {
 public:
  Dropout(std::size_t width, double rate) : SameWidthLayer<T>(width, "dropout", ", rate=" + text(rate)), rate_(rate) {
    check_range("dropout", "rate", rate, 0, 1, true);
  }

  LayerRecipe recipe() const override { return {"dropout", {{"rate", rate_}}}; }
  bool is_random() const override { return rate_ > 0; }

  void forward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace) const override {
    this->check_forward(x);
    resize(trace.a, rows(x), columns(x));
    if (trace.keep_slope) resize(trace.slope, rows(x), columns(x));
    if (!trace.pass.training || rate_ == 0) {
      std::ranges::copy(flat(x), trace.a.data());
      if (trace.keep_slope) std::ranges::fill(flat(trace.slope), T(1));
      return;
    }
    Matrix<T>& mask = trace.keep_slope ? trace.slope : trace.a;
    for (std::size_t i = 0; i < rows(x); ++i) draw(trace.random(i).next(), row(mask, i));
    const auto times = [](Lanes<T>& a, const Lanes<T>& m, const Lanes<T>& v) { a = m * v; };
    elementwise(x.size(), times, trace.a.data(), static_cast<const T*>(mask.data()), x.data());
  }

  void backward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace, std::span<T>,
                Matrix<T>* x_delta) const override {
    this->multiply_by_slope(x, trace, x_delta);
  }

 private:
  /// Writes one row of the mask. Each 64 bits decide about two numbers. They are computed from a key and a counter, so
  /// the compiler can compute several at once.
  void draw(std::uint64_t key, std::span<T> mask) const {
    const auto scale = static_cast<T>(1 / (1 - rate_));
    const auto dropped_below = static_cast<std::uint32_t>(std::min(0x1p32 - 1, std::round(rate_ * 0x1p32)));
    const std::size_t half = mask.size() / 2;
    T *const first = mask.data(), *const second = first + half;
    for (std::size_t j = 0; j < half; ++j) {
      const std::uint64_t bits = mixed(key, j);
      first[j] = static_cast<std::uint32_t>(bits) < dropped_below ? T(0) : scale;
      second[j] = static_cast<std::uint32_t>(bits >> 32) < dropped_below ? T(0) : scale;
    }
    if (mask.size() % 2 == 1) mask.back() = static_cast<std::uint32_t>(mixed(key, half)) < dropped_below ? T(0) : scale;
  }

  double rate_;
};

}  // namespace

template <class T>
LayerPtr<T> dropout(std::size_t width, double rate) {
  return std::make_shared<const Dropout<T>>(width, rate);
}

template LayerPtr<float> dropout(std::size_t, double);
template LayerPtr<double> dropout(std::size_t, double);

}  // namespace gradflow

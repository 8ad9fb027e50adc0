#include <gradflow/nn/skip.hpp>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <gradflow/base/names.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/same_width.hpp>

namespace gradflow {
namespace {

std::string scale_text(double scale) { return scale == 1 ? "" : ", scale=" + text(scale); }

template <class T>
class Skip final : public SameWidthLayer<T> {
 public:
  Skip(std::size_t width, std::size_t back, SkipOptions options)
      : SameWidthLayer<T>(width, "skip", ", back=" + std::to_string(back) + scale_text(options.scale)),
        back_(back),
        scale_(options.scale) {
    if (back == 0) throw ShapeError({this->describe(), "back", "0", "at least 1", {}});
    check_range("skip", "scale", options.scale, std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max(), false);
  }

  std::size_t back() const override { return back_; }
  LayerRecipe recipe() const override { return {"skip", {{"back", static_cast<double>(back_)}, {"scale", scale_}}}; }

  void forward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace) const override {
    this->check_forward(x);
    if (!trace.earlier)
      throw ShapeError({this->describe(), "earlier output", "none", "the input of an earlier layer, in a network", {}});
    require_shape([this] { return this->describe(); }, "earlier output", *trace.earlier,
                  {rows(x), columns(x), "the shape of x"});
    resize(trace.a, rows(x), columns(x));
    const auto scale = static_cast<T>(scale_);
    elementwise(
        x.size(), [scale](Lanes<T>& a, const Lanes<T>& v, const Lanes<T>& e) { a = scale * (v + e); }, trace.a.data(),
        x.data(), trace.earlier->data());
  }

  void backward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace, std::span<T>,
                Matrix<T>* x_delta) const override {
    this->check_backward(x, trace);
    if (scale_ != 1)
      elementwise(
          x.size(), [scale = static_cast<T>(scale_)](Lanes<T>& d) { d *= scale; }, trace.delta.data());
    this->copy_delta(trace, x_delta);
  }

 private:
  std::size_t back_;
  double scale_;
};

/// Stands for its layers until a network puts them in its place.
template <class T>
class Residual final : public Layer<T> {
 public:
  Residual(std::vector<LayerPtr<T>> layers, SkipOptions options) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      LayerPtr<T>& layer = layers[i];
      if (!layer) throw ShapeError({"residual", "layer " + std::to_string(i), "a null pointer", "a layer", {}});
      const auto inner = layer->parts();
      parts_.insert(parts_.end(), inner.begin(), inner.end());
      if (inner.empty()) parts_.push_back(std::move(layer));
    }
    if (parts_.empty()) throw ShapeError({"residual", "layers", "none", "at least one", {}});
    const std::size_t width = parts_.front()->inputs();
    if (parts_.back()->outputs() != width)
      throw ShapeError({"residual",
                        "outputs of the last layer (" + parts_.back()->describe() + ")",
                        std::to_string(parts_.back()->outputs()),
                        std::to_string(width) + ", as many as the inputs of the first layer",
                        {}});
    parts_.push_back(skip<T>(width, parts_.size(), options));
  }

  std::size_t inputs() const override { return parts_.front()->inputs(); }
  std::size_t outputs() const override { return inputs(); }
  std::string describe() const override { return "residual " + std::to_string(inputs()); }
  std::span<const LayerPtr<T>> parts() const override { return parts_; }
  void forward(std::span<const T>, const Matrix<T>&, Trace<T>&) const override { refuse(); }
  void backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T>, Matrix<T>*) const override { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    throw std::logic_error("residual: forward() and backward() work in a network, which puts the layers in its place");
  }

  std::vector<LayerPtr<T>> parts_;
};

}  // namespace

template <class T>
LayerPtr<T> skip(std::size_t width, std::size_t back, SkipOptions options) {
  return std::make_shared<const Skip<T>>(width, back, options);
}

template <class T>
LayerPtr<T> residual(std::vector<LayerPtr<T>> layers, SkipOptions options) {
  return std::make_shared<const Residual<T>>(std::move(layers), options);
}

template LayerPtr<float> skip(std::size_t, std::size_t, SkipOptions);
template LayerPtr<double> skip(std::size_t, std::size_t, SkipOptions);
template LayerPtr<float> residual(std::vector<LayerPtr<float>>, SkipOptions);
template LayerPtr<double> residual(std::vector<LayerPtr<double>>, SkipOptions);

}  // namespace gradflow

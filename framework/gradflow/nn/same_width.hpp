#pragma once
// The base class of layers whose outputs are as many as their inputs.
#include <algorithm>
#include <cstddef>
#include <string>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// A layer of `width` inputs and as many outputs, with checks of the shapes.
template <class T>
class SameWidthLayer : public Layer<T> {
 public:
  std::size_t inputs() const override { return width_; }
  std::size_t outputs() const override { return width_; }
  /// Returns "dropout 32, rate=0.2".
  std::string describe() const override { return description_; }

 protected:
  /// description: the kind, then what follows the width, such as "dropout" and ", rate=0.2". Throws ShapeError if the
  /// width is 0.
  SameWidthLayer(std::size_t width, const std::string& kind, const std::string& options = {})
      : width_(width), description_(kind + " " + std::to_string(width) + options) {
    if (width == 0) throw ShapeError({description_, "width", "0", "at least 1", {}});
  }

  /// Throws ShapeError unless x is [batch, width].
  void check_forward(const Matrix<T>& x) const {
    require_shape([this] { return describe(); }, "x", x, {rows(x), width_, "a column for each input"});
  }
  /// Throws ShapeError unless x and trace.delta are [batch, width].
  void check_backward(const Matrix<T>& x, const Trace<T>& trace) const {
    check_forward(x);
    require_shape([this] { return describe(); }, "delta", trace.delta, {rows(x), width_, "the shape of the output"});
  }
  /// Throws ShapeError unless m, which forward() wrote for backward(), has as many rows as x and `width` columns.
  void check_kept(const char* what, const Matrix<T>& m, const Matrix<T>& x) const {
    require_shape([this] { return describe(); }, what, m,
                  {rows(x), width_, "the shape that forward(x) writes if keep_slope is true"});
  }
  /// The backward pass of a layer that applies a function to each number: multiplies trace.delta by trace.slope. The
  /// result is dL/dx too, unless x_delta is null.
  void multiply_by_slope(const Matrix<T>& x, Trace<T>& trace, Matrix<T>* x_delta) const {
    check_backward(x, trace);
    check_kept("slope", trace.slope, x);
    elementwise(
        x.size(), [](Lanes<T>& d, const Lanes<T>& s) { d *= s; }, trace.delta.data(),
        static_cast<const T*>(trace.slope.data()));
    copy_delta(trace, x_delta);
  }
  /// Copies trace.delta to x_delta, unless x_delta is null.
  static void copy_delta(const Trace<T>& trace, Matrix<T>* x_delta) {
    if (!x_delta) return;
    resize(*x_delta, rows(trace.delta), columns(trace.delta));
    std::ranges::copy(flat(trace.delta), x_delta->data());
  }

 private:
  std::size_t width_;
  std::string description_;
};

}  // namespace gradflow

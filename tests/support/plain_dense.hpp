#pragma once
// A dense layer in plain loops, as in the formulas. The tests compare the fast layer with this one.
#include <cstddef>
#include <vector>

#include <gradflow/math/shapes.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/activation_info.hpp>

namespace gradflow {

/// Shapes: weight [inputs, outputs], bias [outputs].
struct PlainDense {
  Matrix<double> weight;
  std::vector<double> bias;
  ActivationInfo activation;

  /// a = f(z), z = x W + b. x: [batch, inputs]; z, a, slope: [batch, outputs]
  void forward(const Matrix<double>& x, Matrix<double>& z, Matrix<double>& a, Matrix<double>& slope) const {
    for (std::size_t i = 0; i < rows(x); ++i)
      for (std::size_t j = 0; j < columns(weight); ++j) {
        z(i, j) = bias[j];
        for (std::size_t p = 0; p < columns(x); ++p) z(i, j) += x(i, p) * weight(p, j);
        a(i, j) = activation.value(z(i, j));
        slope(i, j) = activation.slope(z(i, j));
      }
  }

  /// Turns delta from dL/da into dL/dz, and adds dL/dW, dL/db and dL/dx to the last three arguments.
  void backward(const Matrix<double>& x, const Matrix<double>& slope, Matrix<double>& delta,
                Matrix<double>& weight_gradient, std::vector<double>& bias_gradient, Matrix<double>& x_delta) const {
    for (std::size_t i = 0; i < rows(x); ++i)
      for (std::size_t j = 0; j < columns(weight); ++j) {
        delta(i, j) *= slope(i, j);
        bias_gradient[j] += delta(i, j);
        for (std::size_t p = 0; p < columns(x); ++p) {
          weight_gradient(p, j) += x(i, p) * delta(i, j);
          x_delta(i, p) += delta(i, j) * weight(p, j);
        }
      }
  }
};

}  // namespace gradflow

#pragma once
// The three matrix products of a dense layer. Only gemm.cpp knows how they are computed. Every number of a result is a
// sum in ascending order of the summation index, so its bits do not depend on the other rows of the batch.
#include <cstddef>

namespace gradflow {

/// The sizes of a dense layer's matrices.
struct ProductShape {
  std::size_t batch;    ///< rows of x and z
  std::size_t inputs;   ///< columns of x, rows of w
  std::size_t outputs;  ///< columns of w and z
};

/// z[batch, outputs] = x[batch, inputs] w[inputs, outputs] + b[outputs]. b is added to every row; it may be null.
template <class T>
void affine(const T* x, const T* w, const T* b, T* z, ProductShape shape);

/// dw[inputs, outputs] = x[batch, inputs] transposed times dz[batch, outputs]
template <class T>
void weight_gradient(const T* x, const T* dz, T* dw, ProductShape shape);

/// dx[batch, inputs] = dz[batch, outputs] times w[inputs, outputs] transposed
template <class T>
void input_gradient(const T* dz, const T* w, T* dx, ProductShape shape);

}  // namespace gradflow

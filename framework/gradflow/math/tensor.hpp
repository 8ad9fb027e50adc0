#pragma once
// Matrix<T>: the matrix that all other files use. Only this file names xtensor's containers.
#include <cstddef>
#include <span>
#include <string>

#if __has_include(<xtensor/containers/xtensor.hpp>)  // xtensor moved its headers in 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <gradflow/base/memory.hpp>

namespace gradflow {

/// A dense row-major matrix, batch first: [batch, features]. Its storage is a std::vector, which keeps its capacity
/// when the last batch of an epoch is short; xt::xtensor's own storage would reallocate.
template <class T>
using Matrix = xt::xtensor_container<AlignedVector<T>, 2, xt::layout_type::row_major>;

/// The first dimension: usually samples.
template <class T>
std::size_t rows(const Matrix<T>& m) {
  return m.shape()[0];
}

/// The second dimension: usually features.
template <class T>
std::size_t columns(const Matrix<T>& m) {
  return m.shape()[1];
}

/// Sets the shape and keeps the capacity. The numbers in the matrix are unspecified afterwards.
template <class T>
void resize(Matrix<T>& m, std::size_t rows, std::size_t columns) {
  if (m.shape()[0] != rows || m.shape()[1] != columns) m.resize({rows, columns});
}

/// Returns a matrix of shape [rows, columns] in which all numbers are 0.
template <class T>
Matrix<T> zeros(std::size_t rows, std::size_t columns) {
  return Matrix<T>(typename Matrix<T>::shape_type{rows, columns}, T(0));
}

/// Returns all numbers of a matrix, row after row.
template <class T>
std::span<T> flat(Matrix<T>& m) {
  return {m.data(), m.size()};
}
/// The same, read-only.
template <class T>
std::span<const T> flat(const Matrix<T>& m) {
  return {m.data(), m.size()};
}

/// Returns row i: [columns]. i must be below rows(m); as in m(i, j), this is not checked.
template <class T>
std::span<T> row(Matrix<T>& m, std::size_t i) {
  return flat(m).subspan(i * columns(m), columns(m));
}
/// The same, read-only.
template <class T>
std::span<const T> row(const Matrix<T>& m, std::size_t i) {
  return flat(m).subspan(i * columns(m), columns(m));
}

/// Returns the shape as a text: "[32, 10]".
inline std::string shape_text(std::size_t rows, std::size_t columns) {
  return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}
/// Returns the shape of m in the same form.
template <class T>
std::string shape_text(const Matrix<T>& m) {
  return shape_text(rows(m), columns(m));
}

}  // namespace gradflow

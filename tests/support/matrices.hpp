#pragma once
// Matrices for tests.
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>

#include <gradflow/base/random.hpp>
#include <gradflow/math/tensor.hpp>

namespace gradflow {

template <class T>
void fill_normal(std::span<T> numbers, std::uint64_t seed) {
  Rng rng(seed);
  for (T& x : numbers) x = static_cast<T>(rng.normal());
}

/// A matrix of standard normal numbers.
template <class T>
Matrix<T> random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Matrix<T> m = zeros<T>(rows, columns);
  fill_normal(flat(m), seed);
  return m;
}

/// Makes a matrix from rows of doubles: matrix<T>({{0.1, 2}, {3, 4}}). In Matrix<T>{{0.1, 2}, {3, 4}} clang warns of
/// 0.1 if T is float.
template <class T>
Matrix<T> matrix(std::initializer_list<std::initializer_list<double>> lines) {
  Matrix<T> m = zeros<T>(lines.size(), lines.begin()->size());
  T* next = m.data();
  for (const auto& line : lines)
    for (const double x : line) *next++ = static_cast<T>(x);
  return m;
}

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}
template <class T>
bool same_bits(const Matrix<T>& a, const Matrix<T>& b) {
  return a.shape() == b.shape() && same_bits(flat(a), flat(b));
}

}  // namespace gradflow

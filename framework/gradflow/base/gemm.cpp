#include <gradflow/base/gemm.hpp>

#include <algorithm>

#include <gradflow/base/lanes.hpp>
#include <gradflow/base/tensor.hpp>

namespace gradflow {
namespace {

/// c[m, n] = a[m, k] b[k, n] + start[n] in every row. n is known to those who cut it into columns of tiles.
template <class T>
struct Product {
  const T* a;
  std::size_t a_row, a_column;  ///< a(i, p) = a[i * a_row + p * a_column]: a transposed matrix needs no copy
  const T* b;
  std::size_t b_row;  ///< b(p, j) = b[p * b_row + j]
  const T* start;     ///< null: 0
  T* c;
  std::size_t c_row;  ///< c(i, j) = c[i * c_row + j]
  std::size_t m, k;

  Product from_row(std::size_t i) const {
    Product rest = *this;
    rest.a += i * a_row;
    rest.c += i * c_row;
    rest.m -= i;
    return rest;
  }
  Product from_column(std::size_t j) const {
    Product rest = *this;
    rest.b += j;
    rest.c += j;
    if (start) rest.start += j;
    return rest;
  }
};

// A tile of c stays in registers while the sum over k runs: `tile_height` rows, `tile_width` batches in each. 8 x 3
// fills the 32 registers of AVX-512, 6 x 2 the 16 of AVX2.
template <class T>
inline constexpr bool wide = sizeof(T) * Lanes<T>::size >= 64;
template <class T>
inline constexpr std::size_t tile_height = wide<T> ? 8 : 6;
template <class T>
inline constexpr std::size_t tile_width = wide<T> ? 3 : 2;

template <std::size_t height, std::size_t width, class T>
void multiply_tile(const Product<T>& p) {
  constexpr std::size_t lanes = Lanes<T>::size;
  Lanes<T> sum[height][width];
  for (std::size_t i = 0; i < height; ++i)
    for (std::size_t j = 0; j < width; ++j) sum[i][j] = p.start ? Lanes<T>::load(p.start + j * lanes) : Lanes<T>(0);
  for (std::size_t k = 0; k < p.k; ++k) {
    Lanes<T> b[width];
    for (std::size_t j = 0; j < width; ++j) b[j] = Lanes<T>::load(p.b + k * p.b_row + j * lanes);
    for (std::size_t i = 0; i < height; ++i) {
      const Lanes<T> a = p.a[i * p.a_row + k * p.a_column];
      for (std::size_t j = 0; j < width; ++j) sum[i][j] = fma(a, b[j], sum[i][j]);
    }
  }
  for (std::size_t i = 0; i < height; ++i)
    for (std::size_t j = 0; j < width; ++j) sum[i][j].store(p.c + i * p.c_row + j * lanes);
}

/// Tiles of `height` rows from top to bottom, then what is left in lower ones.
template <std::size_t height, std::size_t width, class T>
void multiply_down(const Product<T>& p) {
  std::size_t i = 0;
  for (; i + height <= p.m; i += height) multiply_tile<height, width>(p.from_row(i));
  if constexpr (height > 1)
    if (i < p.m) multiply_down<height - 1, width>(p.from_row(i));
}

/// One column of tiles, of 1 to tile_width batches.
template <std::size_t width, class T>
void multiply_column(std::size_t batches, const Product<T>& p) {
  if constexpr (width > 1)
    if (batches < width) return multiply_column<width - 1>(batches, p);
  multiply_down<tile_height<T>, width>(p);
}

/// Grows and is kept, one for each thread, so that no step allocates.
template <class T>
T* scratch(AlignedVector<T>& buffer, std::size_t n) {
  if (buffer.size() < n) buffer.resize(n);
  return buffer.data();
}

/// n columns that do not fill their last batch: b, start and c pass through copies padded with zeros.
template <class T>
void multiply_ragged(std::size_t n, const Product<T>& p) {
  const std::size_t batches = (n + Lanes<T>::size - 1) / Lanes<T>::size, padded = batches * Lanes<T>::size;
  thread_local AlignedVector<T> buffer;
  T* const b = scratch(buffer, (p.k + 1 + p.m) * padded);
  T* const start = b + p.k * padded;
  T* const c = start + padded;
  std::fill(b, c, T(0));
  for (std::size_t k = 0; k < p.k; ++k) std::copy_n(p.b + k * p.b_row, n, b + k * padded);
  if (p.start) std::copy_n(p.start, n, start);
  multiply_column<tile_width<T>>(batches, Product<T>{p.a, p.a_row, p.a_column, b, padded, start, c, padded, p.m, p.k});
  for (std::size_t i = 0; i < p.m; ++i) std::copy_n(c + i * padded, n, p.c + i * p.c_row);
}

template <class T>
void multiply(std::size_t n, const Product<T>& p) {
  constexpr std::size_t lanes = Lanes<T>::size;
  std::size_t j = 0;
  for (std::size_t batches = n / lanes; batches > 0;) {
    const std::size_t width = std::min(batches, tile_width<T>);
    multiply_column<tile_width<T>>(width, p.from_column(j));
    batches -= width;
    j += width * lanes;
  }
  if (j < n) multiply_ragged(n - j, p.from_column(j));
}

}  // namespace

template <class T>
void affine(const T* x, const T* w, const T* b, T* z, ProductShape s) {
  multiply<T>(s.outputs, {x, s.inputs, 1, w, s.outputs, b, z, s.outputs, s.batch, s.inputs});
}

template <class T>
void weight_gradient(const T* x, const T* dz, T* dw, ProductShape s) {
  multiply<T>(s.outputs, {x, 1, s.inputs, dz, s.outputs, nullptr, dw, s.outputs, s.inputs, s.batch});
}

template <class T>
void input_gradient(const T* dz, const T* w, T* dx, ProductShape s) {
  thread_local AlignedVector<T> buffer;
  T* const transposed = scratch(buffer, s.inputs * s.outputs);
  for (std::size_t i = 0; i < s.inputs; ++i)
    for (std::size_t j = 0; j < s.outputs; ++j) transposed[j * s.inputs + i] = w[i * s.outputs + j];
  multiply<T>(s.inputs, {dz, s.outputs, 1, transposed, s.inputs, nullptr, dx, s.inputs, s.batch, s.outputs});
}

template <class T>
void bias_gradient(const T* dz, T* db, ProductShape s) {
  std::fill_n(db, s.outputs, T(0));
  const auto add = [](Lanes<T>& sum, Lanes<T> d) { sum += d; };
  for (std::size_t i = 0; i < s.batch; ++i) elementwise(s.outputs, add, db, dz + i * s.outputs);
}

template void affine(const float*, const float*, const float*, float*, ProductShape);
template void affine(const double*, const double*, const double*, double*, ProductShape);
template void weight_gradient(const float*, const float*, float*, ProductShape);
template void weight_gradient(const double*, const double*, double*, ProductShape);
template void input_gradient(const float*, const float*, float*, ProductShape);
template void input_gradient(const double*, const double*, double*, ProductShape);
template void bias_gradient(const float*, float*, ProductShape);
template void bias_gradient(const double*, double*, ProductShape);

}  // namespace gradflow

#include <gradflow/math/gemm.hpp>

#include <algorithm>
#include <bit>
#include <tuple>

#include <gradflow/math/gemm_tile.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/math/threads.hpp>

// The blocks follow Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", 2008) and BLIS (Van Zee
// and van de Geijn, 2015). All tiles of a panel use the same part of b, which is copied if its numbers are too far
// apart in memory. Both papers also copy a. Here a copy of a would save nothing, because the rows or columns of a are
// read in order.

namespace gradflow {
namespace {

using detail::filled;
using detail::lanes;
using detail::load;
using detail::multiply_panel;
using detail::piece;
using detail::Product;
using detail::unrolled;
using detail::widest;

// Sums of more than block_depth products are split into blocks of at most block_depth, so that a panel's part of b and
// a tile's part of a stay in the cache. (With a cache of 1 MB, all lengths from 128 to 512 were equally fast.)
constexpr std::size_t block_depth = 256;

// Copying the matrix b pays if the matrix a has at least rows_worth_a_copy rows and b has more than size_worth_a_copy
// bytes. The rows of such a b are usually pages apart in memory.
constexpr std::size_t rows_worth_a_copy = 128, size_worth_a_copy = 128 * 1024;

// The smallest number of multiply-add operations for which it pays to wake other threads: about 50 microseconds of
// work.
constexpr std::size_t work_worth_threads = 1 << 22;

/// Turns rows into columns by perfect shuffles. times: the base-2 logarithm of the number of rows.
template <std::size_t times, class Rows>
[[gnu::always_inline]] inline Rows shuffled(const Rows& rows) {
  constexpr std::size_t n = std::tuple_size_v<Rows>;
  if constexpr (times == 0)
    return rows;
  else
    return shuffled<times - 1>(filled<n>([&](auto i) {
      const auto [low, high] = interleave(rows[i / 2], rows[i / 2 + n / 2]);
      return i % 2 == 0 ? low : high;
    }));
}

/// to[piece, lanes] = from[lanes, piece] transposed
template <class T>
[[gnu::flatten]] void transpose(const T* from, std::size_t from_row, T* to, std::size_t to_row) {
  constexpr std::size_t n = piece<T>;
  const auto columns = shuffled<std::bit_width(n) - 1>(
      filled<n>([&](auto i) { return Lanes<T>::load_pieces(from + i * from_row, n * from_row); }));
  unrolled<n>([&](auto i) { columns[i].store(to + i * to_row); });
}

/// The same for fewer rows than lanes: copies the rows first. The numbers in the other lanes are unspecified.
template <class T>
[[gnu::noinline]] void transpose_part(const T* from, std::size_t from_row, std::size_t rows, T* to,
                                      std::size_t to_row) {
  T copy[lanes<T> * piece<T>] = {};
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(from + i * from_row, piece<T>, copy + i * piece<T>);
  transpose(copy, piece<T>, to, to_row);
}

template <class T>
void pack_transposed(const T* b, std::size_t b_column, std::size_t k, std::size_t n, T* to, std::size_t to_row) {
  const std::size_t whole_k = k / piece<T> * piece<T>;
  for (std::size_t j = 0; j < n; j += lanes<T>, b += lanes<T> * b_column, to += lanes<T>) {
    const std::size_t rows = std::min(lanes<T>, n - j);
    for (std::size_t i = 0; i < whole_k; i += piece<T>)
      if (rows == lanes<T>)
        transpose(b + i, b_column, to + i * to_row, to_row);
      else
        transpose_part(b + i, b_column, rows, to + i * to_row, to_row);
    for (std::size_t i = whole_k; i < k; ++i)
      for (std::size_t x = 0; x < rows; ++x) to[i * to_row + x] = b[x * b_column + i];
  }
}

template <class T>
void pack_rows(const T* b, std::size_t b_row, std::size_t k, std::size_t n, T* to, std::size_t to_row) {
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < n; j += lanes<T>) {
      const T* const from = b + i * b_row + j;
      __builtin_prefetch(from + widest<T> * lanes<T>);  // part of the next panel
      const Lanes<T> x = n - j < lanes<T> ? Lanes<T>::load(from, n - j) : Lanes<T>::load(from);
      x.store(to + i * to_row + j);
    }
}

/// Multiplies with a copy of b's panel, [k, n]. In the copy the rows are contiguous and padded to whole batches.
template <class T>
[[gnu::noinline]] void multiply_packed(const Product<T>& p, std::size_t j, std::size_t n) {
  alignas(64) T panel[block_depth * widest<T> * lanes<T>];
  const std::size_t row = (n + lanes<T> - 1) / lanes<T> * lanes<T>;
  if (p.b_column == 1)
    pack_rows(p.b + j, p.b_row, p.k, n, panel, row);
  else
    pack_transposed(p.b + j * p.b_column, p.b_column, p.k, n, panel, row);
  multiply_panel<widest<T>>(p, j, n, panel, row);
}

/// Returns the number of columns of the next panel. If the panel after it would have only one batch, this panel gets
/// one batch less.
template <class T>
std::size_t panel_columns(std::size_t left) {
  const std::size_t batches = (left + lanes<T> - 1) / lanes<T>;
  const std::size_t width = batches == widest<T> + 1 ? widest<T> - 1 : widest<T>;
  return std::min(left, width * lanes<T>);
}

template <class T>
void multiply_block(const Product<T>& p) {
  const bool packed = p.b_column > 1 || (p.m >= rows_worth_a_copy && p.k * p.n * sizeof(T) > size_worth_a_copy);
  for (std::size_t j = 0, n; j < p.n; j += n) {
    n = panel_columns<T>(p.n - j);
    if (packed)
      multiply_packed(p, j, n);
    else
      multiply_panel<widest<T>>(p, j, n, p.b + j, p.b_row);
  }
}

/// Splits the sum over k into blocks. Each block adds its part to the sums that the blocks before it left in c.
template <class T>
void multiply_blocks(Product<T>& p) {
  const std::size_t k = p.k, blocks = (k + block_depth - 1) / block_depth, depth = (k + blocks - 1) / blocks;
  for (std::size_t done = 0; done < k; done += depth) {
    p.k = std::min(depth, k - done);
    multiply_block(p);
    p.start = p.c;
    p.start_row = p.c_row;
    p.a += depth * p.a_column;
    p.b += depth * p.b_row;
  }
}

/// Splits the columns between the threads. Each thread reads, and copies, only its own part of b.
template <class T>
void multiply(const Product<T>& p) {
  if (p.k <= block_depth && p.m * p.n * p.k < work_worth_threads) return multiply_block(p);
  const std::size_t least = p.m * p.n * p.k < work_worth_threads ? p.n + 1 : 0;
  in_parts(p.n, widest<T> * lanes<T>, least, [&](std::size_t begin, std::size_t end) {
    Product<T> part = p;
    part.b += begin * p.b_column;
    part.c += begin;
    if (p.start) part.start += begin;
    part.n = end - begin;
    multiply_blocks(part);
  });
}

}  // namespace

template <class T>
void affine(const T* x, const T* w, const T* b, T* z, ProductShape s) {
  if (s.outputs == 1 && s.batch >= lanes<T>) {  // z as a row, w' x' (transposed): each lane is one sample
    std::fill_n(z, s.batch, b ? *b : T(0));
    return multiply<T>({w, 0, 1, x, 1, s.inputs, z, 0, z, 0, 1, s.batch, s.inputs});
  }
  multiply<T>({x, s.inputs, 1, w, s.outputs, 1, b, 0, z, s.outputs, s.batch, s.outputs, s.inputs});
}

template <class T>
void weight_gradient(const T* x, const T* dz, T* dw, ProductShape s) {
  if (s.outputs == 1)  // dw as a row, dz' x (dz transposed)
    return multiply<T>({dz, 0, 1, x, s.inputs, 1, nullptr, 0, dw, 0, 1, s.inputs, s.batch});
  multiply<T>({x, 1, s.inputs, dz, s.outputs, 1, nullptr, 0, dw, s.outputs, s.inputs, s.outputs, s.batch});
}

template <class T>
void input_gradient(const T* dz, const T* w, T* dx, ProductShape s) {
  multiply<T>({dz, s.outputs, 1, w, 1, s.outputs, nullptr, 0, dx, s.inputs, s.batch, s.inputs, s.outputs});
}

template void affine(const float*, const float*, const float*, float*, ProductShape);
template void affine(const double*, const double*, const double*, double*, ProductShape);
template void weight_gradient(const float*, const float*, float*, ProductShape);
template void weight_gradient(const double*, const double*, double*, ProductShape);
template void input_gradient(const float*, const float*, float*, ProductShape);
template void input_gradient(const double*, const double*, double*, ProductShape);

}  // namespace gradflow

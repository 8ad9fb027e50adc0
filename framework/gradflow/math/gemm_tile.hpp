#pragma once
// Part of gemm.cpp: the product for one panel. A panel is a block of columns, a few SIMD registers wide. It is computed
// tile by tile. The sums of a tile stay in registers during the loop over k, and each loaded number is used for a whole
// row or column of the tile.
#include <algorithm>
#include <cstddef>

#include <gradflow/math/lanes.hpp>
#include <gradflow/math/unrolled.hpp>

namespace gradflow::detail {

/// c[m, n] = a[m, k] b[k, n] + start[m, n]
template <class T>
struct Product {
  const T* a;
  std::size_t a_row, a_column;  ///< a(i, p) = a[i * a_row + p * a_column]: a transposed matrix needs no copy
  const T* b;
  std::size_t b_row, b_column;  ///< b(p, j) = b[p * b_row + j * b_column]
  const T* start;               ///< null: all numbers of start are 0
  std::size_t start_row;        ///< start(i, j) = start[i * start_row + j]
  T* c;
  std::size_t c_row;  ///< c(i, j) = c[i * c_row + j]
  std::size_t m, n, k;
};

#if defined(__aarch64__)
template <class T>
inline constexpr bool many_registers = true;
#else
template <class T>
inline constexpr bool many_registers = sizeof(T) * lanes<T> == 64;  // AVX-512 has 32 registers, older x86 only 16
#endif

// A tile is at most `widest` registers wide. Its sums use all registers except those for one row of b and one number of
// a. Its sizes, rows x registers, are 6 x 4, 8 x 3, 12 x 2 and 16 x 1 on a processor with 32 registers, and 6 x 2 and
// 12 x 1 on a processor with 16. Wide tiles load the fewest numbers for each product.
template <class T>
inline constexpr std::size_t widest = many_registers<T> ? 4 : 2;
template <class T, std::size_t width>
inline constexpr std::size_t tallest = many_registers<T> ? std::min<std::size_t>(24 / width, 16) : 12 / width;

/// Loads a whole batch, or only its first n numbers if `whole` is false.
template <bool whole, class T>
[[gnu::always_inline]] inline Lanes<T> load(const T* from, std::size_t n) {
  if constexpr (whole)
    return Lanes<T>::load(from);
  else
    return Lanes<T>::load(from, n);
}
template <bool whole, class T>
[[gnu::always_inline]] inline void store(const Lanes<T>& x, T* to, std::size_t n) {
  if constexpr (whole)
    x.store(to);
  else
    x.store(to, n);
}

/// Computes the tile of c that begins at (i, j). b points to column j of the right-hand matrix. If `whole` is false, c
/// ends within the last batch of the tile.
template <std::size_t height, std::size_t width, bool whole, class T>
[[gnu::flatten, gnu::noinline]] void multiply_tile(const Product<T>& p, std::size_t i, std::size_t j, const T* b,
                                                   std::size_t b_row) {
  const std::size_t a_row = p.a_row, start_row = p.start_row, c_row = p.c_row;
  const std::size_t rest = p.n - j - (width - 1) * lanes<T>;
  const auto load_row = [&](const T* from) {
    return filled<width>([&](auto x) { return load < whole || x + 1 < width > (from + x * lanes<T>, rest); });
  };
  auto sum = p.start ? filled<height>([&](auto y) { return load_row(p.start + (i + y) * start_row + j); })
                     : filled<height>([&](auto) { return filled<width>([](auto) { return Lanes<T>(0); }); });
  // One pointer for every four rows of a: x86 can address the next three rows from it. There are not enough registers
  // for one pointer per row.
  auto a = filled<(height + 3) / 4>([&](auto y) { return p.a + (i + 4 * y) * a_row; });
  for (const T* const end = b + p.k * b_row; b != end; b += b_row) {
    const auto right = load_row(b);
    unrolled<height>([&](auto y) {
      const Lanes<T> left = a[y / 4][y % 4 * a_row];
      unrolled<width>([&](auto x) { sum[y][x] = fma(left, right[x], sum[y][x]); });
    });
    for (auto& rows : a) rows += p.a_column;
  }
  T* const c = p.c + i * c_row + j;
  unrolled<height>([&](auto y) {
    unrolled<width>([&](auto x) { store<whole || x + 1 < width>(sum[y][x], c + y * c_row + x * lanes<T>, rest); });
  });
}

/// Computes a panel from row i on, in tiles of `height` rows. The remaining rows get tiles of 12, 8, 4, 2 or 1 rows.
template <std::size_t height, std::size_t width, bool whole, class T>
void multiply_down(const Product<T>& p, std::size_t i, std::size_t j, const T* b, std::size_t b_row) {
  for (; i + height <= p.m; i += height) multiply_tile<height, width, whole>(p, i, j, b, b_row);
  if constexpr (height > 1)
    if (i < p.m) multiply_down<(height > 4 ? (height - 1) / 4 * 4 : height / 2), width, whole>(p, i, j, b, b_row);
}

/// Computes the panel of n columns that begins at column j.
template <std::size_t width, class T>
[[gnu::always_inline]] inline void multiply_panel(const Product<T>& p, std::size_t j, std::size_t n, const T* b,
                                                  std::size_t b_row) {
  if constexpr (width > 1)
    if (n <= (width - 1) * lanes<T>) return multiply_panel<width - 1>(p, j, n, b, b_row);
  if (n == width * lanes<T>)
    multiply_down<tallest<T, width>, width, true>(p, 0, j, b, b_row);
  else
    multiply_down<tallest<T, width>, width, false>(p, 0, j, b, b_row);
}

}  // namespace gradflow::detail

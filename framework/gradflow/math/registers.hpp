#pragma once
// Operations that xsimd's batches lack, or lack in some versions of xsimd: a b + c with one rounding, parts of a batch,
// the exchange of lanes. Only this file uses instructions of a particular processor.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push  // g++ 12 warns of values that its AVX-512 headers leave unset on purpose (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <xsimd/xsimd.hpp>
#pragma GCC diagnostic pop
#else
#include <xsimd/xsimd.hpp>
#endif

namespace gradflow::detail {

template <class T>
using SimdBatch = xsimd::batch<T>;

/// a b + c, rounded only once if the processor has fma.
template <class T>
SimdBatch<T> fused(const SimdBatch<T>& a, const SimdBatch<T>& b, const SimdBatch<T>& c) {
  return xsimd::fma(a, b, c);
}

/// c - a b, rounded as in fused().
template <class T>
SimdBatch<T> fused_negative(const SimdBatch<T>& a, const SimdBatch<T>& b, const SimdBatch<T>& c) {
  return xsimd::fnma(a, b, c);
}

/// at_least() returns max(a, low), at_most() returns min(a, high). Both return a if a is NaN. If an operand is NaN, the
/// processor's instruction returns the second operand. xsimd 14 passes its first argument as the second operand; older
/// versions pass their second argument.
template <class T>
SimdBatch<T> at_least(const SimdBatch<T>& a, const SimdBatch<T>& low) {
#if XSIMD_VERSION_MAJOR < 14
  return xsimd::max(low, a);
#else
  return xsimd::max(a, low);
#endif
}
template <class T>
SimdBatch<T> at_most(const SimdBatch<T>& a, const SimdBatch<T>& high) {
#if XSIMD_VERSION_MAJOR < 14
  return xsimd::min(high, a);
#else
  return xsimd::min(a, high);
#endif
}

/// 1 / a, with an error of about one ulp, for a in [1/2, largest / 4].
template <class T>
SimdBatch<T> reciprocal(const SimdBatch<T>& a) {
  return SimdBatch<T>(T(1)) / a;
}

/// Loads the first n numbers, and 0 into the other lanes; n is less than the batch size. Reads nothing beyond the n
/// numbers.
template <class T>
SimdBatch<T> load_part(const T* from, std::size_t n) {
  T padded[SimdBatch<T>::size] = {};
  std::copy_n(from, n, padded);
  return SimdBatch<T>::load_unaligned(padded);
}
/// Writes the first n lanes and nothing beyond them.
template <class T>
void store_part(const SimdBatch<T>& batch, T* to, std::size_t n) {
  T all[SimdBatch<T>::size];
  batch.store_unaligned(all);
  std::copy_n(all, n, to);
}

/// Returns the lower half and the upper half of the lanes, as double. i: 0, 1, ... lanes / 2 - 1.
template <std::size_t... i>
std::pair<SimdBatch<double>, SimdBatch<double>> widened(const SimdBatch<float>& a, std::index_sequence<i...>) {
  using Register = typename SimdBatch<float>::register_type;
  using Wide = typename SimdBatch<double>::register_type;
  const auto lower = __builtin_shufflevector(Register(a), Register(a), i...);
  const auto upper = __builtin_shufflevector(Register(a), Register(a), (i + sizeof...(i))...);
  return {SimdBatch<double>(__builtin_convertvector(lower, Wide)),
          SimdBatch<double>(__builtin_convertvector(upper, Wide))};
}

/// Loads one float for each lane of the result and converts the floats to double.
inline SimdBatch<double> load_widened(const float* from) {
#if defined(__AVX512F__)
  return _mm512_cvtps_pd(_mm256_loadu_ps(from));
#elif defined(__AVX__)
  return _mm256_cvtps_pd(_mm_loadu_ps(from));
#else
  double all[SimdBatch<double>::size];
  std::copy_n(from, SimdBatch<double>::size, all);
  return SimdBatch<double>::load_unaligned(all);
#endif
}

#if defined(__AVX512F__)
// In xsimd before version 9, fma rounds the product before the addition.
inline SimdBatch<float> fused(const SimdBatch<float>& a, const SimdBatch<float>& b, const SimdBatch<float>& c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline SimdBatch<double> fused(const SimdBatch<double>& a, const SimdBatch<double>& b, const SimdBatch<double>& c) {
  return _mm512_fmadd_pd(a, b, c);
}
inline SimdBatch<float> fused_negative(const SimdBatch<float>& a, const SimdBatch<float>& b,
                                       const SimdBatch<float>& c) {
  return _mm512_fnmadd_ps(a, b, c);
}
inline SimdBatch<double> fused_negative(const SimdBatch<double>& a, const SimdBatch<double>& b,
                                        const SimdBatch<double>& c) {
  return _mm512_fnmadd_pd(a, b, c);
}
inline SimdBatch<float> reciprocal(const SimdBatch<float>& a) {
  // An estimate and one Newton step take half the time of a division.
  const __m512 w = _mm512_rcp14_ps(a);
  return _mm512_fmadd_ps(w, _mm512_fnmadd_ps(a, w, _mm512_set1_ps(1)), w);
}
inline std::pair<SimdBatch<double>, SimdBatch<double>> widened(const SimdBatch<float>& a,
                                                               std::index_sequence<0, 1, 2, 3, 4, 5, 6, 7>) {
  // Extracts the upper half explicitly, because g++ 12 would do it by quarters.
  const __m256 upper = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
  return {SimdBatch<double>(_mm512_cvtps_pd(_mm512_castps512_ps256(a))), SimdBatch<double>(_mm512_cvtps_pd(upper))};
}
inline SimdBatch<float> load_part(const float* from, std::size_t n) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), from);
}
inline SimdBatch<double> load_part(const double* from, std::size_t n) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << n) - 1), from);
}
inline void store_part(const SimdBatch<float>& batch, float* to, std::size_t n) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << n) - 1), batch);
}
inline void store_part(const SimdBatch<double>& batch, double* to, std::size_t n) {
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << n) - 1), batch);
}
inline SimdBatch<float> load_pieces(const float* from, std::size_t stride) {
  const __m512 one = _mm512_castps128_ps512(_mm_loadu_ps(from));
  const __m512 two = _mm512_mask_broadcast_f32x4(one, 0x00f0, _mm_loadu_ps(from + stride));
  const __m512 three = _mm512_mask_broadcast_f32x4(two, 0x0f00, _mm_loadu_ps(from + 2 * stride));
  return _mm512_mask_broadcast_f32x4(three, 0xf000, _mm_loadu_ps(from + 3 * stride));
}
inline SimdBatch<double> load_pieces(const double* from, std::size_t stride) {
  return _mm512_castps_pd(load_pieces(reinterpret_cast<const float*>(from), 2 * stride));
}
#elif defined(__AVX__)
/// Returns a mask: all bits of the first n lanes are 1, all others 0. size: bytes of a lane.
inline __m256i first_lanes(std::size_t n, std::size_t size) {
  alignas(32) static constexpr std::int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones_then_zeros + 8 - n * size / 4));
}
inline SimdBatch<float> load_part(const float* from, std::size_t n) {
  return _mm256_maskload_ps(from, first_lanes(n, sizeof(float)));
}
inline SimdBatch<double> load_part(const double* from, std::size_t n) {
  return _mm256_maskload_pd(from, first_lanes(n, sizeof(double)));
}
inline void store_part(const SimdBatch<float>& batch, float* to, std::size_t n) {
  _mm256_maskstore_ps(to, first_lanes(n, sizeof(float)), batch);
}
inline void store_part(const SimdBatch<double>& batch, double* to, std::size_t n) {
  _mm256_maskstore_pd(to, first_lanes(n, sizeof(double)), batch);
}
#endif

/// How many numbers are in a piece of 16 bytes. Instructions that stay within such pieces of a register cost the least.
template <class T>
inline constexpr std::size_t piece = 16 / sizeof(T);

/// Loads one piece from each of `from`, `from + stride`, ... until the batch is full.
template <class T>
SimdBatch<T> load_pieces(const T* from, std::size_t stride) {
  T all[SimdBatch<T>::size];
  for (std::size_t i = 0; i < SimdBatch<T>::size; i += piece<T>)
    std::copy_n(from + i / piece<T> * stride, piece<T>, all + i);
  return SimdBatch<T>::load_unaligned(all);
}

/// Interleaves a and b, a0 b0 a1 b1 ..., separately in each piece. Takes the lower half of each piece of a and b, or
/// the upper half if `upper` is true.
template <bool upper, class T, std::size_t... i>
SimdBatch<T> interleaved(const SimdBatch<T>& a, const SimdBatch<T>& b, std::index_sequence<i...>) {
  using Register = typename SimdBatch<T>::register_type;
  constexpr std::size_t half = upper ? piece<T> / 2 : 0;
  return SimdBatch<T>(__builtin_shufflevector(
      Register(a), Register(b), (i / piece<T> * piece<T> + half + i % piece<T> / 2 + i % 2 * SimdBatch<T>::size)...));
}

/// Lane i of the result is lane i ^ distance of a.
template <std::size_t distance, class T, std::size_t... i>
SimdBatch<T> exchanged(const SimdBatch<T>& a, std::index_sequence<i...>) {
  using Register = typename SimdBatch<T>::register_type;
  return SimdBatch<T>(__builtin_shufflevector(Register(a), Register(a), (i ^ distance)...));
}

}  // namespace gradflow::detail

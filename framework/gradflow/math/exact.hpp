#pragma once
// Sums and products of Lanes with their rounding errors, so that a computation loses no digits.
#include <concepts>

namespace gradflow {

template <class T>
class Lanes;  // lanes.hpp includes this file

namespace detail {

template <class T>
inline constexpr bool is_float = std::same_as<T, float>;

#if defined(__FMA__) || defined(__AVX512F__) || defined(__aarch64__)
inline constexpr bool has_fused_multiply_add = true;
#else
inline constexpr bool has_fused_multiply_add = false;
#endif

/// Returns the rounding error a b - product, where product is the rounded a b. Uses halves of a and b whose products
/// are exact (Dekker 1971).
template <class T>
Lanes<T> rounded_off(Lanes<T> a, Lanes<T> b, Lanes<T> product) {
  constexpr T splitter = is_float<T> ? 4097 : 134217729;  // 2^12 + 1, 2^27 + 1
  const auto high_half = [](Lanes<T> x) { return splitter * x - (splitter * x - x); };
  const Lanes<T> a_high = high_half(a), a_low = a - a_high;
  const Lanes<T> b_high = high_half(b), b_low = b - b_high;
  return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}

template <class T>
struct SumAndError {
  Lanes<T> sum, error;
};
/// a + b = sum + error, exactly (Knuth's two-sum).
template <class T>
SumAndError<T> exact_sum(Lanes<T> a, Lanes<T> b) {
  const Lanes<T> sum = a + b, b_in_sum = sum - a;
  return {sum, (a - (sum - b_in_sum)) + (b - b_in_sum)};
}
/// a b = sum + error, exactly. `sum` is the rounded product.
template <class T>
SumAndError<T> exact_product(Lanes<T> a, Lanes<T> b) {
  const Lanes<T> product = a * b;
  if constexpr (has_fused_multiply_add) {
    return {product, -fnma(a, b, product)};
  } else {
    return {product, rounded_off(a, b, product)};
  }
}

/// Returns a b + c for a c close to -a b. The result is as exact as that of fma(a, b, c), even if the processor has no
/// fma.
template <class T>
Lanes<T> difference(Lanes<T> a, Lanes<T> b, Lanes<T> c) {
  if constexpr (has_fused_multiply_add) {
    return fma(a, b, c);
  } else {
    const auto [product, error] = exact_product(a, b);
    return (product + c) + error;
  }
}

}  // namespace detail
}  // namespace gradflow

#pragma once
// Lanes<T>: a handful of numbers that the processor treats as one; elementwise(): the one loop over them.
// The only file that names xsimd. Policies see a Lanes as if it were a single number; a single number is one lane, so a
// value has the same bits wherever it stands in a row.
#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push  // g++ 12 warns of values that its AVX-512 headers leave unset on purpose (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <xsimd/xsimd.hpp>
#pragma GCC diagnostic pop
#else
#include <xsimd/xsimd.hpp>
#endif

namespace gradflow {

template <class T>
class Lanes;

namespace detail {

template <class Batch>
Batch fused(const Batch& a, const Batch& b, const Batch& c) {
  return xsimd::fma(a, b, c);
}
#if defined(__AVX512F__)  // xsimd before 9 multiplies, rounds and adds there
inline auto fused(const xsimd::batch<float>& a, const xsimd::batch<float>& b, const xsimd::batch<float>& c) {
  return xsimd::batch<float>(_mm512_fmadd_ps(a, b, c));
}
inline auto fused(const xsimd::batch<double>& a, const xsimd::batch<double>& b, const xsimd::batch<double>& c) {
  return xsimd::batch<double>(_mm512_fmadd_pd(a, b, c));
}
#endif

// In elementary.hpp:
template <class T>
Lanes<T> exp(Lanes<T> x);
template <class T>
Lanes<T> expm1(Lanes<T> x);
template <class T>
Lanes<T> log(Lanes<T> x);
template <class T>
Lanes<T> log1p(Lanes<T> x);
template <class T>
Lanes<T> sin(Lanes<T> x);
template <class T>
Lanes<T> cos(Lanes<T> x);
template <class T>
Lanes<T> erfc(Lanes<T> x);

}  // namespace detail

template <class T>
class Lanes {
  using Batch = xsimd::batch<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  using IntegerBatch = xsimd::batch<Bits>;
  static constexpr int mantissa_bits = std::numeric_limits<T>::digits - 1;
  static constexpr T whole_in_low_bits = T(3) * (Bits(1) << (mantissa_bits - 1));  // + k: the low bits hold k

  Batch v_;

  static IntegerBatch bits(Lanes a) { return std::bit_cast<IntegerBatch>(a.v_); }
  static Lanes from_bits(IntegerBatch b) { return std::bit_cast<Batch>(b); }

 public:
  using Scalar = T;
  using Mask = xsimd::batch_bool<T>;
  static constexpr std::size_t size = Batch::size;

  Lanes() : v_(T(0)) {}
  Lanes(Batch batch) : v_(batch) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Lanes(Number x) : v_(static_cast<T>(x)) {}

  static Lanes load(const T* from) { return Batch::load_unaligned(from); }
  void store(T* to) const { v_.store_unaligned(to); }
  /// The first lane.
  T first() const {
    T all[size];
    store(all);
    return all[0];
  }

  friend Lanes operator+(Lanes a, Lanes b) { return a.v_ + b.v_; }
  friend Lanes operator-(Lanes a, Lanes b) { return a.v_ - b.v_; }
  friend Lanes operator*(Lanes a, Lanes b) { return a.v_ * b.v_; }
  friend Lanes operator/(Lanes a, Lanes b) { return a.v_ / b.v_; }
  friend Lanes operator-(Lanes a) { return -a.v_; }
  friend Lanes& operator+=(Lanes& a, Lanes b) { return a = a + b; }
  friend Lanes& operator-=(Lanes& a, Lanes b) { return a = a - b; }
  friend Lanes& operator*=(Lanes& a, Lanes b) { return a = a * b; }

  friend Mask operator<(Lanes a, Lanes b) { return a.v_ < b.v_; }
  friend Mask operator<=(Lanes a, Lanes b) { return a.v_ <= b.v_; }
  friend Mask operator>(Lanes a, Lanes b) { return a.v_ > b.v_; }
  friend Mask operator>=(Lanes a, Lanes b) { return a.v_ >= b.v_; }
  friend Mask operator==(Lanes a, Lanes b) { return a.v_ == b.v_; }
  /// Lane by lane: where the mask is true a, else b. Both are computed; only one is kept.
  friend Lanes select(Mask mask, Lanes a, Lanes b) { return xsimd::select(mask, a.v_, b.v_); }

  friend Lanes abs(Lanes a) { return xsimd::abs(a.v_); }
  friend Lanes sqrt(Lanes a) { return xsimd::sqrt(a.v_); }
  friend Lanes round(Lanes a) { return xsimd::nearbyint(a.v_); }
  /// a * b + c, rounded once where the processor can.
  friend Lanes fma(Lanes a, Lanes b, Lanes c) { return detail::fused(a.v_, b.v_, c.v_); }
  /// a * 2^k, where a and the result are normal and k is whole.
  friend Lanes scale(Lanes a, Lanes k) { return from_bits(bits(a) + (bits(k + whole_in_low_bits) << mantissa_bits)); }
  /// The whole k for which a / 2^k is in [sqrt(1/2), sqrt(2)); a is normal and positive.
  friend Lanes exponent(Lanes a) {
    constexpr Bits above_root_half = std::bit_cast<Bits>(T(1)) - std::bit_cast<Bits>(T(0.70710678118654752));
    constexpr T first_whole = Bits(1) << mantissa_bits;
    const IntegerBatch biased = (bits(a) + above_root_half) >> mantissa_bits;
    return from_bits(biased + std::bit_cast<Bits>(first_whole)) -
           (first_whole + std::numeric_limits<T>::max_exponent - 1);
  }

  friend Lanes exp(Lanes a) { return detail::exp(a); }
  friend Lanes expm1(Lanes a) { return detail::expm1(a); }
  friend Lanes log(Lanes a) { return detail::log(a); }
  friend Lanes log1p(Lanes a) { return detail::log1p(a); }
  friend Lanes sin(Lanes a) { return detail::sin(a); }
  friend Lanes cos(Lanes a) { return detail::cos(a); }
  /// 1 - erf(a), with all its digits in both tails.
  friend Lanes erfc(Lanes a) { return detail::erfc(a); }

  /// 1 / (1 + exp(-a))
  friend Lanes sigmoid(Lanes a) {
    const Lanes e = exp(-abs(a));
    return select(a <= 0, e, 1) / (1 + e);
  }
  /// The derivative of sigmoid: s (1 - s), of s = sigmoid(-|a|). It is the same for sigmoid(|a|), but that is 1 to the
  /// last bit far out, and the digits would be gone.
  friend Lanes sigmoid_slope(Lanes a) {
    const Lanes e = exp(-abs(a));
    const Lanes s = e / (1 + e);
    return fma(-s, s, s);
  }
  /// With e = exp(2 |a|) - 1, e / (e + 2) keeps the digits near 0, and 1 - 2 / (e + 2) rounds less elsewhere.
  friend Lanes tanh(Lanes a) {
    const Lanes e = expm1(2 * abs(a));
    const Mask large = e > 2;
    const Lanes quotient = select(large, 2, e) / (e + 2);
    const Lanes magnitude = select(large, 1 - quotient, quotient);
    return select(a < 0, -magnitude, magnitude);
  }
  /// log(1 + exp(a))
  friend Lanes softplus(Lanes a) { return select(a <= 0, 0, a) + log1p(exp(-abs(a))); }
};

/// a limited to [low, high]; the slope is 0 at both ends and beyond (as torch's hardtanh); NaN stays NaN.
template <class V>
V clamp(const V& a, double low, double high) {
  return select(a <= low, V(low), select(a >= high, V(high), a));
}

/// Where T ends: an infinite number becomes the largest finite one, so that formulas meet no inf / inf; NaN stays NaN.
template <class V>
V finite(const V& a) {
  constexpr auto largest = std::numeric_limits<typename V::Scalar>::max();
  return clamp(a, -static_cast<double>(largest), static_cast<double>(largest));
}

namespace detail {

template <class T>
inline constexpr std::size_t lanes = Lanes<T>::size;

/// Up to one batch of an array, in a register while it is worked on; written back unless the array is constant.
template <class T>
class WholePiece {
 public:
  using Value = std::remove_const_t<T>;
  Lanes<Value> value;

  explicit WholePiece(T* at) : value(Lanes<Value>::load(at)), at_(at) {}
  void write_back() const {
    if constexpr (!std::is_const_v<T>) value.store(at_);
  }

 private:
  T* at_;
};

template <class T>
class PartialPiece {
 public:
  using Value = std::remove_const_t<T>;
  Lanes<Value> value;

  PartialPiece(T* at, std::size_t n) : at_(at), n_(n) {
    Value padded[lanes<Value>] = {};
    std::copy_n(at, n, padded);
    value = Lanes<Value>::load(padded);
  }
  void write_back() const {
    if constexpr (!std::is_const_v<T>) {
      T padded[lanes<T>];
      value.store(padded);
      std::copy_n(padded, n_, at_);
    }
  }

 private:
  T* at_;
  std::size_t n_;
};

template <class F, class... Pieces>
void apply(F& f, Pieces... pieces) {
  f(pieces.value...);
  (pieces.write_back(), ...);
}

}  // namespace detail

/// Calls f(a, b, ...) with the numbers of n-long arrays, a batch at a time, and writes back those whose array is not
/// constant: elementwise(n, [](Lanes<T>& y, Lanes<T> x) { y = exp(x); }, y.data(), x.data()). Arrays may be the same
/// but may not overlap otherwise. The padding of the last batch is 0.
template <class F, class First, class... Rest>
[[gnu::flatten]] void elementwise(std::size_t n, F&& f, First* first, Rest*... rest) {
  // Flattened, that is with all inlined that f calls: an exp() that a value and its slope both need is computed once.
  constexpr std::size_t step = detail::lanes<std::remove_const_t<First>>;
  std::size_t i = 0;
  for (; i + step <= n; i += step) detail::apply(f, detail::WholePiece(first + i), detail::WholePiece(rest + i)...);
  if (i < n) detail::apply(f, detail::PartialPiece(first + i, n - i), detail::PartialPiece(rest + i, n - i)...);
}

}  // namespace gradflow

#include <gradflow/base/elementary.hpp>

#pragma once
// Lanes<T>: a handful of numbers that the processor treats as one. Policies see a Lanes as if it were a single number;
// a single number is one lane, so a value has the same bits wherever it stands in a row. Only this file, mask.hpp and
// registers.hpp name xsimd.
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <gradflow/math/mask.hpp>
#include <gradflow/math/registers.hpp>

namespace gradflow {

template <class T>
class Lanes;

/// A function and its derivative at the same argument: computed together they share most of their work.
template <class V>
struct ValueAndSlope {
  V value;  ///< f(z)
  V slope;  ///< f'(z)
};

namespace detail {

// In elementary.hpp:
template <class T>
Lanes<T> exp(Lanes<T> x);
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
template <class T>
ValueAndSlope<Lanes<T>> expm1_and_slope(Lanes<T> x);
template <class T>
ValueAndSlope<Lanes<T>> sigmoid_and_slope(Lanes<T> x);
template <class T>
ValueAndSlope<Lanes<T>> tanh_and_slope(Lanes<T> x);

}  // namespace detail

/// As many numbers as a register of the processor has: 4 floats with SSE or NEON, 16 with AVX-512, half as many
/// doubles. Operators and functions work lane by lane, unless their comment says otherwise.
template <class T>
class Lanes {
  using Batch = xsimd::batch<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  using IntegerBatch = xsimd::batch<Bits>;
  static constexpr int mantissa_bits = std::numeric_limits<T>::digits - 1;
  static constexpr T first_whole = Bits(1) << mantissa_bits;  // from here on numbers are whole
  using Indices = std::make_index_sequence<Batch::size>;

  Batch v_;

  template <std::size_t distance, class F>
  static Lanes fold_from(Lanes a, const F& f) {
    const Lanes folded = f(a, Lanes(detail::exchanged<distance>(a.v_, Indices{})));
    if constexpr (distance > 1)
      return fold_from<distance / 2>(folded, f);
    else
      return folded;
  }
  // Registers are cast, not batches by std::bit_cast: g++ 12 would store and load what it casts.
  using Register = typename Batch::register_type;
  using IntegerRegister = typename IntegerBatch::register_type;
  static IntegerBatch bits(Lanes a) { return (IntegerRegister)(Register)(a.v_); }
  static Lanes from_bits(IntegerBatch b) { return Batch((Register)(IntegerRegister)(b)); }

  static Lanes chosen(gradflow::Mask<T> mask, Lanes a, Lanes b) { return xsimd::select(mask.v_, a.v_, b.v_); }

 public:
  using Scalar = T;                                 ///< float or double
  using Mask = gradflow::Mask<T>;                   ///< the answer of a comparison
  static constexpr std::size_t size = Batch::size;  ///< number of lanes
  /// Added to x it leaves x rounded to a whole number, as an integer in the low bits.
  static constexpr T whole_in_low_bits = T(3) * (Bits(1) << (mantissa_bits - 1));

  Lanes() : v_(T(0)) {}
  Lanes(Batch batch) : v_(batch) {}  ///< what xsimd computed
  template <class Number>
  requires std::is_arithmetic_v<Number> Lanes(Number x) : v_(static_cast<T>(x)) {}  ///< x, rounded to T, in every lane

  static Lanes load(const T* from) { return Batch::load_unaligned(from); }  ///< `size` numbers, aligned or not
  void store(T* to) const { v_.store_unaligned(to); }                       ///< `size` numbers, aligned or not
  /// Only the first n numbers, n < size; the other lanes are 0, and what lies beyond is neither read nor written.
  static Lanes load(const T* from, std::size_t n) { return detail::load_part(from, n); }
  void store(T* to, std::size_t n) const { detail::store_part(v_, to, n); }  ///< likewise: only the first n lanes
  /// The first lane.
  T first() const { return ((typename Batch::register_type)(v_))[0]; }

  friend Lanes operator+(Lanes a, Lanes b) { return a.v_ + b.v_; }   ///< a + b
  friend Lanes operator-(Lanes a, Lanes b) { return a.v_ - b.v_; }   ///< a - b
  friend Lanes operator*(Lanes a, Lanes b) { return a.v_ * b.v_; }   ///< a b
  friend Lanes operator/(Lanes a, Lanes b) { return a.v_ / b.v_; }   ///< a / b
  friend Lanes operator-(Lanes a) { return -a.v_; }                  ///< -a
  friend Lanes& operator+=(Lanes& a, Lanes b) { return a = a + b; }  ///< a becomes a + b
  friend Lanes& operator-=(Lanes& a, Lanes b) { return a = a - b; }  ///< a becomes a - b
  friend Lanes& operator*=(Lanes& a, Lanes b) { return a = a * b; }  ///< a becomes a b

  friend Mask operator<(Lanes a, Lanes b) { return a.v_ < b.v_; }    ///< false for NaN
  friend Mask operator<=(Lanes a, Lanes b) { return a.v_ <= b.v_; }  ///< false for NaN
  friend Mask operator>(Lanes a, Lanes b) { return a.v_ > b.v_; }    ///< false for NaN
  friend Mask operator>=(Lanes a, Lanes b) { return a.v_ >= b.v_; }  ///< false for NaN
  friend Mask operator==(Lanes a, Lanes b) { return a.v_ == b.v_; }  ///< false for NaN
  friend Mask operator!=(Lanes a, Lanes b) { return !(a == b); }     ///< true for NaN; xsimd's is false with AVX-512
  /// Lane by lane: where the mask is true a, else b. Both are computed; only one is kept.
  friend Lanes select(Mask mask, Lanes a, Lanes b) { return chosen(mask, a, b); }

  friend Lanes at_least(Lanes a, Lanes low) { return detail::at_least(a.v_, low.v_); }  ///< NaN stays NaN
  friend Lanes at_most(Lanes a, Lanes high) { return detail::at_most(a.v_, high.v_); }  ///< NaN stays NaN

  friend Lanes abs(Lanes a) { return xsimd::abs(a.v_); }  ///< |a|
  /// With the sign of b; a is not negative.
  friend Lanes with_sign(Lanes a, Lanes b) { return from_bits(bits(a) | (bits(b) & bits(Lanes(T(-0.0))))); }
  friend Lanes sqrt(Lanes a) { return xsimd::sqrt(a.v_); }  ///< NaN where a is negative
  /// 1 / a to an ulp, for a in [1/2, largest / 4].
  friend Lanes reciprocal(Lanes a) { return detail::reciprocal(a.v_); }
  friend Lanes round(Lanes a) { return xsimd::nearbyint(a.v_); }  ///< to a whole number, halves to the even one
  /// a * b + c, rounded once where the processor can.
  friend Lanes fma(Lanes a, Lanes b, Lanes c) { return detail::fused(a.v_, b.v_, c.v_); }
  /// c - a * b, likewise.
  friend Lanes fnma(Lanes a, Lanes b, Lanes c) { return detail::fused_negative(a.v_, b.v_, c.v_); }
  /// a * 2^k, where a and the result are normal and k is whole.
  friend Lanes scale(Lanes a, Lanes k) { return scale_by_low_bits(a, k + whole_in_low_bits); }
  /// The same for a k that whole_in_low_bits was added to.
  friend Lanes scale_by_low_bits(Lanes a, Lanes k) { return from_bits(bits(a) + (bits(k) << mantissa_bits)); }
  /// a * s, s the smallest number there is, for a in [0, 2^mantissa_bits]: a number below the smallest normal one,
  /// whose bits are a rounded to a whole number. So they are made, for arithmetic on them is slow.
  friend Lanes times_smallest(Lanes a) { return from_bits(bits(a + first_whole) - std::bit_cast<Bits>(first_whole)); }
  /// a / s, for a from 0 to the smallest normal number.
  friend Lanes over_smallest(Lanes a) { return from_bits(bits(a) + std::bit_cast<Bits>(first_whole)) - first_whole; }
  /// The whole k for which a / 2^k is in [sqrt(1/2), sqrt(2)); a is normal and positive.
  friend Lanes exponent(Lanes a) {
    constexpr Bits above_root_half = std::bit_cast<Bits>(T(1)) - std::bit_cast<Bits>(T(0.70710678118654752));
    const IntegerBatch biased = (bits(a) + above_root_half) >> mantissa_bits;
    return from_bits(biased + std::bit_cast<Bits>(first_whole)) -
           (first_whole + std::numeric_limits<T>::max_exponent - 1);
  }

  /// Floats, as double.
  static Lanes load_widened(const float* from) requires std::same_as<T, double> { return detail::load_widened(from); }
  /// 16 bytes of each of `from`, `from + stride`, ..., one after the other.
  static Lanes load_pieces(const T* from, std::size_t stride) { return detail::load_pieces(from, stride); }
  /// a0 b0 a1 b1 ..., within each 16 bytes: of the lower halves of a and b, then of the upper ones.
  friend std::pair<Lanes, Lanes> interleave(Lanes a, Lanes b) {
    return {detail::interleaved<false>(a.v_, b.v_, Indices{}), detail::interleaved<true>(a.v_, b.v_, Indices{})};
  }
  /// The lower half and the upper half, as double.
  friend std::pair<Lanes<double>, Lanes<double>> widen(Lanes a) requires std::same_as<T, float> {
    const auto [lower, upper] = detail::widened(a.v_, std::make_index_sequence<size / 2>{});
    return {Lanes<double>(lower), Lanes<double>(upper)};
  }
  /// sums + a, its lower and upper half in turn where a has more lanes.
  friend Lanes<double> add_to(Lanes<double> sums, Lanes a) {
    if constexpr (std::same_as<T, float>) {
      const auto [lower, upper] = widen(a);
      return sums + lower + upper;
    } else {
      return sums + a;
    }
  }
  /// One number from all lanes, f(f(..), f(..)), by halves; f is associative, or nearly so.
  template <class F>
  friend T fold(Lanes a, const F& f) {
    return fold_from<size / 2>(a, f).first();
  }

  friend Lanes exp(Lanes a) { return detail::exp(a); }  ///< e^a
  friend ValueAndSlope<Lanes> expm1_and_slope(Lanes a) { return detail::expm1_and_slope(a); }
  friend Lanes expm1(Lanes a) { return detail::expm1_and_slope(a).value; }  ///< e^a - 1, with all its digits near 0
  friend Lanes log(Lanes a) { return detail::log(a); }      ///< natural; -inf for 0, NaN where a is negative
  friend Lanes log1p(Lanes a) { return detail::log1p(a); }  ///< log(1 + a), with all its digits near 0
  friend Lanes sin(Lanes a) { return detail::sin(a); }      ///< in radians, however large; NaN for infinity
  friend Lanes cos(Lanes a) { return detail::cos(a); }      ///< in radians, however large; NaN for infinity
  /// 1 - erf(a), with all its digits in both tails.
  friend Lanes erfc(Lanes a) { return detail::erfc(a); }

  /// 1 / (1 + exp(-a)), and its derivative
  friend ValueAndSlope<Lanes> sigmoid_and_slope(Lanes a) { return detail::sigmoid_and_slope(a); }
  friend Lanes sigmoid(Lanes a) { return sigmoid_and_slope(a).value; }        ///< 1 / (1 + exp(-a))
  friend Lanes sigmoid_slope(Lanes a) { return sigmoid_and_slope(a).slope; }  ///< with all its digits in both tails
  friend ValueAndSlope<Lanes> tanh_and_slope(Lanes a) { return detail::tanh_and_slope(a); }
  friend Lanes tanh(Lanes a) { return detail::tanh_and_slope(a).value; }  ///< with all its digits near 0
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

}  // namespace gradflow

#include <gradflow/math/elementary.hpp>
#include <gradflow/math/elementwise.hpp>

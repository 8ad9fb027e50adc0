#pragma once
// Lanes<T>: a few numbers that the processor computes with together (SIMD). Policies (activations, losses and update
// rules) use a Lanes like a single number. A number is always computed as one lane of a Lanes, so its result has the
// same bits at every position of an array. Only this file, mask.hpp and registers.hpp use xsimd.
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

/// The value and the derivative of a function at the same argument. Computing both together shares most of the work.
template <class V>
struct ValueAndSlope {
  V value;  ///< f(z)
  V slope;  ///< f'(z)
};

namespace detail {

// Defined in elementary.hpp:
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

/// The numbers that one register of the processor holds: 4 floats with SSE or NEON, 16 with AVX-512, and half as many
/// doubles. Operators and functions work lane by lane, unless their comment says otherwise.
template <class T>
class Lanes {
  using Batch = xsimd::batch<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  using IntegerBatch = xsimd::batch<Bits>;
  static constexpr int mantissa_bits = std::numeric_limits<T>::digits - 1;
  static constexpr T first_whole = Bits(1) << mantissa_bits;  // all numbers from here on are whole
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
  // Casts registers instead of using std::bit_cast on batches, for which g++ 12 would store the batch in memory and
  // load it again.
  using Register = typename Batch::register_type;
  using IntegerRegister = typename IntegerBatch::register_type;
  static IntegerBatch bits(Lanes a) { return (IntegerRegister)(Register)(a.v_); }
  static Lanes from_bits(IntegerBatch b) { return Batch((Register)(IntegerRegister)(b)); }

  static Lanes chosen(gradflow::Mask<T> mask, Lanes a, Lanes b) { return xsimd::select(mask.v_, a.v_, b.v_); }

 public:
  using Scalar = T;                                 ///< float or double
  using Mask = gradflow::Mask<T>;                   ///< the result of a comparison
  static constexpr std::size_t size = Batch::size;  ///< number of lanes
  /// The low bits of x + whole_in_low_bits hold x, rounded to a whole number, as an integer.
  static constexpr T whole_in_low_bits = T(3) * (Bits(1) << (mantissa_bits - 1));

  Lanes() : v_(T(0)) {}
  Lanes(Batch batch) : v_(batch) {}  ///< from a batch of xsimd
  template <class Number>
  requires std::is_arithmetic_v<Number> Lanes(Number x) : v_(static_cast<T>(x)) {}  ///< x, rounded to T, in every lane

  static Lanes load(const T* from) { return Batch::load_unaligned(from); }  ///< `size` numbers, aligned or not
  void store(T* to) const { v_.store_unaligned(to); }                       ///< `size` numbers, aligned or not
  /// Loads only the first n numbers, n < size; the other lanes are 0. Memory beyond the n numbers is not read.
  static Lanes load(const T* from, std::size_t n) { return detail::load_part(from, n); }
  void store(T* to, std::size_t n) const { detail::store_part(v_, to, n); }  ///< only the first n lanes; n < size
  /// Returns the first lane.
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
  friend Mask operator!=(Lanes a, Lanes b) { return !(a == b); }     ///< true for NaN, unlike xsimd's != with AVX-512
  /// Lane by lane: a if the mask is true, else b. Both are computed; only one is kept.
  friend Lanes select(Mask mask, Lanes a, Lanes b) { return chosen(mask, a, b); }

  friend Lanes at_least(Lanes a, Lanes low) { return detail::at_least(a.v_, low.v_); }  ///< NaN stays NaN
  friend Lanes at_most(Lanes a, Lanes high) { return detail::at_most(a.v_, high.v_); }  ///< NaN stays NaN
  friend Lanes max(Lanes a, Lanes b) { return select(b != b, b, at_least(a, b)); }      ///< NaN if a or b is NaN
  friend Lanes min(Lanes a, Lanes b) { return select(b != b, b, at_most(a, b)); }       ///< NaN if a or b is NaN

  friend Lanes abs(Lanes a) { return xsimd::abs(a.v_); }  ///< |a|
  /// Returns a with the sign of b; a must not be negative.
  friend Lanes with_sign(Lanes a, Lanes b) { return from_bits(bits(a) | (bits(b) & bits(Lanes(T(-0.0))))); }
  friend Lanes sqrt(Lanes a) { return xsimd::sqrt(a.v_); }  ///< NaN if a is negative
  /// 1 / a, with an error of about one ulp, for a in [1/2, largest / 4].
  friend Lanes reciprocal(Lanes a) { return detail::reciprocal(a.v_); }
  /// Rounds to the nearest whole number. Halves are rounded to an even number: 2.5 becomes 2, 3.5 becomes 4.
  friend Lanes round(Lanes a) { return xsimd::nearbyint(a.v_); }
  /// a * b + c, rounded only once if the processor has fma.
  friend Lanes fma(Lanes a, Lanes b, Lanes c) { return detail::fused(a.v_, b.v_, c.v_); }
  /// c - a * b, rounded as in fma().
  friend Lanes fnma(Lanes a, Lanes b, Lanes c) { return detail::fused_negative(a.v_, b.v_, c.v_); }
  /// a * 2^k. k must be whole; a and the result must be normal.
  friend Lanes scale(Lanes a, Lanes k) { return scale_by_low_bits(a, k + whole_in_low_bits); }
  /// a * 2^(k - whole_in_low_bits): scale() for a k to which whole_in_low_bits has been added.
  friend Lanes scale_by_low_bits(Lanes a, Lanes k) { return from_bits(bits(a) + (bits(k) << mantissa_bits)); }
  /// a * s for a in [0, 2^mantissa_bits], where s is the smallest positive number of T. The bits of the result are the
  /// integer nearest to a. The result is made from these bits because arithmetic with subnormal numbers is slow.
  friend Lanes times_smallest(Lanes a) { return from_bits(bits(a + first_whole) - std::bit_cast<Bits>(first_whole)); }
  /// a / s with the s of times_smallest(), for a from 0 to the smallest normal number.
  friend Lanes over_smallest(Lanes a) { return from_bits(bits(a) + std::bit_cast<Bits>(first_whole)) - first_whole; }
  /// Returns the whole k for which a / 2^k is in [sqrt(1/2), sqrt(2)). a must be normal and positive.
  friend Lanes exponent(Lanes a) {
    constexpr Bits above_root_half = std::bit_cast<Bits>(T(1)) - std::bit_cast<Bits>(T(0.70710678118654752));
    const IntegerBatch biased = (bits(a) + above_root_half) >> mantissa_bits;
    return from_bits(biased + std::bit_cast<Bits>(first_whole)) -
           (first_whole + std::numeric_limits<T>::max_exponent - 1);
  }

  /// Loads `size` floats and converts them to double.
  static Lanes load_widened(const float* from) requires std::same_as<T, double> { return detail::load_widened(from); }
  /// Loads 16 bytes each from `from`, `from + stride`, ... until all lanes are full.
  static Lanes load_pieces(const T* from, std::size_t stride) { return detail::load_pieces(from, stride); }
  /// Interleaves a and b, a0 b0 a1 b1 ..., separately in each piece of 16 bytes. The first result takes the lower half
  /// of each piece of a and b, the second result takes the upper halves.
  friend std::pair<Lanes, Lanes> interleave(Lanes a, Lanes b) {
    return {detail::interleaved<false>(a.v_, b.v_, Indices{}), detail::interleaved<true>(a.v_, b.v_, Indices{})};
  }
  /// Returns the lower half and the upper half of the lanes, as double.
  friend std::pair<Lanes<double>, Lanes<double>> widen(Lanes a) requires std::same_as<T, float> {
    const auto [lower, upper] = detail::widened(a.v_, std::make_index_sequence<size / 2>{});
    return {Lanes<double>(lower), Lanes<double>(upper)};
  }
  /// Returns sums + a. If a has floats, and so twice as many lanes, its lower half is added first, then its upper half.
  friend Lanes<double> add_to(Lanes<double> sums, Lanes a) {
    if constexpr (std::same_as<T, float>) {
      const auto [lower, upper] = widen(a);
      return sums + lower + upper;
    } else {
      return sums + a;
    }
  }
  /// Reduces all lanes to one number: combines the two halves of the lanes with f, then the halves of the result, and
  /// so on. f must be associative, at least approximately.
  template <class F>
  friend T fold(Lanes a, const F& f) {
    return fold_from<size / 2>(a, f).first();
  }

  friend Lanes exp(Lanes a) { return detail::exp(a); }  ///< e^a
  friend ValueAndSlope<Lanes> expm1_and_slope(Lanes a) { return detail::expm1_and_slope(a); }
  friend Lanes expm1(Lanes a) { return detail::expm1_and_slope(a).value; }  ///< e^a - 1, accurate near 0
  friend Lanes log(Lanes a) { return detail::log(a); }      ///< natural logarithm; -inf for 0, NaN if a is negative
  friend Lanes log1p(Lanes a) { return detail::log1p(a); }  ///< log(1 + a), accurate near 0
  friend Lanes sin(Lanes a) { return detail::sin(a); }      ///< a in radians, of any size; NaN for infinity
  friend Lanes cos(Lanes a) { return detail::cos(a); }      ///< a in radians, of any size; NaN for infinity
  /// 1 - erf(a), accurate in both tails.
  friend Lanes erfc(Lanes a) { return detail::erfc(a); }

  /// 1 / (1 + exp(-a)) and its derivative.
  friend ValueAndSlope<Lanes> sigmoid_and_slope(Lanes a) { return detail::sigmoid_and_slope(a); }
  friend Lanes sigmoid(Lanes a) { return sigmoid_and_slope(a).value; }        ///< 1 / (1 + exp(-a))
  friend Lanes sigmoid_slope(Lanes a) { return sigmoid_and_slope(a).slope; }  ///< accurate in both tails
  friend ValueAndSlope<Lanes> tanh_and_slope(Lanes a) { return detail::tanh_and_slope(a); }
  friend Lanes tanh(Lanes a) { return detail::tanh_and_slope(a).value; }  ///< accurate near 0
  /// log(1 + exp(a))
  friend Lanes softplus(Lanes a) { return select(a <= 0, 0, a) + log1p(exp(-abs(a))); }
};

/// Returns a, limited to [low, high]. The slope is 0 at both ends and beyond (as in torch's hardtanh). NaN stays NaN.
template <class V>
V clamp(const V& a, double low, double high) {
  return select(a <= low, V(low), select(a >= high, V(high), a));
}

/// Replaces an infinite number by the largest finite number of the same sign, so that no formula computes inf / inf.
/// NaN stays NaN.
template <class V>
V finite(const V& a) {
  constexpr auto largest = std::numeric_limits<typename V::Scalar>::max();
  return clamp(a, -static_cast<double>(largest), static_cast<double>(largest));
}

}  // namespace gradflow

#include <gradflow/math/elementary.hpp>
#include <gradflow/math/elementwise.hpp>

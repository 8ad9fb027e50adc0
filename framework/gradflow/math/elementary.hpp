#pragma once
// exp, expm1, sigmoid, tanh, log, log1p, sin, cos and erfc on Lanes. xsimd lacks some of them, or computes them without
// the digits that the tails of activations need. All follow the same plan: reduce the argument to a short interval with
// little error (Cody & Waite 1980), evaluate a polynomial there, undo the reduction. Lanes do not depend on each other,
// so a number gives the same bits in every lane.
//
// No function multiplies or divides subnormal numbers (smaller than the smallest normal one), nor produces them by a
// multiplication or division: some processors need a hundred times longer for that. Subnormal arguments and results are
// handled as integers.
//
// The polynomials have the smallest possible maximum of the relative error (Remez exchange in 60 digits, coefficients
// then rounded to T). The comment of each states its interval and its error. These errors are below half an ulp: 2^-25
// in float, 2^-54 in double.
#include <limits>

#include <gradflow/math/exact.hpp>
#include <gradflow/math/half_turns.hpp>
#include <gradflow/math/lanes.hpp>

namespace gradflow::detail {

template <class T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();

/// The smallest positive number of T is 2^-exponents_to_smallest.
template <class T>
inline constexpr int exponents_to_smallest = std::numeric_limits<T>::digits - std::numeric_limits<T>::min_exponent;

/// c0 + c1 x + c2 x^2 + ... by Horner's rule.
template <class T>
Lanes<T> polynomial(Lanes<T>, double c0) {
  return c0;
}
template <class T, class... Coefficients>
Lanes<T> polynomial(Lanes<T> x, double c0, Coefficients... rest) {
  return fma(x, polynomial(x, rest...), c0);
}

/// The same polynomial by pairs, (c0 + c1 x) + x^2 ((c2 + c3 x) + ...): half as many operations depend on the one
/// before. square is x^2.
template <class T>
Lanes<T> polynomial_by_pairs(Lanes<T>, Lanes<T>, double c0) {
  return c0;
}
template <class T, class... Coefficients>
Lanes<T> polynomial_by_pairs(Lanes<T> x, Lanes<T> square, double c0, double c1, Coefficients... rest) {
  return fma(square, polynomial_by_pairs(x, square, rest...), fma(x, c1, c0));
}

// ln 2 = ln2_high + ln2_low. The product of ln2_high and a whole number below 2^8 (float) or 2^11 (double) is exact.
template <class T>
inline constexpr double ln2_high = is_float<T> ? 0.693145751953125 : 0.6931471805598903;
template <class T>
inline constexpr double ln2_low = is_float<T> ? 1.428606765330187e-06 : 5.497923018708371e-14;

/// Returns k of x = k ln 2 + r, where k is whole and |r| <= ln 2 / 2, in the form that scale_by_low_bits() expects.
template <class T>
Lanes<T> powers_of_two(Lanes<T> x) {
  return fma(x, 1.4426950408889634, Lanes<T>::whole_in_low_bits);
}
/// Returns r of x = k ln 2 + r. powers: the result of powers_of_two(x).
template <class T>
Lanes<T> without_powers(Lanes<T> x, Lanes<T> powers) {
  const Lanes<T> k = powers - Lanes<T>::whole_in_low_bits;
  return fma(k, -ln2_low<T>, fma(k, -ln2_high<T>, x));
}

template <class Mask, class T>
ValueAndSlope<Lanes<T>> select(const Mask& mask, const ValueAndSlope<Lanes<T>>& a, const ValueAndSlope<Lanes<T>>& b) {
  return {select(mask, a.value, b.value), select(mask, a.slope, b.slope)};
}

/// Returns f(x) in the lanes where near is true, and far(x) in the others. Usually all lanes are near, and far is not
/// called. In lanes that are not near, f gets 1 instead of x.
template <class T, class Mask, class F, class G>
auto near_or_far(Lanes<T> x, const Mask& near, F f, G far) {
  const bool all_near = !any(!near);
  const auto y = f(all_near ? x : select(near, x, 1));
  return all_near ? y : select(near, y, far(x));
}

/// If |x| is below this limit, expm1(x), tanh(x), log1p(x) and sin(x) round to x, and cos(x) rounds to 1.
template <class T>
inline constexpr T linear_up_to = std::numeric_limits<T>::epsilon() / 4;

/// Returns e^r - 1 - r = r^2 q(r) for |r| <= 0.347, where q is a polynomial. The error relative to e^r - 1 is 1.7e-8
/// (float), 4e-19 (double).
template <class T>
Lanes<T> exp_bend(Lanes<T> r) {
  const Lanes<T> square = r * r;
  if constexpr (is_float<T>) {
    return square * polynomial_by_pairs(r, square, 0.5, 0.166665226, 0.0416666083, 0.00836921763, 0.00139185763);
  } else {
    return square * polynomial_by_pairs(r, square, 0.5, 0.16666666666666677, 0.041666666666666706, 0.008333333333321423,
                                        0.0013888888888864976, 0.00019841269886714067, 2.4801587364574186e-05,
                                        2.755724356402119e-06, 2.755723904872355e-07, 2.5109278883643732e-08,
                                        2.092567262090524e-09);
  }
}

// e^x is normal and finite for x from exp_lowest to exp_highest, and rounds to 0 for x below exp_vanishes.
template <class T>
inline constexpr T exp_lowest = static_cast<T>(is_float<T> ? -87.3365402 : -708.39641853226408);
template <class T>
inline constexpr T exp_highest = static_cast<T>(is_float<T> ? 88.7228317 : 709.78271289338397);
template <class T>
inline constexpr T exp_vanishes = is_float<T> ? -104 : -746;

/// Returns e^x 2^shift, which must be normal. For x next to 0, the square of r would be subnormal. Therefore a tiny
/// constant is first subtracted from x; it does not change the result.
template <class T>
Lanes<T> shifted_exp(Lanes<T> x, int shift) {
  const Lanes<T> z = x - (is_float<T> ? 0x1p-36 : 0x1p-80);
  const Lanes<T> k = powers_of_two(z), r = without_powers(z, k);
  return scale_by_low_bits(1 + (r + exp_bend(r)), k + shift);
}

/// Returns e^x for each x for which e^x is not a normal number: x below exp_lowest (subnormal or 0), x above
/// exp_highest (infinity), and NaN.
template <class T>
Lanes<T> exp_at_the_ends(Lanes<T> x) {
  const Lanes<T> low = at_most(at_least(x, exp_vanishes<T>), exp_lowest<T>);
  return select(x < 0, times_smallest(shifted_exp(low, exponents_to_smallest<T>)), x + infinity<T>);
}

template <class T>
Lanes<T> exp(Lanes<T> x) {
  const auto near = [](Lanes<T> v) { return shifted_exp(v, 0); };
  const auto far = [](Lanes<T> v) { return exp_at_the_ends(v); };
  return near_or_far(x, (x >= exp_lowest<T>)&(x <= exp_highest<T>), near, far);
}

/// Returns expm1(x) and its slope, e^x.
template <class T>
ValueAndSlope<Lanes<T>> expm1_and_slope(Lanes<T> x) {
  const auto near = [](Lanes<T> v) -> ValueAndSlope<Lanes<T>> {
    const Lanes<T> k = powers_of_two(v), r = without_powers(v, k);
    const Lanes<T> half = scale_by_low_bits(Lanes<T>(0.5), k);  // 2^k / 2, or 0 for the smallest k
    return {2 * fma(half, exp_bend(r), fma(half, r, half - 0.5)), scale_by_low_bits(1 + (r + exp_bend(r)), k)};
  };
  const auto far = [](Lanes<T> v) -> ValueAndSlope<Lanes<T>> {
    const Lanes<T> e = exp_at_the_ends(v);
    const auto linear = abs(v) < 1;
    return {select(linear, v, select(v < 0, -1, e)), select(linear, 1, e)};
  };
  return near_or_far(x, (abs(x) >= linear_up_to<T>)&(x >= exp_lowest<T>)&(x <= exp_highest<T>), near, far);
}

/// Returns sigmoid(x) and its slope. With e = exp(-|x|) and s = e / (1 + e), sigmoid(x) is s if x is negative or 0,
/// else 1 - s. The slope is s (1 - s) for both signs. It is not computed from sigmoid(|x|), which rounds to 1 for large
/// |x|: the digits of the slope would be lost.
template <class T>
ValueAndSlope<Lanes<T>> sigmoid_and_slope(Lanes<T> x) {
  const auto near = [](Lanes<T> v) -> ValueAndSlope<Lanes<T>> {
    const Lanes<T> e = shifted_exp(-abs(v), 0);
    const Lanes<T> s = e * reciprocal(1 + e);
    return {select(v <= 0, s, 1 - s), fnma(s, s, s)};
  };
  const auto far = [](Lanes<T> v) -> ValueAndSlope<Lanes<T>> {
    const Lanes<T> e = exp_at_the_ends(-abs(v));
    return {select(v > 0, 1, e), e};
  };
  return near_or_far(x, abs(x) <= -exp_lowest<T>, near, far);
}

/// Returns tanh(x) and its slope. Uses h = (exp(2 |x|) - 1) / 2 and w = 1 / (h + 1): |tanh x| is h w, and the slope is
/// w (2 - w). One division serves both. The rounding errors of the division and of the product h w are added to h w.
template <class T>
ValueAndSlope<Lanes<T>> tanh_and_slope(Lanes<T> x) {
  const auto near = [](Lanes<T> v) -> ValueAndSlope<Lanes<T>> {
    const Lanes<T> z = abs(v) + abs(v);
    const Lanes<T> k = powers_of_two(z), r = without_powers(z, k);
    const Lanes<T> half = scale_by_low_bits(Lanes<T>(0.5), k);  // 2^k / 2
    const Lanes<T> h = fma(half, exp_bend(r), fma(half, r, half - 0.5));
    const Lanes<T> w = reciprocal(h + 1);
    const Lanes<T> product = h * w;
    const Lanes<T> magnitude = fma(w, fnma(product, h + 1, h), product);
    return {with_sign(magnitude, v), fnma(w, w, w + w)};
  };
  const auto far = [](Lanes<T> v) -> ValueAndSlope<Lanes<T>> {
    // The slope is 4 exp(-2 |x|), or 0 if that is subnormal.
    const Lanes<T> size = abs(v), e = shifted_exp(at_least(-size, exp_lowest<T>), 0);
    const Lanes<T> root = select(size > exp_highest<T> / 2, 0, 2 * e);
    return {select(size > 1, with_sign(1, v), v), select(size > 1, root * root, select(size < 1, 1, size))};
  };
  const Lanes<T> size = abs(x);
  return near_or_far(x, (size >= linear_up_to<T>)&(size <= exp_lowest<T> / -2), near, far);
}

/// Returns k ln 2 + log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)]. With s = f / (2 + f), log(1 + f) is 2 atanh(s) = f -
/// s (f - s^2 P(s^2)), where P is a polynomial. The error relative to log(1 + f) is 1.6e-9 (float), 2.5e-18 (double).
template <class T>
Lanes<T> log_from_parts(Lanes<T> k, Lanes<T> f) {
  const Lanes<T> s = f / (2 + f);
  const Lanes<T> z = s * s;
  Lanes<T> p;
  if constexpr (is_float<T>) {
    p = polynomial(z, 0.666667759, 0.399760336, 0.299268544);
  } else {
    p = polynomial(z, 0.666666666666671, 0.3999999999951718, 0.28571428730011245, 0.2222219900540271,
                   0.18183576430384465, 0.1531303019159354, 0.14811936110555635);
  }
  const Lanes<T> bend = s * fma(-z, p, f);
  return fma(k, ln2_high<T>, f - fma(k, -ln2_low<T>, bend));
}

/// Returns log(x) - shift ln 2 for a normal, positive x.
template <class T>
Lanes<T> log_of_normal(Lanes<T> x, int shift) {
  const Lanes<T> k = exponent(x);
  return log_from_parts(k - shift, scale(x, -k) - 1);
}

template <class T>
Lanes<T> log(Lanes<T> x) {
  const auto far = [](Lanes<T> v) {
    const Lanes<T> low = log_of_normal(over_smallest(v), exponents_to_smallest<T>);
    const Lanes<T> outside = select(v == 0, Lanes<T>(-infinity<T>), std::numeric_limits<T>::quiet_NaN());
    return select(v > 0, select(v < 1, low, v), outside);
  };
  return near_or_far(
      x, (x >= std::numeric_limits<T>::min()) & (x < infinity<T>), [](Lanes<T> v) { return log_of_normal(v, 0); }, far);
}

template <class T>
Lanes<T> log1p(Lanes<T> x) {
  const auto near = [](Lanes<T> v) {
    const auto [u, lost] = exact_sum<T>(1, v);
    const Lanes<T> k = exponent(u);
    return log_from_parts(k, fma(lost, scale(Lanes<T>(1), -k), scale(u, -k) - 1));
  };
  const auto far = [](Lanes<T> v) {
    const Lanes<T> outside = select(v == -1, Lanes<T>(-infinity<T>), std::numeric_limits<T>::quiet_NaN());
    const Lanes<T> large = select(v < infinity<T>, log_of_normal(v, 0), v);
    return select(v > -1, select(v < 1, v, large), outside);
  };
  return near_or_far(x, (abs(x) >= linear_up_to<T>)&(x > -1) & (x < 0x1p60), near, far);
}

/// Returns sin(r) for |r| <= 1.58, limited to [-1, 1]. The relative error of the polynomial is 8e-10 (float), 1e-17
/// (double).
template <class T>
Lanes<T> sine_near_zero(Lanes<T> r) {
  const Lanes<T> z = r * r;
  Lanes<T> p;
  if constexpr (is_float<T>) {
    p = polynomial(z, -0.166666672, 0.00833335519, -0.000198439375, 2.7675203e-06, -2.63799027e-08);
  } else {
    p = polynomial(z, -0.16666666666666666, 0.008333333333333233, -0.00019841269841218697, 2.7557319212161833e-06,
                   -2.505210692333663e-08, 1.6058940507378254e-10, -7.642975771673094e-13, 2.72069524173418e-15);
  }
  return clamp(fma(r * z, p, r), -1, 1);
}

/// Returns sin(x + shift pi), where shift is 0 or 1/2; for |x| below linear_up_to it returns at_zero.
template <class T>
Lanes<T> sine(Lanes<T> x, double shift, Lanes<T> at_zero) {
  constexpr double large = is_float<T> ? 1e5 : 1e9;
  const Lanes<T> size = abs(x);
  const auto is_near = (size >= linear_up_to<T>)&(size <= large);
  const bool all_near = !any(!is_near);
  HalfTurns<T> turns = half_turns(all_near ? x : select(is_near, x, 0), shift);
  if (!all_near) {
    const auto is_large = (size > large) & (size < infinity<T>);
    if (any(is_large)) turns = select(is_large, half_turns_of_large(select(is_large, x, large), shift), turns);
  }
  const Lanes<T> even = sine_near_zero(turns.rest);
  const Lanes<T> y = select(turns.whole == 2 * round(turns.whole / 2), even, -even);
  return all_near ? y : select(size < linear_up_to<T>, at_zero, select(size < infinity<T>, y, x - x));
}

template <class T>
Lanes<T> sin(Lanes<T> x) {
  return sine(x, 0, x);
}

template <class T>
Lanes<T> cos(Lanes<T> x) {
  return sine<T>(x, 0.5, 1);
}

/// The polynomial of the formula scaled_erfc(a) = (c0 + t scaled_erfc_rest(t)) / (a + K).
template <class T>
Lanes<T> scaled_erfc_rest(Lanes<T> t) {
  if constexpr (is_float<T>) {
    return polynomial(t, -0.88339448, 0.59022814, -0.31046629, 0.119529776, -0.0268374495, -0.00122547662,
                      0.00307566323, -0.000490273116, -0.000328364229);
  } else {
    return polynomial(t, -0.9765487290808823, 0.7732087022652464, -0.5408538313132017, 0.33085158787760094,
                      -0.17401093724105407, 0.0763815149172009, -0.02637005332230214, 0.006112055575729397,
                      -0.0002809590308089317, -0.00045505221406620585, 0.00017681375579674456, -3.6368359208257706e-06,
                      -1.886428507248532e-05, 4.69793338357855e-06, 1.4320749216276315e-06, -8.502516285069749e-07,
                      -8.681578802077006e-08, 1.257761203011023e-07, 9.939612146950707e-09, -1.4352765432759703e-08,
                      -2.989829167948551e-09);
  }
}

/// Returns exp(a^2) erfc(a) for a >= 0: a polynomial in t = (a - K) / (a + K), divided by a + K (after Shepherd &
/// Laframboise 1981). The relative error of the polynomial is 8e-9 (float, a <= 9.3), 5.5e-17 (double, a <= 26.6). The
/// rounding errors of both quotients and of the last sum are corrected.
template <class T>
Lanes<T> scaled_erfc(Lanes<T> a) {
  constexpr double K = is_float<T> ? 3 : 4;
  constexpr double c0 = is_float<T> ? 1.07400692 : 1.095995661000491;
  const Lanes<T> w = 1 / (a + K);
  const Lanes<T> quotient = (a - K) * w;
  const Lanes<T> t = fma(w, fma(-K, 1 + quotient, fma(-quotient, a, a)), quotient);
  const Lanes<T> rest = scaled_erfc_rest(t);
  const Lanes<T> q = fma(t, rest, c0);
  const Lanes<T> q_error = fma(t, rest, c0 - q);
  const Lanes<T> y = q * w;
  return fma(w, fma(-y, a, fma(-y, K, q)) + q_error, y);
}

/// Returns erfc(x), or 0 if erfc(x) is below the smallest normal number.
template <class T>
Lanes<T> erfc(Lanes<T> x) {
  constexpr T last = static_cast<T>(is_float<T> ? 9.194549 : 26.543258454250);
  const Lanes<T> size = abs(x);
  // For the smallest a, erfc(a) rounds to 1, and a^4 and the rounding error of a^2 are still normal.
  const Lanes<T> a = at_most(at_least(size, std::numeric_limits<T>::epsilon() / 64), last);
  const Lanes<T> square = a * a;
  const Lanes<T> k = powers_of_two(-square), r = without_powers(-square, k);
  const Lanes<T> lost = difference(a, a, -square);  // a^2 = square + lost, exactly
  const Lanes<T> bend = exp_bend(r);
  const Lanes<T> e = r + (bend - fma(lost, r + bend, lost));  // exp(r - lost) - 1
  const Lanes<T> y = scaled_erfc(a);
  const Lanes<T> tail = select(size > last, 0, fma(y, e, y) * scale_by_low_bits(Lanes<T>(1), k));
  return select(x < 0, 2 - tail, tail);
}

}  // namespace gradflow::detail

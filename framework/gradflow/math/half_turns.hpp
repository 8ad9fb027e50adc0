#pragma once
// Splits an angle of any size into whole half turns, which are multiples of pi, and a rest. sin and cos begin with
// this.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include <gradflow/math/exact.hpp>

namespace gradflow::detail {

template <class T>
inline constexpr double pi_high = is_float<T> ? 3.14159274 : 3.141592653589793;
template <class T>
inline constexpr double pi_middle = is_float<T> ? -8.74227766e-08 : 1.2246467991473532e-16;
template <class T>
inline constexpr double pi_low = is_float<T> ? -3.43024902e-15 : -2.9947698097183397e-33;

/// The two parts of x + shift pi = whole pi + rest, where shift is 0 or 1/2, and |rest| <= 1.58.
template <class T>
struct HalfTurns {
  Lanes<T> whole, rest;
};
template <class Mask, class T>
HalfTurns<T> select(const Mask& mask, const HalfTurns<T>& a, const HalfTurns<T>& b) {
  return {select(mask, a.whole, b.whole), select(mask, a.rest, b.rest)};
}

/// Splits x + shift pi for |x| up to 1e5 (float) or 1e9 (double), for which three parts of pi are exact enough.
template <class T>
HalfTurns<T> half_turns(Lanes<T> x, double shift) {
  const Lanes<T> whole = round(fma(x, 0.3183098861837907, shift));
  const Lanes<T> turns = whole - shift;
  const Lanes<T> near = difference<T>(turns, -pi_middle<T>, difference<T>(turns, -pi_high<T>, x));
  return {whole, fma(turns, -pi_low<T>, near)};
}

/// The digits of 1 / pi after the point, in hexadecimal.
inline constexpr std::string_view digits_of_inverse_pi =
    "517cc1b727220a94fe13abe8fa9a6ee06db14acc9e21c820ff28b1d5ef5de2b0db92371d2126e9700324977504e8c90e7f0ef58e5894d39f74"
    "411afa975da24274ce38135a2fbf209cc8eb1cc1a99cfa4e422fc5defc941d8ffc4bffef02cc07f79788c5ad05368fb69b3f6793e584dba7a3"
    "1fb34f2ff516ba93dd63f5f2f8bd9e839cfbc529497535fdafd88fc6ae842b0198237e3db5d5f867de104d7a1b0e";

/// A table of the fractional parts of 2^k / pi. It has one row for each k = first, first + step, and so on. A row holds
/// a fractional part as the sum of four numbers, which have `bits` bits each.
template <class T>
struct InversePi {
  static constexpr int bits = is_float<T> ? 24 : 48, step = bits / 3, first = is_float<T> ? -8 : -32;
  static constexpr std::size_t rows = is_float<T> ? 14 : 63;
  T parts[rows][4] = {};

  consteval InversePi() {
    for (std::size_t row = 0; row < rows; ++row) {
      int digit = (first + static_cast<int>(row) * step) / 4;
      T unit = 1;
      for (T& part : parts[row]) {
        for (const int end = digit + bits / 4; digit < end; ++digit) part = part * 16 + value_of(digit);
        unit /= T(std::uint64_t(1) << bits);
        part *= unit;
      }
    }
  }
  static consteval T value_of(int digit) {
    if (digit < 0) return 0;
    const char symbol = digits_of_inverse_pi[static_cast<std::size_t>(digit)];
    return static_cast<T>(symbol <= '9' ? symbol - '0' : symbol - 'a' + 10);
  }

  /// Returns four Lanes, one for each part. Each lane has the parts of the table row whose number is in the same lane
  /// of `row`.
  std::array<Lanes<T>, 4> at(Lanes<T> row) const {
    T numbers[Lanes<T>::size], found[4 * Lanes<T>::size], *to = found;
    row.store(numbers);
    for (const T number : numbers) to = std::copy_n(parts[static_cast<std::size_t>(number)], 4, to);
    // `found` is a table with four columns; the columns are returned. A piece has 16 bytes: 4 floats or 2 doubles.
    constexpr std::size_t piece = 16 / sizeof(T);
    const auto pieces_from = [&found](std::size_t i) { return Lanes<T>::load_pieces(found + i, 4 * piece); };
    if constexpr (is_float<T>) {
      const auto [even_01, even_23] = interleave(pieces_from(0), pieces_from(8));
      const auto [odd_01, odd_23] = interleave(pieces_from(4), pieces_from(12));
      const auto [part_0, part_1] = interleave(even_01, odd_01);
      const auto [part_2, part_3] = interleave(even_23, odd_23);
      return {part_0, part_1, part_2, part_3};
    } else {
      const auto [part_0, part_1] = interleave(pieces_from(0), pieces_from(4));
      const auto [part_2, part_3] = interleave(pieces_from(2), pieces_from(6));
      return {part_0, part_1, part_2, part_3};
    }
  }
};

/// Returns x minus the nearest even number: a number in [-1, 1].
template <class T>
Lanes<T> without_twos(Lanes<T> x) {
  return x - 2 * round(x / 2);
}

/// The same as half_turns() for any larger |x|: splits x + shift * pi into whole half turns and a rest. Computes x / pi
/// from only those bits of 1 / pi that matter (Payne & Hanek 1983).
/// Writes x as y 2^k with an even whole number y, so x / pi = y (2^k / pi). y times the whole part of 2^k / pi is an
/// even number. It is left out, so `whole` may be wrong, but only by an even number.
template <class T>
HalfTurns<T> half_turns_of_large(Lanes<T> x, double shift) {
  static constexpr InversePi<T> inverse_pi;
  constexpr int digits = std::numeric_limits<T>::digits, step = inverse_pi.step;
  const Lanes<T> steps = round((exponent(abs(x)) - (digits + 1)) / step - (0.5 - 0.5 / step));  // rounded down
  const Lanes<T> y = scale(x, -step * steps);
  const std::array<Lanes<T>, 4> parts = inverse_pi.at(steps - inverse_pi.first / step);
  const auto [first, first_error] = exact_product(y, parts[0]);
  const auto [second, second_error] = exact_product(y, parts[1]);
  const auto [third, third_error] = exact_product(y, parts[2]);
  const Lanes<T> before = without_twos(without_twos(first) + without_twos(first_error));
  const Lanes<T> after = without_twos(second);
  const Lanes<T> whole = round(before + after + shift);
  const auto [sum, sum_error] = exact_sum(before - (whole - shift), after);
  const auto [small, small_error] = exact_sum(second_error, third);
  const auto [turn, turn_error] = exact_sum(sum, small);
  const Lanes<T> lost = sum_error + turn_error + small_error + third_error + y * parts[3];
  const auto [rest, rest_error] = exact_product<T>(turn, pi_high<T>);
  return {whole, rest + fma(turn, pi_middle<T>, fma(lost, pi_high<T>, rest_error))};
}

}  // namespace gradflow::detail

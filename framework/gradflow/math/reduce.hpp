#pragma once
// A whole array in one number.
#include <span>

namespace gradflow {

// Accumulated in double and in an order that the length alone decides: the same bits on every call.

/// The L2 norm. Tiny numbers (1e-30 in float, 1e-200 in double) count, and huge ones do not overflow. The error is a
/// few ulps for double; for float at most three of float's ulps, 1.8e-7, and some 1e-8 as a rule: at most sixteen
/// squares are added in float before their sum continues in double.
double norm(std::span<const float> numbers);
double norm(std::span<const double> numbers);  ///< the same for doubles

/// For positive numbers; 0 where one is 0, NaN where there is none.
double geometric_mean(std::span<const double> numbers);

/// False where a NaN or an infinity is among the numbers.
bool all_finite(std::span<const float> numbers);
bool all_finite(std::span<const double> numbers);  ///< the same for doubles

}  // namespace gradflow

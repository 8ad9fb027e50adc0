#pragma once
// Functions that reduce an array to one number.
#include <span>

namespace gradflow {

// Sums are accumulated in double, in an order that depends only on the length: equal input gives equal bits.

/// Returns the L2 norm. Tiny numbers (1e-30 in float, 1e-200 in double) are not lost, and huge numbers do not overflow.
/// The error is a few ulps for double. For float it is at most three float ulps (1.8e-7), and usually about 1e-8: at
/// most sixteen squares are added in float before their sum is added in double.
double norm(std::span<const float> numbers);
double norm(std::span<const double> numbers);  ///< the same for doubles

/// Returns the geometric mean of positive numbers. Returns 0 if one of the numbers is 0, and NaN if there are none.
double geometric_mean(std::span<const double> numbers);

/// Returns false if one of the numbers is NaN or infinite.
bool all_finite(std::span<const float> numbers);
bool all_finite(std::span<const double> numbers);  ///< the same for doubles

}  // namespace gradflow

#pragma once
// A whole array in one number.
#include <span>

namespace gradflow {

// Accumulated in double and in an order that the length alone decides: the same bits on every call.

/// The L2 norm. Neither tiny numbers (1e-30 in float, 1e-200 in double) nor huge ones are lost on the way. Of double to
/// a few of its ulps; of float to three of float's, 1.8e-7, in the worst case, some 1e-8 as a rule: squares are added
/// in float, sixteen at most, before they continue in double.
double norm(std::span<const float> numbers);
double norm(std::span<const double> numbers);  ///< the same for doubles

/// Of positive numbers; 0 where one is 0, NaN where there is none.
double geometric_mean(std::span<const double> numbers);

/// False where a NaN or an infinity is among the numbers.
bool all_finite(std::span<const float> numbers);
bool all_finite(std::span<const double> numbers);  ///< the same for doubles

}  // namespace gradflow

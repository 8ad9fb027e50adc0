#pragma once
// The result of a checker: one line for each property that it tests, with the place of the largest error.
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace gradflow {

/// The result for one property: the worst of many comparisons.
struct Check {
  std::string what;      ///< "slope against difference quotients of the value", "layer 0 (dense 2 -> 5, relu), weight"
  double error = 0;      ///< the largest error; relative, unless `what` names another unit
  double tolerance = 0;  ///< the largest error that passes
  std::size_t compared = 0;  ///< number of comparisons; 0: the check fails
  std::size_t left_out = 0;  ///< points left out, because a kink is too near for a difference quotient
  double most_left_out = 0;  ///< largest share of points that may be left out
  std::string worst = {};    ///< where the error is largest: "x = -1.19", "the value at x = NaN is 0"
  /// The number at the worst place. got and expected are NaN if the check compares no numbers.
  double got = std::numeric_limits<double>::quiet_NaN();
  double expected = std::numeric_limits<double>::quiet_NaN();  ///< the expected number at the worst place

  /// Returns whether something was compared, not too much was left out, and the error is within the tolerance.
  bool passed() const;
};

/// All results of one checker.
struct CheckReport {
  std::string subject;        ///< "activation mish"
  std::vector<Check> checks;  ///< in the order in which they were made

  /// Returns whether every check passed. A report without checks has not passed.
  bool passed() const;
  /// Returns the check with the largest error relative to its tolerance. Any failed check is worse than a check that
  /// passed. Needs at least one check.
  const Check& worst() const;
  /// Returns one line for each check. A failed check has a second line with the reason: the worst place, got and
  /// expected.
  std::string text() const;
};

}  // namespace gradflow

#pragma once
// What a checker found, as a value: a line for each question it asked, and where the answer is worst.
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace gradflow {

/// One question and its answer: the worst of many comparisons.
struct Check {
  std::string what;      ///< "slope against difference quotients of the value", "layer 0 (dense 2 -> 5, relu), weight"
  double error = 0;      ///< the largest; relative, unless `what` names another unit
  double tolerance = 0;  ///< the largest error that passes
  std::size_t compared = 0;  ///< number of comparisons; 0: the check fails
  std::size_t left_out = 0;  ///< not compared: a kink is too near for a difference quotient
  double most_left_out = 0;  ///< this share may be left out
  std::string worst = {};    ///< where the error is largest: "x = -1.19", "step 3, tensor 1, index 0"
  /// At the worst place. got and expected are NaN where the question is not one of numbers.
  double got = std::numeric_limits<double>::quiet_NaN();
  double expected = std::numeric_limits<double>::quiet_NaN();  ///< at the worst place

  /// Something was compared, not too much left out, and the error is within its tolerance.
  bool passed() const;
};

/// All answers of one checker.
struct CheckReport {
  std::string subject;        ///< "activation mish"
  std::vector<Check> checks;  ///< in the order of the questions

  /// Every check has passed; one that has nothing to show has not.
  bool passed() const;
  /// The check that is the farthest beyond its tolerance, or the nearest to it; one at least has to be there.
  const Check& worst() const;
  /// A line for each check, and for those that failed a second one with the reason: the worst place, got and expected.
  std::string text() const;
};

}  // namespace gradflow

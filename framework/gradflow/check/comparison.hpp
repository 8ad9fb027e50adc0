#pragma once
// Combines many comparisons into one line of a report, and keeps the worst of them.
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <gradflow/check/check_report.hpp>

namespace gradflow::detail {

/// Returns |got - expected| minus `uncertainty`, divided by the larger of |got| and |expected|. Returns 0 if both are
/// equal or differ by at most `uncertainty`. Returns NaN if got or expected is NaN. An uncertainty that is not finite
/// makes the error of different numbers infinite.
double relative_error(double got, double expected, double uncertainty = 0);

/// Returns 0 if both have the same bits, or if both are NaN. Returns 1 for 0 against -0. In all other cases returns the
/// relative error.
double error_in_bits(double got, double expected);

/// Multiplies the numbers by powers of ten from 1e-3 to 1e3, so that neighbours differ much.
void spread(std::span<double> numbers);

class Comparison {
 public:
  /// left_out: the largest share of the comparisons that may be left out.
  Comparison(std::string what, double tolerance, double left_out = 0) {
    check_.what = std::move(what);
    check_.tolerance = tolerance;
    check_.most_left_out = left_out;
  }

  /// Adds one comparison. place() returns a text for its place; it is called only if this error is the worst so far. A
  /// NaN error counts as the worst.
  template <class Place>
  void add(double error, double got, double expected, Place&& place) {
    ++check_.compared;
    const bool worse = error > check_.error || (std::isnan(error) && !std::isnan(check_.error));
    if (check_.compared > 1 && !worse) return;
    check_.error = error;
    check_.got = got;
    check_.expected = expected;
    check_.worst = place();
  }
  /// Adds a comparison without numbers: a statement that holds or not.
  template <class Place>
  void add(bool holds, Place&& place) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    add(holds ? 0 : 1, none, none, std::forward<Place>(place));
  }
  void leave_out() { ++check_.left_out; }

  const Check& result() const { return check_; }

 private:
  Check check_;
};

}  // namespace gradflow::detail

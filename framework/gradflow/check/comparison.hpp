#pragma once
// How a checker makes one line of its report: it keeps the worst of many comparisons.
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <gradflow/check/check_report.hpp>

namespace gradflow::detail {

/// |got - expected| over the larger of both, as far as it is beyond `uncertainty`; 0 where they are equal. An
/// uncertainty that is no number excuses nothing.
double relative_error(double got, double expected, double uncertainty = 0);

/// 0 if both have the same bits or both are NaN; 1 for 0 and -0; else the relative error.
double error_in_bits(double got, double expected);

/// Makes numbers up to a thousand times larger or smaller, so that neighbours differ much.
void spread(std::span<double> numbers);

class Comparison {
 public:
  /// left_out: this share may be left out.
  Comparison(std::string what, double tolerance, double left_out = 0) {
    check_.what = std::move(what);
    check_.tolerance = tolerance;
    check_.most_left_out = left_out;
  }

  /// place() makes the text of where this is; it is called for the worst only. An error that is NaN is the worst.
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
  /// A question without numbers, with yes or no for an answer.
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

#include <gradflow/check/check_activation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/check/comparison.hpp>
#include <gradflow/check/difference_quotient.hpp>
#include <gradflow/data/dataset.hpp>

namespace gradflow::detail {
namespace {

using Function = std::function<double(double)>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string at(double x) { return "x = " + text(x); }

/// Returns x values spread evenly over [-range, range], and values from +-1e-1 down to +-1e-8.
std::vector<double> places_within(double range) {
  constexpr int each_side = 2000;
  std::vector<double> places;
  for (int i = -each_side; i <= each_side; ++i) places.push_back(range * i / each_side);
  for (const double x : {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8}) places.insert(places.end(), {-x, x});
  return places;
}

/// Returns 1, 10, 100, ... below `largest`, and `largest` itself, each with both signs.
std::vector<double> places_up_to(double largest) {
  std::vector<double> places;
  for (double x = 1; x < largest; x *= 10) places.insert(places.end(), {-x, x});
  places.insert(places.end(), {-largest, largest});
  return places;
}

double largest_of(const Function& f, const std::vector<double>& places) {
  double largest = 0;
  for (const double x : places) largest = std::max(largest, std::abs(f(x)));
  return largest;
}

/// Returns how much f(x) may change if x is rounded in T once or twice. It also allows for tiny numbers that T flushes
/// to 0.
template <class T>
double change_by_rounding(double x, double slope) {
  using Limits = std::numeric_limits<T>;
  return 4 * double{Limits::epsilon()} * std::abs(x * slope) + 128 * double{Limits::min()};
}

/// Returns |got - expected| in ulp, the distance between neighbouring floats near `expected`. Returns 0 if the
/// difference is at most `uncertainty`.
double error_in_float_ulp(double got, double expected, double uncertainty) {
  constexpr double smallest = std::numeric_limits<float>::min();
  if (got == expected) return 0;
  const double difference = std::abs(got - expected);
  const double ulp = std::scalbn(1.0, std::ilogb(std::max(std::abs(expected), smallest)) - 23);
  return difference <= uncertainty ? 0 : difference / ulp;
}

/// Returns the rounding error allowed for y: a few ulp of y, or of 1 if |y| < 1. Many formulas compute a small result
/// from numbers near 1 and lose digits. The comparison of float with double measures that loss.
double rounding_error(double y) { return 4 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(y)); }

class ActivationChecker {
 public:
  ActivationChecker(const ActivationUnderCheck& activation, const ActivationCheckOptions& options)
      : f_(activation), options_(options), places_(places_within(options.range)) {}

  CheckReport run() const {
    CheckReport report{"activation " + f_.exact.name, {}};
    report.checks.push_back(
        derivative_of("slope against difference quotients of the value", f_.exact.value, f_.exact.slope));
    report.checks.push_back(
        derivative_of("curvature against difference quotients of the slope", f_.exact.slope, f_.exact.curvature));
    if (f_.slope_of_expression) report.checks.push_back(own_derivative());
    report.checks.push_back(float_value());
    report.checks.push_back(float_slope());
    report.checks.push_back(numbers_give_numbers());
    report.checks.push_back(nan_gives_nan());
    report.checks.push_back(alone_and_among_others());
    return report;
  }

 private:
  Check derivative_of(std::string what, const Function& f, const Function& slope) const {
    const double largest_value = largest_of(f, places_), largest_slope = largest_of(slope, places_);
    Comparison comparison(std::move(what), options_.tolerance, options_.left_out);
    for (const double x : places_) {
      const auto both = [&](double z) { return ValueAndSlope{f(z), slope(z)}; };
      const DifferenceQuotient quotient = difference_quotient(both, x, rounding_error(f(x)));
      if (quotient.value_jump > options_.kink * largest_value || quotient.slope_jump > options_.kink * largest_slope)
        comparison.leave_out();
      else
        comparison.add(relative_error(slope(x), quotient.value, quotient.uncertainty), slope(x), quotient.value,
                       [x] { return at(x); });
    }
    return comparison.result();
  }

  Check own_derivative() const {
    Comparison comparison("own derivative against automatic differentiation", options_.derivative);
    for (const double x : places_) {
      const double got = f_.exact.slope(x), expected = f_.slope_of_expression(x);
      const double uncertainty = change_by_rounding<double>(x, f_.exact.curvature(x));
      comparison.add(relative_error(got, expected, uncertainty), got, expected, [x] { return at(x); });
    }
    return comparison.result();
  }

  /// Also compares at |x| from 100 to 10000, since exp(100) overflows in float but not in double.
  Check float_value() const {
    Comparison comparison("value in float against double, in ulp", options_.float_ulp);
    for (const double x : places_) compare_float(comparison, x, f_.float_value, f_.exact.value, f_.exact.slope);
    for (const double x : {-1e4, -1e3, -100.0, 100.0, 1e3, 1e4})
      compare_float(comparison, x, f_.float_value, f_.exact.value, f_.exact.slope);
    return comparison.result();
  }

  Check float_slope() const {
    Comparison comparison("slope in float against double, in ulp", options_.float_ulp);
    for (const double x : places_) compare_float(comparison, x, f_.float_slope, f_.exact.slope, f_.exact.curvature);
    return comparison.result();
  }

  static void compare_float(Comparison& comparison, double x, const std::function<double(float)>& in_float,
                            const Function& in_double, const Function& slope) {
    const auto rounded = static_cast<float>(x);
    const double z = rounded, got = in_float(rounded), expected = in_double(z);
    if (std::abs(expected) > std::numeric_limits<float>::max()) return;
    const double error = error_in_float_ulp(got, expected, change_by_rounding<float>(z, slope(z)));
    comparison.add(error, got, expected, [x] { return at(x); });
  }

  Check numbers_give_numbers() const {
    Comparison comparison("no NaN for finite x up to " + text(options_.largest), 0);
    for (const double x : places_up_to(options_.largest)) {
      const auto is_number = [&](double y, std::string_view what) {
        comparison.add(!std::isnan(y), [&] { return std::string(what) + " at " + at(x) + " is NaN"; });
      };
      is_number(f_.exact.value(x), "the value");
      is_number(f_.exact.slope(x), "the slope");
      if (std::abs(x) > std::numeric_limits<float>::max()) continue;
      is_number(f_.float_value(static_cast<float>(x)), "the value in float");
      is_number(f_.float_slope(static_cast<float>(x)), "the slope in float");
    }
    return comparison.result();
  }

  Check nan_gives_nan() const {
    Comparison comparison("NaN for x = NaN", 0);
    const auto is_nan = [&](double y, std::string_view where) {
      comparison.add(std::isnan(y), [&] { return "the value" + std::string(where) + " at x = NaN is " + text(y); });
    };
    is_nan(f_.exact.value(nan), "");
    is_nan(f_.float_value(static_cast<float>(nan)), " in float");
    return comparison.result();
  }

  /// Puts numbers of both signs and of all sizes, NaN and infinities beside each other in random order. Each result
  /// must have the same bits as if all lanes held the same number.
  Check alone_and_among_others() const {
    Comparison comparison("each result depends only on its own x", 0);
    std::vector<double> numbers = places_up_to(std::min<double>(options_.largest, std::numeric_limits<float>::max()));
    numbers.insert(numbers.end(), places_.begin(), places_.end());
    numbers.insert(numbers.end(), {0.0, -0.0, nan, infinity, -infinity});
    Rng rng(1, "check_activation");
    const std::vector<std::size_t> order = shuffled(numbers.size(), rng);
    for (const SideBySide& f : f_.side_by_side)
      for (std::size_t i = 0; i + f.lanes <= order.size(); i += f.lanes) {
        std::vector<double> x(f.lanes);
        for (std::size_t lane = 0; lane < f.lanes; ++lane) x[lane] = numbers[order[i + lane]];
        compare_with_alone(comparison, f, x);
      }
    return comparison.result();
  }

  static void compare_with_alone(Comparison& comparison, const SideBySide& f, const std::vector<double>& x) {
    constexpr std::array<std::string_view, 3> names = {"value", "slope", "curvature"};
    const std::vector<Derivatives> among = f.at(x);
    for (std::size_t lane = 0; lane < x.size(); ++lane) {
      const Derivatives alone = f.at(std::vector<double>(x.size(), x[lane]))[0];
      for (std::size_t k = 0; k < names.size(); ++k)
        comparison.add(error_in_bits(among[lane][k], alone[k]), among[lane][k], alone[k], [&] {
          return "the " + std::string(names[k]) + f.in + " at " + at(x[lane]) + " beside other numbers";
        });
    }
  }

  const ActivationUnderCheck& f_;
  const ActivationCheckOptions& options_;
  std::vector<double> places_;
};

}  // namespace

CheckReport check_activation(const ActivationUnderCheck& activation, const ActivationCheckOptions& options) {
  return ActivationChecker(activation, options).run();
}

}  // namespace gradflow::detail

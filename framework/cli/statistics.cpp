#include <cli/statistics.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include <gradflow/terminal/locale.hpp>

namespace {

/// Sums the differences to the first number, so that equal numbers have exactly this mean and a spread of 0.
double mean(const std::vector<double>& numbers) {
  double beyond = 0;
  for (const double x : numbers) beyond += x - numbers[0];
  return numbers[0] + beyond / static_cast<double>(numbers.size());
}

/// Returns the probability of |t| < x for Student's t. For a whole number of degrees of freedom this is a finite sum:
/// Abramowitz & Stegun, 26.7.3 and 26.7.4.
double student_within(double x, std::size_t freedom) {
  const double angle = std::atan(x / std::sqrt(static_cast<double>(freedom)));
  const bool odd = freedom % 2 == 1;
  double term = odd ? std::cos(angle) : 1, sum = 0;
  for (std::size_t i = odd ? 3 : 2; i <= freedom; i += 2) {
    sum += term;
    const auto n = static_cast<double>(i);
    term *= (n - 1) / n * std::cos(angle) * std::cos(angle);
  }
  sum *= std::sin(angle);
  return odd ? 2 / std::numbers::pi * (angle + sum) : sum;
}

/// Returns the limit below which |t| stays with a probability of 95 %. freedom: at least 1.
double student_t95(std::size_t freedom) {
  double low = 0, high = 13;  // 12.7 for one degree of freedom, the largest
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (student_within(middle, freedom) < 0.95 ? low : high) = middle;
  }
  return high;
}

}  // namespace

double standard_deviation(const std::vector<double>& numbers) {
  const double middle = mean(numbers);
  double squares = 0;
  for (const double x : numbers) squares += (x - middle) * (x - middle);
  return std::sqrt(squares / static_cast<double>(numbers.size() - 1));
}

double half_interval(const std::vector<double>& numbers) {
  return student_t95(numbers.size() - 1) * standard_deviation(numbers) / std::sqrt(static_cast<double>(numbers.size()));
}

std::string shown(const char* format, double number) {
  const double size = std::abs(number);
  const bool odd = size != 0 && (size < 1e-4 || size >= 1e6);
  return odd ? fmt::format("{:.1e}", number) : fmt::format(fmt::runtime(format), number);
}

Estimate estimate(const std::vector<double>& numbers, double (*spread)(const std::vector<double>&)) {
  std::vector<double> finite;
  for (const double x : numbers)
    if (std::isfinite(x)) finite.push_back(x);
  Estimate out{.finite = finite.size()};
  if (out.finite > 0) out.mean = mean(finite);
  if (out.finite > 1) out.spread = spread(finite);
  return out;
}

std::string_view plus_minus() { return gradflow::locale_is_utf8() ? " ± " : " +- "; }

std::string mean_and_spread(const std::vector<double>& numbers, const char* format,
                            double (*spread)(const std::vector<double>&)) {
  const Estimate all = estimate(numbers, spread);
  if (all.finite == 0) return "-";
  std::string out = shown(format, all.mean);
  if (all.finite > 1) out += fmt::format("{}{:.1g}", plus_minus(), all.spread);
  if (all.finite < numbers.size()) out += fmt::format(" ({} of {})", all.finite, numbers.size());
  return out;
}

std::string tally(const std::vector<std::string_view>& words) {
  std::map<std::string_view, std::size_t> counts;
  for (const std::string_view word : words) ++counts[word];
  if (counts.empty()) return "-";
  if (counts.size() == 1) return std::string(counts.begin()->first);
  std::string out;
  for (const auto& [word, count] : counts) out += (out.empty() ? "" : ", ") + fmt::format("{} {}", count, word);
  return out;
}

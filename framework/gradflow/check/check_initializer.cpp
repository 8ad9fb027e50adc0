#include <gradflow/check/check_initializer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/check/comparison.hpp>

namespace gradflow {
namespace {

using detail::Comparison;
using detail::relative_error;

struct Drawn {
  std::vector<double> weight, bias;
};

double mean(std::span<const double> numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  return sum / static_cast<double>(numbers.size());
}

double variance(std::span<const double> numbers) {
  const double middle = mean(numbers);
  double sum = 0;
  for (const double x : numbers) sum += (x - middle) * (x - middle);
  return sum / static_cast<double>(numbers.size());
}

class InitializerChecker {
 public:
  InitializerChecker(const Initializer& initializer, const InitializerCheckOptions& options)
      : initializer_(initializer), options_(options), drawn_(draw(options.seed)) {}

  CheckReport run() const {
    CheckReport report{"initialiser " + initializer_.describe(), {}};
    report.checks = {written(), mean_of_weights()};
    if (options_.variance) report.checks.push_back(variance_of_weights());
    report.checks.push_back(same_seed());
    report.checks.push_back(other_seed());
    if (options_.outputs > 1) report.checks.push_back(units_differ());
    return report;
  }

 private:
  /// Draws one layer. A number that fill() does not write stays NaN.
  Drawn draw(std::uint64_t seed) const {
    constexpr double unwritten = std::numeric_limits<double>::quiet_NaN();
    Drawn drawn{std::vector<double>(options_.inputs * options_.outputs, unwritten),
                std::vector<double>(options_.outputs, unwritten)};
    Rng rng(seed, "weights");
    const LayerPlace place{options_.inputs, options_.outputs, options_.activation, options_.previous_activation};
    initializer_.fill(drawn.weight, drawn.bias, place, rng);
    return drawn;
  }

  std::string weight_place(std::size_t i) const {
    return "weight, row " + std::to_string(i / options_.outputs) + ", column " + std::to_string(i % options_.outputs);
  }
  static std::string bias_place(std::size_t j) { return "bias, index " + std::to_string(j); }

  /// Calls visit(number in drawn_, number in `other`, place) for all weights and biases.
  template <class Visit>
  void for_each_number(const Drawn& other, const Visit& visit) const {
    for (std::size_t i = 0; i < drawn_.weight.size(); ++i)
      visit(drawn_.weight[i], other.weight[i], [&] { return weight_place(i); });
    for (std::size_t j = 0; j < drawn_.bias.size(); ++j)
      visit(drawn_.bias[j], other.bias[j], [&] { return bias_place(j); });
  }

  Check written() const {
    Comparison comparison("every weight and bias is written, and finite", 0);
    for_each_number(drawn_, [&](double number, double, const auto& place) {
      comparison.add(std::isfinite(number), [&] { return "the number at " + place() + " is " + text(number); });
    });
    return comparison.result();
  }

  /// The error is in standard errors of the mean.
  Check mean_of_weights() const {
    const auto n = static_cast<double>(drawn_.weight.size());
    const double got = mean(drawn_.weight), deviation = std::sqrt(variance(drawn_.weight) / n);
    Comparison comparison("the mean of the weights, in standard errors", 4);
    comparison.add(got == 0 ? 0 : std::abs(got) / deviation, got, 0, [] { return "the mean"; });
    return comparison.result();
  }

  Check variance_of_weights() const {
    const auto n = static_cast<double>(drawn_.weight.size());
    const double got = variance(drawn_.weight), expected = *options_.variance;
    Comparison comparison("the variance of the weights", 4 * std::sqrt(2 / n));
    comparison.add(std::abs(got / expected - 1), got, expected, [] { return "the variance"; });
    return comparison.result();
  }

  Check same_seed() const {
    Comparison comparison("the same seed gives the same numbers", 0);
    for_each_number(draw(options_.seed), [&](double number, double again, const auto& place) {
      comparison.add(relative_error(again, number), again, number, place);
    });
    return comparison.result();
  }

  Check other_seed() const {
    Comparison comparison("another seed gives other numbers", 0);
    const bool differs = draw(options_.seed + 1).weight != drawn_.weight;
    comparison.add(differs, [this] { return "seed " + std::to_string(options_.seed + 1) + " draws the same weights"; });
    return comparison.result();
  }

  /// Units with the same weights and bias get the same gradient, so they stay the same.
  Check units_differ() const {
    Comparison comparison("no two units have the same weights and bias", 0);
    for (std::size_t j = 1; j < options_.outputs; ++j)
      for (std::size_t k = 0; k < j; ++k)
        comparison.add(!alike(j, k),
                       [&] { return "columns " + std::to_string(k) + " and " + std::to_string(j) + " are the same"; });
    return comparison.result();
  }

  bool alike(std::size_t j, std::size_t k) const {
    if (drawn_.bias[j] != drawn_.bias[k]) return false;
    for (std::size_t i = 0; i < options_.inputs; ++i)
      if (drawn_.weight[i * options_.outputs + j] != drawn_.weight[i * options_.outputs + k]) return false;
    return true;
  }

  const Initializer& initializer_;
  const InitializerCheckOptions& options_;
  Drawn drawn_;
};

}  // namespace

CheckReport check_initializer(const Initializer& initializer, const InitializerCheckOptions& options) {
  if (options.inputs == 0 || options.outputs == 0)
    throw ShapeError({"check_initializer", "width", "0", "at least 1", {}});
  return InitializerChecker(initializer, options).run();
}

}  // namespace gradflow

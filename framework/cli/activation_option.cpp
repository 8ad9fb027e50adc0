#include <cli/activation_option.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/check/check_activation.hpp>

#include <cli/answers.hpp>

using namespace gradflow;

namespace {

constexpr double range = 20, points_per_unit = 100;

std::vector<double> places() {
  std::vector<double> z;
  for (int i = 0; i <= range * points_per_unit; ++i) {
    z.push_back(i / points_per_unit);
    if (i > 0) z.push_back(-z.back());
  }
  for (const double x : {100., 1e3, 1e6, 1e9, 1e20, 1e30}) z.insert(z.end(), {x, -x});
  return z;
}

/// Returns a message about the z nearest to 0 at which value or slope is NaN.
std::optional<std::string> nan_of(const ActivationInfo& f) {
  for (const double z : places()) {
    if (std::isnan(f.value(z)))
      return fmt::format("f is NaN at z = {:.6g}, so the loss becomes NaN if a unit reaches this z", z);
    if (std::isnan(f.slope(z)))
      return fmt::format("f' is NaN at z = {:.6g}, so the gradient becomes NaN if a unit reaches this z", z);
  }
  return std::nullopt;
}

std::optional<std::string> flatness_of(const ActivationInfo& f) {
  if (std::ranges::any_of(places(), [&](double z) { return f.slope(z) != 0; })) return std::nullopt;
  return "f' is 0 everywhere, so neither a layer with this activation nor the layers before it can learn";
}

/// Returns a message about a jump of f. Halves an interval in which f changes by more than its slopes allow: at a jump,
/// more than half of the change remains at a width of 1e-9.
std::optional<std::string> jump_of(const ActivationInfo& f) {
  const auto change = [&](double low, double high) { return std::abs(f.value(high) - f.value(low)); };
  for (double low = -range; low < range; low += 1 / points_per_unit) {
    double from = low, to = low + 1 / points_per_unit;
    if (change(from, to) <= 2 * std::max(std::abs(f.slope(from)), std::abs(f.slope(to))) / points_per_unit) continue;
    const double before = change(from, to);
    while (to - from > 1e-9) {
      const double middle = (from + to) / 2;
      (change(from, middle) > change(middle, to) ? to : from) = middle;
    }
    if (change(from, to) > before / 2 && change(from, to) > 1e-6)
      return fmt::format(
          "f jumps by {:.3g} at z = {:.3g}, but its slope does not show the jump, so training does not see it",
          change(from, to), std::abs(from) < 1e-6 ? 0 : from);
  }
  return std::nullopt;
}

std::optional<std::string> failed_check_of(const Formula& formula) {
  const CheckReport report = check_activation(formula);
  if (report.passed()) return std::nullopt;
  const Check& worst = report.worst();
  if (worst.error <= worst.tolerance) return "f has too many kinks to check its slopes";
  std::string place = worst.worst;
  if (place.starts_with("x = ")) place[0] = 'z';  // a formula calls its argument z
  if (const std::size_t at = worst.what.find(" in float against double"); at != worst.what.npos) {
    const std::string quantity = worst.what.substr(0, at);
    if (!std::isfinite(worst.got))
      return fmt::format("the {} at {} is {} in float, but {:.6g} in double", quantity, place, worst.got,
                         worst.expected);
    return fmt::format("the {} at {} loses digits in float: error {:.3g} ulp, allowed {:.3g}", quantity, place,
                       worst.error, worst.tolerance);
  }
  return fmt::format("the check '{}' failed (worst: {}, error {:.3g}, allowed {:.3g})", worst.what, place, worst.error,
                     worst.tolerance);
}

std::optional<std::string> finding_of(const Formula& formula) {
  const ActivationInfo f = activation_info(formula);
  if (auto found = nan_of(f)) return found;
  if (auto found = flatness_of(f)) return found;
  if (auto found = jump_of(f)) return found;
  return failed_check_of(formula);
}

}  // namespace

std::string canonical_activation(std::string_view text) {
  return Formula::is_meant(text) ? Formula(text).text() : std::string(text);
}

std::vector<std::string> activations_of(std::string_view option, std::string_view list) {
  std::vector<std::string> activations;
  std::set<std::string> before;
  for (const std::string_view item : split_list(list)) {
    activations.push_back(canonical_activation(item));
    if (!before.insert(activations.back()).second)
      throw UsageError(text({std::string(option), {}, in_quotes(activations.back()) + " twice", "each one once", {}}));
  }
  return activations;
}

void print_formula_findings(const std::vector<std::string>& activations) {
  for (const std::string& activation : activations) {
    if (!Formula::is_meant(activation)) continue;
    if (const auto found = finding_of(Formula(activation)))
      std::fprintf(stderr, "formula %s: %s\n", activation.c_str(), found->c_str());
  }
}

#include <gradflow/check/check_report.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

std::string formatted(const char* format, double number) {
  char digits[40];
  std::snprintf(digits, sizeof digits, format, number);
  return digits;
}

std::string magnitude(double number) { return number == 0 ? "0" : formatted("%.1e", number); }

/// Returns " (got ..., expected ...)" with six digits, or with all digits if six do not tell the numbers apart. Returns
/// an empty text if both are NaN.
std::string got_and_expected(double got, double expected) {
  if (std::isnan(got) && std::isnan(expected)) return {};
  const std::string g = formatted("%.6g", got), e = formatted("%.6g", expected);
  const bool enough = g != e;
  return " (got " + (enough ? g : text(got)) + ", expected " + (enough ? e : text(expected)) + ")";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

bool leaves_out_too_much(const Check& check) {
  const auto all = static_cast<double>(check.compared + check.left_out);
  return static_cast<double>(check.left_out) > check.most_left_out * all;
}

/// Returns the reason for which a check failed.
std::string reason(const Check& check) {
  if (check.compared == 0) return "nothing was compared";
  if (check.error <= check.tolerance)
    return "more than " + text(100 * check.most_left_out) + " % are left out, so too few numbers were compared";
  return "worst: " + check.worst + got_and_expected(check.got, check.expected);
}

std::string line(const Check& check, std::size_t width) {
  std::string out = "  " + padded(check.what, width) + (check.passed() ? "  ok     " : "  WRONG  ");
  out += "error " + padded(magnitude(check.error), 7) + "  allowed " + padded(magnitude(check.tolerance), 7);
  out += "  " + std::to_string(check.compared) + " compared";
  if (check.left_out > 0) out += ", " + std::to_string(check.left_out) + " left out at a kink";
  if (!check.passed()) out += "\n    " + reason(check);
  return out + "\n";
}

/// Returns error / tolerance; above 1 the check fails. Returns infinity if the error is NaN. Also returns infinity if
/// the tolerance is 0 but the error is not.
double excess(const Check& check) {
  if (check.error == 0) return 0;
  return std::isnan(check.error) ? std::numeric_limits<double>::infinity() : check.error / check.tolerance;
}

bool less_wrong(const Check& a, const Check& b) {
  return a.passed() != b.passed() ? a.passed() : excess(a) < excess(b);
}

}  // namespace

bool Check::passed() const {
  return compared > 0 && error <= tolerance && !leaves_out_too_much(*this);  // false if the error is NaN
}

bool CheckReport::passed() const { return !checks.empty() && std::ranges::all_of(checks, &Check::passed); }

const Check& CheckReport::worst() const { return *std::ranges::max_element(checks, less_wrong); }

std::string CheckReport::text() const {
  std::size_t width = 0;
  for (const Check& check : checks) width = std::max(width, check.what.size());
  std::string out = subject + (passed() ? ": ok\n" : ": WRONG\n");
  for (const Check& check : checks) out += line(check, width);
  return out;
}

}  // namespace gradflow

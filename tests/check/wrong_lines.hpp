#pragma once
// Reads single checks from a report.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/check/check_report.hpp>

namespace gradflow {

/// Returns the names of the checks that failed, in the report's order.
inline std::vector<std::string> wrong_lines(const CheckReport& report) {
  std::vector<std::string> names;
  for (const Check& check : report.checks)
    if (!check.passed()) names.push_back(check.what);
  return names;
}

/// Returns the check with this name. If there is none: an empty check, which counts as failed.
inline Check line_of(const CheckReport& report, std::string_view what) {
  const auto found = std::ranges::find(report.checks, what, &Check::what);
  return found == report.checks.end() ? Check{} : *found;
}

}  // namespace gradflow

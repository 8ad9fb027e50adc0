#pragma once
// What a report complains about.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/check/check_report.hpp>

namespace gradflow {

/// The names of the checks that failed, in their order.
inline std::vector<std::string> wrong_lines(const CheckReport& report) {
  std::vector<std::string> names;
  for (const Check& check : report.checks)
    if (!check.passed()) names.push_back(check.what);
  return names;
}

/// The check of that name; an empty one, which has not passed, where there is none.
inline Check line_of(const CheckReport& report, std::string_view what) {
  const auto found = std::ranges::find(report.checks, what, &Check::what);
  return found == report.checks.end() ? Check{} : *found;
}

}  // namespace gradflow

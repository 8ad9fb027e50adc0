#pragma once
// What the fields of a CSV file are taken for, numbers or names, and what is said where they are none.
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>

namespace gradflow {

/// For messages, in quotes: what a broken file holds may be long.
std::string shown_field(std::string_view field);

/// "is ';' the separator?" of a row that has one field, for there is one in it; else "".
std::string separator_hint(const std::vector<std::string_view>& row);

/// Throws FormatError where the row that should be the header is a sample: all its fields, or all but one, which may be
/// its label, are numbers.
void require_names(const std::string& place, const std::vector<std::string_view>& row);

/// As parse_number() reads it, rounded to T. fail(expected), which throws, is called for what is no number, or is not
/// finite in T.
template <class T, class Fail>
T finite_number(std::string_view field, const Fail& fail) {
  const auto value = parse_number(field);
  if (!value) fail("a number");
  const auto rounded = static_cast<T>(value.value_or(0));
  if (std::isfinite(rounded)) return rounded;
  const bool too_large = !std::isnan(rounded) && field.find_first_of("0123456789") != field.npos;
  fail(too_large ? "at most " + text(double{std::numeric_limits<T>::max()}) + " in size" : "a finite number");
  return rounded;
}

}  // namespace gradflow

#pragma once
// Reads fields of a CSV file as numbers or names, and makes the texts of errors about fields.
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>

namespace gradflow {

/// Returns the field in quotes, for error messages. A field of more than 40 bytes is shortened.
std::string shown_field(std::string_view field);

/// Returns the hint "is ';' the separator?" if the row has a single field and this field contains ';', ',', a tab or
/// '|'. Otherwise returns "".
std::string separator_hint(const std::vector<std::string_view>& row);

/// Throws FormatError if the row that should be the header looks like a sample: all of its fields are numbers, or all
/// except one, which may be the label.
void require_names(const std::string& place, const std::vector<std::string_view>& row);

/// Reads a field with parse_number() and rounds the number to T. If the field is not a number, or the number is not
/// finite in T, calls fail(expected), which must throw.
template <class T, class Fail>
T finite_number(std::string_view field, const Fail& fail) {
  const auto value = parse_number(field);
  if (!value) fail("a number");
  const auto rounded = static_cast<T>(value.value_or(0));
  if (std::isfinite(rounded)) return rounded;
  const bool too_large = !std::isnan(rounded) && field.find_first_of("0123456789") != field.npos;
  fail(too_large ? "at most " + text(double{std::numeric_limits<T>::max()}) + " in absolute value" : "a finite number");
  return rounded;
}

}  // namespace gradflow

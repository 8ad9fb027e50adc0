#include <gradflow/data/csv_field.hpp>

#include <algorithm>
#include <cstddef>

namespace gradflow {

std::string shown_field(std::string_view field) {
  constexpr std::size_t longest = 40;
  if (field.empty()) return "an empty field";
  return in_quotes(shortened(field, longest));
}

std::string separator_hint(const std::vector<std::string_view>& row) {
  if (row.size() != 1) return "";
  const auto separator = row[0].find_first_of(";,\t|");
  return separator == row[0].npos ? "" : "is " + in_quotes(row[0].substr(separator, 1)) + " the separator?";
}

void require_names(const std::string& place, const std::vector<std::string_view>& row) {
  const auto is_number = [](std::string_view field) { return parse_number(field).has_value(); };
  const auto number = std::ranges::find_if(row, is_number);
  if (number != row.end() && std::ranges::count_if(row, is_number) + 1 >= std::ssize(row))
    throw FormatError(
        {place, "header", in_quotes(*number), "a column name", "for a file without a header add --no-header"});
}

}  // namespace gradflow

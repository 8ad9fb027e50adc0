#include <gradflow/data/csv.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/base/numbers.hpp>
#include <gradflow/data/csv_field.hpp>
#include <gradflow/data/csv_table.hpp>

namespace gradflow {
namespace {

/// A table, the names of its columns, and which column is the label.
struct Sheet {
  const CsvTable& table;
  std::size_t first_row;  ///< row of the first sample: 1 after a header, else 0
  std::vector<std::string> names = {};
  std::size_t label = 0;

  std::size_t samples() const { return table.rows() - first_row; }
  std::string_view field(std::size_t sample, std::size_t column) const {
    return table.field(first_row + sample, column);
  }

  [[noreturn]] void fail(std::size_t sample, std::size_t column, const std::string& expected) const {
    const std::size_t row = first_row + sample;
    throw FormatError(
        {table.place(row), "column " + in_quotes(names[column]), shown_field(field(sample, column)), expected,
         row == 0 ? "if this line has the names of the columns, set .header = true (drop --no-header)" : ""});
  }
};

void require_two_columns(const CsvTable& table) {
  if (table.columns() > 1) return;
  throw FormatError(
      {table.place(0), "columns", "1", "at least 2: a feature and the label", separator_hint({table.field(0, 0)})});
}

std::vector<std::string_view> fields_of_row(const CsvTable& table, std::size_t row) {
  std::vector<std::string_view> fields;
  for (std::size_t j = 0; j < table.columns(); ++j) fields.push_back(table.field(row, j));
  return fields;
}

void require_different_names(const CsvTable& table, const std::vector<std::string>& names) {
  std::set<std::string_view> before;
  for (std::size_t j = 0; j < names.size(); ++j) {
    const std::string column = "column " + std::to_string(j);
    if (names[j].empty())
      throw FormatError({table.place(0), "header, the name of " + column + " is missing", {}, {}, {}});
    if (!before.insert(names[j]).second)
      throw FormatError({table.place(0),
                         "header, " + column,
                         shown_field(names[j]) + " again",
                         "a name that no other column has",
                         {}});
  }
}

std::vector<std::string> column_names(const CsvTable& table, bool header) {
  std::vector<std::string> names;
  if (header) {
    const auto fields = fields_of_row(table, 0);
    require_names(table.place(0), fields);
    names.assign(fields.begin(), fields.end());
    require_different_names(table, names);
  } else {
    for (std::size_t j = 0; j < table.columns(); ++j) names.push_back("x" + std::to_string(j));
  }
  return names;
}

/// Returns the column that `label` means: the column with this name, else the column at this position.
std::size_t find_label(const std::string& path, const std::vector<std::string>& names, const std::string& label) {
  if (label.empty()) return names.size() - 1;
  const auto named = std::find(names.begin(), names.end(), label);
  if (named != names.end()) return static_cast<std::size_t>(named - names.begin());
  const auto position = parse_whole<long long>(label);
  if (!position) throw_unknown_name(path, "label", label, {names.begin(), names.end()});
  const auto columns = std::ssize(names);
  if (*position < -columns || *position >= columns)
    throw ValueError({path,
                      "label",
                      "position " + label,
                      "a position from " + std::to_string(-columns) + " to " + std::to_string(columns - 1),
                      {}});
  return static_cast<std::size_t>(*position < 0 ? *position + columns : *position);
}

template <class T>
T number(const Sheet& sheet, std::size_t sample, std::size_t column) {
  return finite_number<T>(sheet.field(sample, column),
                          [&](const std::string& expected) { sheet.fail(sample, column, expected); });
}

template <class T>
void read_features(const Sheet& sheet, Dataset<T>& data) {
  const std::size_t columns = sheet.names.size();
  data.x = zeros<T>(sheet.samples(), columns - 1);
  for (std::size_t j = 0; j < columns; ++j)
    if (j != sheet.label) data.feature_names.push_back(sheet.names[j]);
  for (std::size_t i = 0; i < sheet.samples(); ++i)
    for (std::size_t j = 0; j < columns; ++j)
      if (j != sheet.label) data.x(i, j - (j > sheet.label)) = number<T>(sheet, i, j);
}

template <class T>
void read_values(const Sheet& sheet, Dataset<T>& data) {
  data.y = zeros<T>(sheet.samples(), 1);
  for (std::size_t i = 0; i < sheet.samples(); ++i) data.y(i, 0) = number<T>(sheet, i, sheet.label);
}

/// Returns whether all labels are numbers. Throws FormatError if a label is empty, NaN or infinite.
bool has_numbers_for_classes(const Sheet& sheet) {
  bool numbers = true;
  for (std::size_t i = 0; i < sheet.samples(); ++i) {
    const std::string_view label = sheet.field(i, sheet.label);
    const auto value = parse_number(label);
    if (label.empty() || (value && !std::isfinite(*value))) sheet.fail(i, sheet.label, "a class");
    numbers = numbers && value;
  }
  return numbers;
}

template <class T>
void read_classes(const std::string& path, const Sheet& sheet, Dataset<T>& data) {
  const bool numbers = has_numbers_for_classes(sheet);
  const auto before = [numbers](std::string_view a, std::string_view b) {
    return numbers ? *parse_number(a) < *parse_number(b) : a < b;
  };
  std::vector<std::string_view> labels;
  for (std::size_t i = 0; i < sheet.samples(); ++i) labels.push_back(sheet.field(i, sheet.label));
  detail::set_classes(data, labels, before, [](std::string_view label) { return std::string(label); });
  detail::require_classes(path, "classes in column " + in_quotes(sheet.names[sheet.label]), data.class_names,
                          sheet.samples(), numbers);
}

}  // namespace

template <class T>
Dataset<T> load_csv(const std::string& path, const CsvOptions& options) {
  const CsvTable table(path, options.separator);
  require_two_columns(table);
  Sheet sheet{.table = table, .first_row = options.header ? std::size_t{1} : 0};
  sheet.names = column_names(table, options.header);
  sheet.label = find_label(path, sheet.names, options.label);
  if (sheet.samples() == 0) throw FormatError({path, {}, "only a header", "rows of data below it", {}});
  Dataset<T> data;
  read_features(sheet, data);
  if (options.target == Target::classes)
    read_classes(path, sheet, data);
  else
    read_values(sheet, data);
  return data;
}

template Dataset<float> load_csv(const std::string&, const CsvOptions&);
template Dataset<double> load_csv(const std::string&, const CsvOptions&);

}  // namespace gradflow

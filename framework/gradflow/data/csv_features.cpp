#include <gradflow/data/csv_features.hpp>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/csv_field.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {

CsvFeatures::CsvFeatures(CsvReader& rows, FeatureColumns columns) : rows_(rows), columns_(std::move(columns)) {
  if (!columns_.names.empty() && columns_.names.size() != columns_.count)
    throw ShapeError({"features", "names", std::to_string(columns_.names.size()), std::to_string(columns_.count), {}});
  if (columns_.header) read_header();
}

void CsvFeatures::read_header() {
  if (!rows_.next())
    throw FormatError({rows_.name(), {}, "an empty file", "a header, and rows of numbers below it", {}});
  if (!columns_.names.empty()) return find_names();
  require_names(rows_.place(), rows_.row());
  take_all_columns();
  columns_.names.assign(rows_.row().begin(), rows_.row().end());
}

void CsvFeatures::find_names() {
  const auto& header = rows_.row();
  std::string missing;
  for (const std::string& name : columns_.names) {
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) missing += (missing.empty() ? "no " : ", ") + in_quotes(name);
    if (std::ranges::count(header, name) > 1)
      throw FormatError({rows_.place(), "header", in_quotes(name) + " twice", "each feature once", {}});
    position_.push_back(static_cast<std::size_t>(found - header.begin()));
  }
  if (missing.empty()) return;
  require_names(rows_.place(), header);
  throw FormatError({rows_.place(), "header", missing, "all features of the model", separator_hint(header)});
}

void CsvFeatures::take_all_columns() {
  const std::size_t there = rows_.row().size();
  if (there != columns_.count)
    throw FormatError({rows_.place(), "columns", std::to_string(there),
                       std::to_string(columns_.count) + ", one for each feature",
                       there < columns_.count   ? separator_hint(rows_.row())
                       : columns_.names.empty() ? "remove the label column"
                                                : "remove the label column, or add a header with the column names"});
  position_.resize(there);
  std::iota(position_.begin(), position_.end(), std::size_t{0});
}

bool CsvFeatures::next() {
  if (!rows_.next()) return false;
  if (position_.empty()) take_all_columns();
  return true;
}

template <class T>
void CsvFeatures::read(std::span<T> features) const {
  require_size("read", "features", features.size(), columns_.count, "one for each column of features");
  for (std::size_t j = 0; j < features.size(); ++j)
    features[j] = finite_number<T>(rows_.row()[position_[j]], [&](const std::string& expected) { fail(j, expected); });
}

void CsvFeatures::fail(std::size_t feature, const std::string& expected) const {
  const auto& names = columns_.names;
  const std::string name = names.empty() ? "x" + std::to_string(feature) : names[feature];
  throw FormatError({rows_.place(), "column " + in_quotes(name), shown_field(rows_.row()[position_[feature]]), expected,
                     !columns_.header && rows_.line() == 1
                         ? "if this line has the names of the columns, set .header = true (drop --no-header)"
                         : ""});
}

template void CsvFeatures::read(std::span<float>) const;
template void CsvFeatures::read(std::span<double>) const;

}  // namespace gradflow

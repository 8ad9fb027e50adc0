#include <gradflow/data/scaling.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {
namespace {

struct ShiftAndScale {
  double shift, scale;
};

/// Compares minimum and maximum. A variance of 0 is no safe test: rounding can make the mean of n equal numbers differ
/// from the number.
bool is_constant(const std::vector<double>& column) {
  const auto [low, high] = std::minmax_element(column.begin(), column.end());
  return *low == *high;
}

ShiftAndScale standard(const std::vector<double>& column) {
  const auto n = static_cast<double>(column.size());
  double sum = 0, squares = 0;
  for (const double value : column) sum += value;
  for (const double value : column) squares += (value - sum / n) * (value - sum / n);
  return {sum / n, std::sqrt(squares / n)};
}

ShiftAndScale min_max(const std::vector<double>& column) {
  const auto [low, high] = std::minmax_element(column.begin(), column.end());
  return {*low, *high - *low};
}

template <class T>
std::vector<double> finite_column(const Matrix<T>& m, std::size_t j, std::string_view where) {
  std::vector<double> column(rows(m));
  for (std::size_t i = 0; i < column.size(); ++i) {
    column[i] = static_cast<double>(m(i, j));
    if (!std::isfinite(column[i]))
      throw ValueError({std::string(where),
                        "row " + std::to_string(i) + ", column " + std::to_string(j),
                        text(column[i]),
                        "a finite number",
                        {}});
  }
  return column;
}

template <class T>
Scaling fitted(const Matrix<T>& m, std::string_view where, ShiftAndScale (*fit)(const std::vector<double>&)) {
  require_not_empty(where, "matrix", m);
  std::vector<double> shifts, scales;
  for (std::size_t j = 0; j < columns(m); ++j) {
    const std::vector<double> column = finite_column(m, j, where);
    const auto [shift, scale] = is_constant(column) ? ShiftAndScale{column.front(), 0} : fit(column);
    if (!std::isfinite(shift) || !std::isfinite(scale))
      throw ValueError({std::string(where), "spread of column " + std::to_string(j), text(scale), "a finite number",
                        "the numbers are too large"});
    shifts.push_back(shift);
    scales.push_back(scale);
  }
  return {std::move(shifts), std::move(scales)};
}

template <class T>
void for_each_number(Matrix<T>& m, std::size_t fitted_columns, auto&& change) {
  require_shape("scaling", "matrix", m, {rows(m), fitted_columns, "the columns that the scaling was fitted on"});
  for (std::size_t i = 0; i < rows(m); ++i)
    for (std::size_t j = 0; j < columns(m); ++j) m(i, j) = static_cast<T>(change(static_cast<double>(m(i, j)), j));
}

}  // namespace

Scaling::Scaling(std::vector<double> shift, std::vector<double> scale)
    : shift_(std::move(shift)), scale_(std::move(scale)) {
  require_size("scaling", "scale", scale_.size(), shift_.size(), "one for each number of shift");
  for (const auto& [name, numbers] : {std::pair("shift", &shift_), std::pair("scale", &scale_)})
    if (const auto found = std::ranges::find_if_not(*numbers, [](double n) { return std::isfinite(n); });
        found != numbers->end())
      throw ValueError({"scaling",
                        name + (" of column " + std::to_string(found - numbers->begin())),
                        text(*found),
                        "a finite number",
                        {}});
}

template <class T>
void Scaling::apply(Matrix<T>& m) const {
  for_each_number(m, shift_.size(),
                  [this](double value, std::size_t j) { return scale_[j] == 0 ? 0 : (value - shift_[j]) / scale_[j]; });
}

template <class T>
void Scaling::revert(Matrix<T>& m) const {
  for_each_number(m, shift_.size(), [this](double value, std::size_t j) { return value * scale_[j] + shift_[j]; });
}

template <class T>
Scaling standardiser(const Matrix<T>& m) {
  return fitted(m, "standardiser", standard);
}

template <class T>
Scaling min_max_scaler(const Matrix<T>& m) {
  return fitted(m, "min_max_scaler", min_max);
}

template void Scaling::apply(Matrix<float>&) const;
template void Scaling::apply(Matrix<double>&) const;
template void Scaling::revert(Matrix<float>&) const;
template void Scaling::revert(Matrix<double>&) const;
template Scaling standardiser(const Matrix<float>&);
template Scaling standardiser(const Matrix<double>&);
template Scaling min_max_scaler(const Matrix<float>&);
template Scaling min_max_scaler(const Matrix<double>&);

}  // namespace gradflow

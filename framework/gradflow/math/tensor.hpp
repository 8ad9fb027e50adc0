#pragma once
// Matrix<T>: the matrix that all other files use. It is a container of xtensor: it takes part in xtensor's expressions,
// and any expression can be assigned to it. Only this file and matrix_view.hpp name xtensor's containers.
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#if __has_include(<xtensor/containers/xtensor.hpp>)  // xtensor moved its headers in 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <gradflow/base/memory.hpp>

namespace gradflow {

template <class T>
class Matrix;

namespace detail {

template <class T>
using MatrixTypes = xt::xcontainer_inner_types<xt::xtensor_container<AlignedVector<T>, 2, xt::layout_type::row_major>>;

[[noreturn]] void refuse_dimensions(const std::vector<std::size_t>& shape);
[[noreturn]] void refuse_row_length(std::size_t row, std::size_t got, std::size_t expected);
[[noreturn]] void refuse_count(std::size_t got, std::size_t rows, std::size_t columns);

/// Returns the number as a T. A number that xt::masked_view hides, or a missing number of xt::xoptional, becomes NaN.
template <class T, class Number>
T converted(const Number& number) {
  if constexpr (requires { number.visible(); })
    return number.visible() ? static_cast<T>(number.value()) : std::numeric_limits<T>::quiet_NaN();
  else if constexpr (requires { number.has_value(); })
    return number.has_value() ? static_cast<T>(number.value()) : std::numeric_limits<T>::quiet_NaN();
  else
    return static_cast<T>(number);
}

/// Whether e(i, j) is right and fast: true for containers, numbers, and functions of these. A container repeats its
/// only row or column where a larger shape needs it; e(i, j) of a view does not.
template <class E>
constexpr bool is_indexed = std::is_base_of_v<xt::xcontainer<E>, E>;
template <class Number>
constexpr bool is_indexed<xt::xscalar<Number>> = true;
template <class F, class... Parts>
constexpr bool is_indexed<xt::xfunction<F, Parts...>> = (is_indexed<std::decay_t<Parts>> && ...);

/// Writes the numbers of an expression [rows, columns] or [rows], row after row. The compiler vectorises these loops
/// for views whose rows are contiguous and for a row that meets all rows of a matrix. For these, xtensor's own
/// assignment is 20 to 60 times slower.
template <class T, class E>
void write_numbers(const E& from, T* to) {
  const bool is_column = from.dimension() == 1;
  const auto rows = static_cast<std::size_t>(from.shape()[0]);
  const auto columns = is_column ? 1 : static_cast<std::size_t>(from.shape()[1]);
  const auto write = [=](const auto& number_at) {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) to[i * columns + j] = converted<T>(number_at(i, j));
  };
  if constexpr (xt::has_data_interface<E>::value) {  // all numbers are in one array
    const auto* const first = from.data() + from.data_offset();
    const std::ptrdiff_t down = from.strides()[0], right = is_column ? 0 : from.strides()[1];
    const auto at = [=](std::size_t i, std::size_t j, std::ptrdiff_t step) {
      return first[static_cast<std::ptrdiff_t>(i) * down + static_cast<std::ptrdiff_t>(j) * step];
    };
    right == 1 ? write([=](std::size_t i, std::size_t j) { return at(i, j, 1); })
               : write([=](std::size_t i, std::size_t j) { return at(i, j, right); });
  } else if constexpr (is_indexed<E>) {
    is_column ? write([&](std::size_t i, std::size_t) { return from(i); })
              : write([&](std::size_t i, std::size_t j) { return from(i, j); });
  } else {
    auto row = from.stepper_begin(from.shape());
    for (std::size_t i = 0; i < rows; ++i, row.step(0)) {
      auto number = row;
      for (std::size_t j = 0; j < columns; ++j) {
        if (j > 0) number.step(1);
        *to++ = converted<T>(*number);
      }
    }
  }
}

/// The type of the numbers in matrix(expression), for which the caller states no type.
template <class E>
using NumberOf = std::conditional_t<std::is_same_v<typename E::value_type, float>, float, double>;

}  // namespace detail

}  // namespace gradflow

/// @cond
// Makes Matrix a container of xtensor.
template <class T>
struct xt::xcontainer_inner_types<gradflow::Matrix<T>> : gradflow::detail::MatrixTypes<T> {
  using temporary_type = gradflow::Matrix<T>;
};
template <class T>
struct xt::xiterable_inner_types<gradflow::Matrix<T>> : xt::xcontainer_iterable_types<gradflow::Matrix<T>> {};
/// @endcond

namespace gradflow {

/// A dense row-major matrix, batch first: [batch, features]. It has the interface of xt::xtensor<T, 2>. Its storage is
/// a std::vector, which keeps its capacity when the last batch of an epoch is short; xt::xtensor's own storage would
/// reallocate.
///
/// Any expression of xtensor with one or two dimensions can be assigned to it. A single dimension becomes a column. The
/// numbers may have any type and layout. Another number of dimensions throws ShapeError.
template <class T>
class Matrix : public xt::xstrided_container<Matrix<T>>, public xt::xcontainer_semantic<Matrix<T>> {
  using Container = xt::xstrided_container<Matrix<T>>;
  using Semantic = xt::xcontainer_semantic<Matrix<T>>;

 public:
  using expression_tag = xt::xtensor_expression_tag;         ///< xtensor needs it
  using storage_type = typename Container::storage_type;     ///< AlignedVector<T>
  using shape_type = typename Container::shape_type;         ///< {rows, columns}
  using temporary_type = typename Semantic::temporary_type;  ///< Matrix<T>
  static constexpr std::size_t rank = 2;                     ///< the number of dimensions

  /// [0, 0]
  Matrix() = default;
  /// Matrix<float>({32, 10}): the numbers are all 0, or all `value`.
  explicit Matrix(const shape_type& shape, const T& value = T(0)) {
    Container::resize(shape);
    storage_.assign(storage_.size(), value);
  }
  /// Matrix<float>{{1, 2}, {3, 4}}. Throws ShapeError if the rows differ in length.
  Matrix(std::initializer_list<std::initializer_list<T>> rows);
  /// The numbers of the expression, [rows, columns] or [rows]. Throws ShapeError for another number of dimensions.
  template <class E>
  Matrix(const xt::xexpression<E>& expression) {
    assign(expression);
  }
  /// The same. The expression may use this matrix.
  template <class E>
  Matrix& operator=(const xt::xexpression<E>& expression) {
    return *this = Matrix(expression);
  }
  /// The same, for an expression that does not use this matrix: xt::noalias(m) = ... calls it. Allocates nothing if the
  /// matrix was this large before.
  template <class E>
  Matrix& assign(const xt::xexpression<E>& expression);

 private:
  friend class xt::xcontainer<Matrix<T>>;
  storage_type& storage_impl() noexcept { return storage_; }
  const storage_type& storage_impl() const noexcept { return storage_; }

  storage_type storage_;
};
/// @cond
template <class T>
Matrix<T>::Matrix(std::initializer_list<std::initializer_list<T>> rows) {
  const std::size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
  storage_.reserve(rows.size() * columns);
  for (const auto& row : rows) {
    if (row.size() != columns)
      detail::refuse_row_length(static_cast<std::size_t>(&row - rows.begin()), row.size(), columns);
    storage_.insert(storage_.end(), row.begin(), row.end());
  }
  Container::resize(shape_type{rows.size(), columns});
}

template <class T>
template <class E>
Matrix<T>& Matrix<T>::assign(const xt::xexpression<E>& expression) {
  const E& from = expression.derived_cast();
  const auto& shape = from.shape();
  const std::size_t dimensions = from.dimension();
  if (dimensions != 1 && dimensions != 2)
    detail::refuse_dimensions(std::vector<std::size_t>(shape.begin(), shape.end()));
  Container::resize(
      shape_type{static_cast<std::size_t>(shape[0]), dimensions == 2 ? static_cast<std::size_t>(shape[1]) : 1});
  detail::write_numbers(from, storage_.data());
  return *this;
}
/// @endcond
/// Returns the expression as a matrix: matrix<float>(xt::view(table, xt::all(), 2)). The expression has one or two
/// dimensions; a single dimension becomes a column. Throws ShapeError for another number of dimensions. A number that
/// xt::masked_view hides becomes NaN.
template <class T, class E>
Matrix<T> matrix(const xt::xexpression<E>& expression) {
  return expression;
}
/// The same. The numbers are float if the expression's numbers are float, else double.
template <class E>
Matrix<detail::NumberOf<E>> matrix(const xt::xexpression<E>& expression) {
  return expression;
}
/// Returns m itself, without a copy.
template <class T>
const Matrix<T>& matrix(const Matrix<T>& m) {
  return m;
}
/// Returns m, moved.
template <class T>
Matrix<T> matrix(Matrix<T>&& m) {
  return std::move(m);
}
/// Returns the numbers, row after row, as a matrix [rows, columns]: matrix<float>(2, 3, std::vector{1, 2, 3, 4, 5, 6}).
/// Throws ShapeError if there are fewer or more than rows * columns of them.
template <class T, std::ranges::sized_range Numbers>
Matrix<T> matrix(std::size_t rows, std::size_t columns, const Numbers& numbers) {
  const std::size_t count = std::ranges::size(numbers);
  if (count != rows * columns) detail::refuse_count(count, rows, columns);
  Matrix<T> m({rows, columns});
  std::ranges::transform(numbers, m.storage().begin(), [](const auto& number) { return static_cast<T>(number); });
  return m;
}
/// Returns the rows as a matrix. Throws ShapeError if they differ in length.
template <class T, class Number>
Matrix<T> matrix(const std::vector<std::vector<Number>>& rows) {
  Matrix<T> m({rows.size(), rows.empty() ? 0 : rows[0].size()});
  auto next = m.storage().begin();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].size() != m.shape()[1]) detail::refuse_row_length(i, rows[i].size(), m.shape()[1]);
    next = std::ranges::transform(rows[i], next, [](const Number& number) { return static_cast<T>(number); }).out;
  }
  return m;
}

/// The first dimension: usually samples.
template <class T>
std::size_t rows(const Matrix<T>& m) {
  return m.shape()[0];
}

/// The second dimension: usually features.
template <class T>
std::size_t columns(const Matrix<T>& m) {
  return m.shape()[1];
}

/// Sets the shape and keeps the capacity. The numbers in the matrix are unspecified afterwards.
template <class T>
void resize(Matrix<T>& m, std::size_t rows, std::size_t columns) {
  if (m.shape()[0] != rows || m.shape()[1] != columns) m.resize({rows, columns});
}

/// Returns a matrix of shape [rows, columns] in which all numbers are 0.
template <class T>
Matrix<T> zeros(std::size_t rows, std::size_t columns) {
  return Matrix<T>({rows, columns});
}

/// Returns all numbers of a matrix, row after row.
template <class T>
std::span<T> flat(Matrix<T>& m) {
  return {m.data(), m.size()};
}
/// The same, read-only.
template <class T>
std::span<const T> flat(const Matrix<T>& m) {
  return {m.data(), m.size()};
}

/// Returns row i: [columns]. i must be below rows(m); as in m(i, j), this is not checked.
template <class T>
std::span<T> row(Matrix<T>& m, std::size_t i) {
  return flat(m).subspan(i * columns(m), columns(m));
}
/// The same, read-only.
template <class T>
std::span<const T> row(const Matrix<T>& m, std::size_t i) {
  return flat(m).subspan(i * columns(m), columns(m));
}

/// Returns the shape as a text: "[32, 10]".
inline std::string shape_text(std::size_t rows, std::size_t columns) {
  return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}
/// Returns the shape of m in the same form.
template <class T>
std::string shape_text(const Matrix<T>& m) {
  return shape_text(rows(m), columns(m));
}

}  // namespace gradflow

#pragma once
// Checks of shapes. A public function checks the shapes of its arguments once per call, before it reads them. A check
// that passes costs two comparisons and builds no text.
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include <gradflow/math/tensor.hpp>

namespace gradflow {

/// The shape that a matrix must have, and the reason and hint for the error text.
struct ExpectedShape {
  std::size_t rows;       ///< 32 in "expected [32, 10]"
  std::size_t columns;    ///< 10 in "expected [32, 10]"
  const char* why = "";   ///< "a row for each row of x"
  const char* hint = "";  ///< how to fix the error, if known
};

namespace detail {

[[noreturn]] void refuse_shape(std::string where, std::string_view what, std::size_t rows, std::size_t columns,
                               const ExpectedShape& expected);
[[noreturn]] void refuse_size(std::string where, std::string_view what, std::size_t got, std::size_t expected,
                              const char* why);

/// Returns the text `where`, or the text that the function `where` returns.
template <class Where>
std::string place_of(Where where) {
  if constexpr (std::is_invocable_v<Where>)
    return where();
  else
    return std::string(where);
}

// These functions are not inlined, and all arguments are passed by value, in registers. So a check that passes writes
// nothing to memory.

template <class Where>
[[noreturn, gnu::cold, gnu::noinline]] void refuse(Where where, std::string_view what, std::size_t rows,
                                                   std::size_t columns, std::size_t expected_rows,
                                                   std::size_t expected_columns, const char* why, const char* hint) {
  refuse_shape(place_of(where), what, rows, columns, {expected_rows, expected_columns, why, hint});
}
template <class Where>
[[noreturn, gnu::cold, gnu::noinline]] void refuse(Where where, std::string_view what, std::size_t got,
                                                   std::size_t expected, const char* why) {
  refuse_size(place_of(where), what, got, expected, why);
}

}  // namespace detail

/// Returns whether the shape of m is [rows, columns].
template <class T>
bool has_shape(const Matrix<T>& m, std::size_t rows, std::size_t columns) {
  return m.shape()[0] == rows && m.shape()[1] == columns;
}

/// Throws ShapeError unless m has the expected shape: "where: what: got [32, 9], expected [32, 10], why; hint". where:
/// a text, or a function that returns a text and is called only for an error.
template <class Where, class T>
void require_shape(Where where, std::string_view what, const Matrix<T>& m, ExpectedShape expected) {
  if (has_shape(m, expected.rows, expected.columns)) [[likely]]
    return;
  detail::refuse(where, what, rows(m), columns(m), expected.rows, expected.columns, expected.why, expected.hint);
}

/// Throws ShapeError if m has no rows or no columns.
template <class Where, class T>
void require_not_empty(Where where, std::string_view what, const Matrix<T>& m) {
  if (m.size() > 0) [[likely]]
    return;
  const auto at_least_one = [](std::size_t n) { return n > 0 ? n : 1; };
  detail::refuse(where, what, rows(m), columns(m), at_least_one(rows(m)), at_least_one(columns(m)),
                 "at least one row and one column", "");
}

/// Throws ShapeError if m has no rows.
template <class Where, class T>
void require_rows(Where where, std::string_view what, const Matrix<T>& m) {
  if (rows(m) > 0) [[likely]]
    return;
  detail::refuse(where, what, 0, columns(m), 1, columns(m), "at least one row", "");
}

/// Throws ShapeError if `got`, the size of a flat array, differs from `expected`: "where: what: got 31 numbers,
/// expected 32, why".
template <class Where>
void require_size(Where where, std::string_view what, std::size_t got, std::size_t expected, const char* why) {
  if (got == expected) [[likely]]
    return;
  detail::refuse(where, what, got, expected, why);
}

}  // namespace gradflow

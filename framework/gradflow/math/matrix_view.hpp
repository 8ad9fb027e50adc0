#pragma once
// MatrixView<T>: numbers that lie elsewhere, seen as a matrix. It takes part in xtensor's expressions.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#if __has_include(<xtensor/containers/xbuffer_adaptor.hpp>)  // xtensor moved its headers in 0.26
#include <xtensor/containers/xbuffer_adaptor.hpp>
#else
#include <xtensor/xbuffer_adaptor.hpp>
#endif

#include <gradflow/math/tensor.hpp>

namespace gradflow {

template <class T>
class MatrixView;

namespace detail {

template <class T>
using ViewedBuffer = xt::xbuffer_adaptor<T*, xt::no_ownership, std::allocator<std::remove_const_t<T>>>;
template <class T>
using ViewTypes = xt::xcontainer_inner_types<xt::xtensor_adaptor<ViewedBuffer<T>, 2, xt::layout_type::row_major>>;

[[noreturn]] void refuse_assignment(std::size_t rows, std::size_t columns, const std::vector<std::size_t>& got);

}  // namespace detail

}  // namespace gradflow

/// @cond
template <class T>
struct xt::xcontainer_inner_types<gradflow::MatrixView<T>> : gradflow::detail::ViewTypes<T> {
  using temporary_type = gradflow::Matrix<std::remove_const_t<T>>;
};
template <class T>
struct xt::xiterable_inner_types<gradflow::MatrixView<T>> : xt::xcontainer_iterable_types<gradflow::MatrixView<T>> {};
/// @endcond

namespace gradflow {

/// A part of a flat buffer as a matrix, such as the weights of a layer. A view of const numbers is read-only. A copy of
/// a view shows the same numbers. The view is valid as long as its buffer.
///
/// An expression of the same shape can be assigned: the numbers change, the shape never does. An expression of another
/// shape throws ShapeError, and nothing has changed.
template <class T>
class MatrixView : public xt::xstrided_container<MatrixView<T>>, public xt::xcontainer_semantic<MatrixView<T>> {
  using Container = xt::xstrided_container<MatrixView<T>>;
  using Semantic = xt::xcontainer_semantic<MatrixView<T>>;

 public:
  using expression_tag = xt::xtensor_expression_tag;         ///< xtensor needs it
  using storage_type = typename Container::storage_type;     ///< a pointer and a size
  using shape_type = typename Container::shape_type;         ///< {rows, columns}
  using temporary_type = typename Semantic::temporary_type;  ///< Matrix<T>
  static constexpr std::size_t rank = 2;                     ///< the number of dimensions

  /// Shows the numbers as a matrix [rows, columns]: MatrixView(parameters, inputs(), outputs()) in a layer of your own.
  /// Throws ShapeError if there are fewer or more than rows * columns of them.
  MatrixView(std::span<T> numbers, std::size_t rows, std::size_t columns) : storage_(numbers.data(), numbers.size()) {
    if (numbers.size() != rows * columns) [[unlikely]]
      detail::refuse_count(numbers.size(), rows, columns);
    Container::resize(shape_type{rows, columns});
  }
  MatrixView(const MatrixView&) = default;  ///< shows the same numbers
  /// Copies the numbers. Throws ShapeError for another shape, as do all assignments.
  MatrixView& operator=(const MatrixView& other) { return assign(other); }
  /// Assigns the numbers of the expression, which may use the viewed numbers.
  template <class E>
  MatrixView& operator=(const xt::xexpression<E>& expression) {
    require_shape(expression.derived_cast().shape());
    return assign(temporary_type(expression));
  }
  /// The same, for an expression that does not use the viewed numbers: xt::noalias(view) = ... calls it.
  template <class E>
  MatrixView& assign(const xt::xexpression<E>& expression) {
    require_shape(expression.derived_cast().shape());
    detail::write_numbers(expression.derived_cast(), storage_.data());
    return *this;
  }
  /// Adds an expression, element by element. It may have one row or one column, which counts for all.
  template <class E>
  MatrixView& operator+=(const xt::xexpression<E>& e) {
    return *this = *this + e.derived_cast();
  }
  /// Subtracts an expression, element by element. It may have one row or one column, which counts for all.
  template <class E>
  MatrixView& operator-=(const xt::xexpression<E>& e) {
    return *this = *this - e.derived_cast();
  }
  /// Multiplies by an expression, element by element. It may have one row or one column, which counts for all.
  template <class E>
  MatrixView& operator*=(const xt::xexpression<E>& e) {
    return *this = *this * e.derived_cast();
  }
  /// Divides by an expression, element by element. It may have one row or one column, which counts for all.
  template <class E>
  MatrixView& operator/=(const xt::xexpression<E>& e) {
    return *this = *this / e.derived_cast();
  }
  using Semantic::operator+=;  // for a number
  using Semantic::operator-=;
  using Semantic::operator*=;
  using Semantic::operator/=;

  /// Throws ShapeError unless the shape is the one that the view has.
  template <class Shape>
  void resize(const Shape& shape) {
    require_shape(shape);
  }

 private:
  using Container::reshape;  // the shape never changes

  template <class Shape>
  void require_shape(const Shape& shape) const {
    if (!std::equal(shape.begin(), shape.end(), this->shape().begin(), this->shape().end())) [[unlikely]]
      detail::refuse_assignment(this->shape()[0], this->shape()[1],
                                std::vector<std::size_t>(shape.begin(), shape.end()));
  }

  friend class xt::xcontainer<MatrixView<T>>;
  storage_type& storage_impl() noexcept { return storage_; }
  const storage_type& storage_impl() const noexcept { return storage_; }

  storage_type storage_;
};

}  // namespace gradflow

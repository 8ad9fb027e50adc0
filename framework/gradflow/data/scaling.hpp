#pragma once
// Brings the columns of a matrix to a common scale. Fit the scaling on the training part, and apply it to every part:
//   const Scaling scaling = standardiser(train.x);
//   scaling.apply(train.x);
//   scaling.apply(test.x);
#include <vector>

#include <gradflow/math/tensor.hpp>

namespace gradflow {

/// Turns column j into (x - shift[j]) / scale[j], computed in double. If a column of the fitted matrix was constant,
/// its scale is 0, and apply() sets the whole column to 0: a network cannot learn from a constant column.
class Scaling {
 public:
  /// Throws ShapeError if shift and scale have different lengths. Throws ValueError if a number is not finite.
  Scaling(std::vector<double> shift, std::vector<double> scale);

  const std::vector<double>& shift() const { return shift_; }  ///< [columns]
  const std::vector<double>& scale() const { return scale_; }  ///< [columns]; 0: the column was constant

  /// Scales m [samples, columns], for instance a data set's x or the targets of a regression; samples may be 0. Throws
  /// ShapeError if m has another number of columns than the scaling.
  template <class T>
  void apply(Matrix<T>& m) const;

  /// Inverts apply(): column j becomes m * scale[j] + shift[j], for instance to turn network outputs into the unit of
  /// the targets. Throws ShapeError if m has another number of columns than the scaling.
  template <class T>
  void revert(Matrix<T>& m) const;

 private:
  std::vector<double> shift_, scale_;
};

/// Returns the scaling that gives every column of m mean 0 and variance 1. The variance is divided by n, the number of
/// rows, as in scikit-learn. Throws ShapeError if m has no rows or no columns. Throws ValueError if a number in m is
/// not finite, or if the numbers are so large that the sums overflow.
template <class T>
Scaling standardiser(const Matrix<T>& m);
/// The same for an expression of xtensor.
template <class E>
Scaling standardiser(const xt::xexpression<E>& m) {
  return standardiser(matrix(m));
}

/// Returns the scaling that maps every column of m to [0, 1]: the column's smallest number to 0, its largest to 1.
/// Throws the same errors as standardiser().
template <class T>
Scaling min_max_scaler(const Matrix<T>& m);
/// The same for an expression of xtensor.
template <class E>
Scaling min_max_scaler(const xt::xexpression<E>& m) {
  return min_max_scaler(matrix(m));
}

}  // namespace gradflow

#pragma once
// Brings the columns of a matrix to a common scale. Fitted on the training part, applied to every part:
//   const Scaling scaling = standardiser(train.x);
//   scaling.apply(train.x);
//   scaling.apply(test.x);
#include <vector>

#include <gradflow/math/tensor.hpp>

namespace gradflow {

/// Column j becomes (x - shift[j]) / scale[j], computed in double. A column that was constant where the scaling was
/// fitted has scale 0 and becomes 0 everywhere: a network that never saw it vary cannot use it.
class Scaling {
 public:
  /// Throws ShapeError where the two are not of one length, ValueError for a number that is not finite.
  Scaling(std::vector<double> shift, std::vector<double> scale);

  const std::vector<double>& shift() const { return shift_; }  ///< [columns]
  const std::vector<double>& scale() const { return scale_; }  ///< [columns]; 0: the column was constant

  /// m: [samples, columns as fitted], a data set's x, or the targets of a regression; samples may be 0. Throws
  /// ShapeError.
  template <class T>
  void apply(Matrix<T>& m) const;

  /// The way back, for instance from a network's output to the unit of the targets. Throws ShapeError.
  template <class T>
  void revert(Matrix<T>& m) const;

 private:
  std::vector<double> shift_, scale_;
};

/// To mean 0 and variance 1 of every column; the variance is the population's (divided by n), as in scikit-learn.
/// Throws ShapeError where m has no rows or no columns, ValueError for a number that is not finite.
template <class T>
Scaling standardiser(const Matrix<T>& m);

/// To [0, 1] in every column: from the smallest to the largest number of m. Throws as standardiser() does.
template <class T>
Scaling min_max_scaler(const Matrix<T>& m);

}  // namespace gradflow

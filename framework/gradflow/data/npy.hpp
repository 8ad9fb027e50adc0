#pragma once
// Reads and writes .npy files, in which NumPy keeps one array each: numpy.save("x.npy", x), numpy.load("x.npy").
#include <string>

#include <gradflow/base/file.hpp>
#include <gradflow/data/classes.hpp>
#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// Reads an array of one dimension, which becomes a column, or two. The numbers may be bool (false: 0, true: 1), int8
/// to int64, uint8 to uint64, float32 or float64, in C or Fortran order. They are rounded to T: float or double. NaN
/// and infinities are read as they are. Throws std::system_error if the file cannot be read. Throws FormatError if the
/// file does not follow the format (versions 1.0, 2.0 and 3.0), if the array has other numbers or dimensions, if the
/// file is shorter or longer than its header announces, or if a finite number is too large for T. The message says how
/// to convert the array in Python. Memory grows with the size of the file, not with the shape that its header
/// announces.
template <class T = float>
Matrix<T> load_npy(const std::string& path);

/// Writes the matrix as an array of two dimensions: float32 or float64, as T. Writes the complete file or nothing.
/// Throws std::system_error if the file cannot be written.
template <class T>
void save_npy(const std::string& path, const Matrix<T>& m);
/// The same for an expression of xtensor.
template <class E>
void save_npy(const std::string& path, const xt::xexpression<E>& m) {
  save_npy(path, matrix(m));
}

/// How the arrays of a data set are read.
struct NpyOptions {
  Target target = Target::classes;  ///< what the targets are
};

/// Makes a data set of two files: x has the features [samples, features], y the targets. For classes y has one column
/// of whole numbers or bools; the class names are these numbers, and the class indices follow their order. For a
/// regression y may have several columns. The features have no names. Throws what load_npy() throws. Throws FormatError
/// if x has no numbers, if x and y have different numbers of rows, or if a class is not a whole number. Throws
/// ValueError for NaN and infinities, and if there are fewer than two classes. Throws FormatError if there are more
/// than 20 classes with fewer than three samples each on average: such labels are regression values.
template <class T = float>
Dataset<T> load_npy_dataset(const std::string& x_path, const std::string& y_path, const NpyOptions& options = {});

namespace detail {

/// Writes the content of a .npy file in pieces.
template <class T>
void write_npy(const WriteText& write, const Matrix<T>& m);

}  // namespace detail
}  // namespace gradflow

#pragma once
// Dataset<T>: samples with their targets, and functions that split a data set or copy a batch from it.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/random.hpp>
#include <gradflow/math/tensor.hpp>

namespace gradflow {

// Every function that combines x and y throws ShapeError unless y has one row for each row of x, and weights is empty
// or has one number for each row of x. A data set may have no samples, no features or no targets, unless a function's
// comment says otherwise.

/// Samples with their targets. All functions in this header are compiled for float and double.
template <class T = float>
struct Dataset {
  Matrix<T> x;  ///< [samples, features]
  Matrix<T> y;  ///< [samples, targets]: one column of class indices, or labels (0: false, 1: true), or values
  std::vector<std::string> feature_names;  ///< one per column of x, or empty
  std::vector<std::string> class_names;    ///< in the order of the class indices; empty: no classes, or unnamed classes
  std::vector<std::string> label_names = {};  ///< one per column of y, if the columns are labels; else empty
  std::vector<T> weights = {};                ///< [samples]  weight of each sample in means, at least 0; empty: all 1
};

/// Returns the number of rows of x.
template <class T>
std::size_t samples(const Dataset<T>& dataset) {
  return rows(dataset.x);
}

/// Returns the number of columns of x.
template <class T>
std::size_t features(const Dataset<T>& dataset) {
  return columns(dataset.x);
}

/// Returns the number of class names; 0 if the classes have no names.
template <class T>
std::size_t classes(const Dataset<T>& dataset) {
  return dataset.class_names.size();
}

/// Returns whether the data set has class names. A data set whose classes have no names gives false.
template <class T>
bool is_classification(const Dataset<T>& dataset) {
  return !dataset.class_names.empty();
}

/// A data set in two parts, as split() returns it.
template <class T = float>
struct Split {
  Dataset<T> train;  ///< for training
  Dataset<T> test;   ///< the rest, for testing
};

/// How split() divides a data set.
struct SplitOptions {
  double fraction = 0.8;   ///< the share of `train`, in [0, 1]
  std::uint64_t seed = 0;  ///< seed of the random order
};

/// Splits a data set into two parts in random order: const auto [train, test] = split(data, {.seed = 2}). `train` gets
/// round(fraction * samples) samples. If the data set has classes, `train` gets the share `fraction` of each class,
/// rounded up or down. Each sample keeps its weight, and both parts get all names. With a fraction of 0 or 1, one part
/// has no rows, but still has its columns. Throws ValueError if the fraction is outside [0, 1], or if the data set has
/// classes and a number in y is not a class index. Throws ShapeError if x and y have different numbers of samples.
template <class T>
Split<T> split(const Dataset<T>& dataset, const SplitOptions& options = {});

/// Returns 0, 1, ..., n - 1 in random order.
std::vector<std::size_t> shuffled(std::size_t n, Rng& rng);

/// Copies the samples at `indices`, in the order of `indices`, to into.x, into.y and into.weights; an index may occur
/// more than once. Does not change the names in `into`. Allocates nothing if the matrices of `into` were this large
/// before. Throws ValueError if an index is not below the number of samples, or if `from` and `into` are the same
/// object. Throws ShapeError if x and y have different numbers of samples.
template <class T>
void gather(const Dataset<T>& from, std::span<const std::size_t> indices, Dataset<T>& into);

/// Returns class indices y [samples, 1] as a matrix [samples, classes]: 1 in the column of the class, 0 elsewhere.
/// Throws ShapeError unless y has one column. Throws ValueError if a number in y is not a class index.
template <class T>
Matrix<T> one_hot(const Matrix<T>& y, std::size_t classes);
/// The same for an expression of xtensor.
template <class E>
auto one_hot(const xt::xexpression<E>& y, std::size_t classes) {
  return one_hot(matrix(y), classes);
}

/// Returns sample weights that give all classes the same total weight: samples / (classes * samples of the sample's
/// class). Classes without samples are not counted. Throws ShapeError unless y has one column. Throws ValueError if a
/// number in y is not a class index.
template <class T>
std::vector<T> class_weights(const Dataset<T>& dataset);

/// Returns the sum of the weights, or the number of samples if the data set has no weights.
template <class T>
double total_weight(const Dataset<T>& dataset);

/// Returns a checksum over the shapes and all numbers of x, y and weights: "120 samples, crc32 1c291ca3". Throws
/// ShapeError if x and y have different numbers of samples.
template <class T>
std::string checksum(const Dataset<T>& dataset);

/// Throws ValueError, with sample and column, if x or y contains a NaN or an infinity. Throws ValueError if a weight is
/// negative or not finite, or if all weights are 0. Throws ShapeError if x and y have different numbers of samples.
/// where: the beginning of the error message.
template <class T>
void require_finite(const Dataset<T>& dataset, std::string_view where);

namespace detail {

/// Throws ShapeError unless y has one row for each row of x, and weights is empty or has one number for each row of x.
template <class T>
void require_same_samples(std::string_view where, const Dataset<T>& dataset);

}  // namespace detail

}  // namespace gradflow

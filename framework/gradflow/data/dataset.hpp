#pragma once
// Dataset<T>: samples and what should come out of them; to part it in two, and to pick a batch from it.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/random.hpp>
#include <gradflow/math/tensor.hpp>

namespace gradflow {

// Every function that combines x and y throws ShapeError unless y has one row for each row of x, and weights, if any,
// one number. A data set may have no samples, no features or no targets, unless the function says otherwise.

/// All functions here are compiled for float and double.
template <class T = float>
struct Dataset {
  Matrix<T> x;  ///< [samples, features]
  Matrix<T> y;  ///< [samples, targets]: class indices in one column, labels that are true or not, or values
  std::vector<std::string> feature_names;  ///< one per column of x, or none
  std::vector<std::string> class_names;    ///< in the order of the class indices; empty: no classes, or without names
  std::vector<std::string> label_names = {};  ///< one per column of y, where each says whether a label is true; or none
  std::vector<T> weights = {};  ///< [samples]  how much each counts in a mean, of at least 0; empty: all 1
};

/// The rows of x.
template <class T>
std::size_t samples(const Dataset<T>& dataset) {
  return rows(dataset.x);
}

/// The columns of x.
template <class T>
std::size_t features(const Dataset<T>& dataset) {
  return columns(dataset.x);
}

/// The number of classes: those that have names.
template <class T>
std::size_t classes(const Dataset<T>& dataset) {
  return dataset.class_names.size();
}

/// Whether there are class names. Class indices without names do not count.
template <class T>
bool is_classification(const Dataset<T>& dataset) {
  return !dataset.class_names.empty();
}

/// A data set in two parts, as split() returns it.
template <class T = float>
struct Split {
  Dataset<T> train;  ///< to learn from
  Dataset<T> test;   ///< the rest, which training does not see
};

/// How split() divides a data set.
struct SplitOptions {
  double fraction = 0.8;   ///< the share of `train`, in [0, 1]
  std::uint64_t seed = 0;  ///< of the order
};

/// Two parts in random order, both with the names of the whole: const auto [train, test] = split(data, {.seed = 2}).
/// `train` gets round(fraction * samples) of them. Where there are classes, each has its exact share in `train`,
/// rounded up or down. Weights stay with their samples. With a fraction of 0 or 1 one part has no rows but the right
/// columns. Throws ValueError for a fraction outside [0, 1] or a y that is no class index, ShapeError where x and y
/// differ in samples.
template <class T>
Split<T> split(const Dataset<T>& dataset, const SplitOptions& options = {});

/// 0, 1, ..., n - 1 in random order.
std::vector<std::size_t> shuffled(std::size_t n, Rng& rng);

/// Copies the samples at `indices`, in their order, to into.x, into.y and into.weights; an index may come twice. The
/// names in `into` stay as they are, and nothing is allocated where its matrices once were as large. Throws ValueError
/// for an index that is no sample or where both are one object, ShapeError where x and y differ in samples.
template <class T>
void gather(const Dataset<T>& from, std::span<const std::size_t> indices, Dataset<T>& into);

/// y [samples, 1], class indices -> [samples, classes], 1 in the column of the class and 0 elsewhere.
/// Throws ShapeError unless y has one column, ValueError for a number that is no class index.
template <class T>
Matrix<T> one_hot(const Matrix<T>& y, std::size_t classes);

/// The weights with which all classes count alike: samples / (classes * samples of its class) for each sample. A class
/// without samples does not count. Throws ShapeError unless y has one column, ValueError for a number that is no class
/// index.
template <class T>
std::vector<T> class_weights(const Dataset<T>& dataset);

/// The sum of the weights; without weights, the number of samples.
template <class T>
double total_weight(const Dataset<T>& dataset);

/// A checksum of the shapes and all numbers of x, y and weights: "120 samples, crc32 1c291ca3". Throws ShapeError if x
/// and y differ in samples.
template <class T>
std::string checksum(const Dataset<T>& dataset);

/// Throws ValueError where x or y has a NaN or an infinity, naming sample and column, for a weight that is not finite
/// or below 0, and where all are 0; ShapeError where they differ in samples. `where` begins the message.
template <class T>
void require_finite(const Dataset<T>& dataset, std::string_view where);

namespace detail {

/// Throws ShapeError unless y has a row for each row of x, and weights, if there are any, one for each.
template <class T>
void require_same_samples(std::string_view where, const Dataset<T>& dataset);

}  // namespace detail

}  // namespace gradflow

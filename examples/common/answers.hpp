#pragma once
// What the outputs of a model mean, as rows of a CSV file.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>

/// Classes where the model has names of classes, or a loss that takes logits: then the class and a number for each,
/// which is its probability where the loss takes logits (softmax or sigmoid, computed in double), else what the network
/// says for it. In all other cases values, in the unit of the targets.
template <class T>
class Answers {
 public:
  /// model: kept by reference. Throws FormatError where its parts do not fit, NameError for classes and a loss of which
  /// it is not known what it makes of them.
  Answers(const std::string& path, const gradflow::Model<T>& model);

  /// "class,setosa,versicolor,virginica\n"; "value\n" or "value0,value1\n"
  std::string header() const;

  /// Appends a row for each of the output, [samples, outputs], up to the first with a number that is not finite;
  /// returns how many. Numbers are as short as they can be read back exactly as T.
  std::size_t append_rows(std::string& out, gradflow::Matrix<T> output) const;

 private:
  bool of_classes() const { return !classes_.empty(); }
  void find_classes();
  void require_size(const std::string& key, std::size_t got, std::size_t expected) const;
  gradflow::Matrix<double> scores_of(const gradflow::Matrix<T>& output) const;
  gradflow::Matrix<double> probabilities(const gradflow::Matrix<double>& scores) const;
  template <class Number>
  void append_numbers(std::string& out, std::span<const Number> numbers) const;

  std::string path_;
  const gradflow::ModelInfo& info_;
  std::size_t outputs_;
  std::string loss_;                  ///< without its parameters
  std::vector<std::string> classes_;  ///< their names, as fields of CSV; none: values
};

#pragma once
// What the outputs of a model mean, as rows of a CSV file.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>
#include <gradflow/nn/loss.hpp>

/// As the model says that its outputs are read. Classes, also of values where the model names some: the class and a
/// number for each, its probability where the outputs are logits (softmax or sigmoid, computed in double), else what
/// the network says for it. Labels: those that are true, and the probability of each. In all other cases values, in the
/// unit of the targets.
template <class T>
class Answers {
 public:
  /// model: kept by reference. Throws FormatError where its parts do not fit, and what reading_of() throws.
  Answers(const std::string& path, const gradflow::Model<T>& model);

  /// "class,setosa,versicolor,virginica\n"; "labels,red,round\n"; "value\n" or "value0,value1\n"
  std::string header() const;

  /// Appends a row for each of the output, [samples, outputs], up to the first with a number that is not finite;
  /// returns how many. Numbers are as short as they can be read back exactly as T.
  std::size_t append_rows(std::string& out, gradflow::Matrix<T> output) const;

 private:
  bool of_labels() const { return reading_ == gradflow::Reading::label_logits && info_.class_names.empty(); }
  void find_names();
  void require_size(const std::string& key, std::size_t got, std::size_t expected) const;
  gradflow::Matrix<double> scores_of(const gradflow::Matrix<T>& output) const;
  gradflow::Matrix<double> probabilities(const gradflow::Matrix<double>& scores) const;
  std::string decision(std::span<const double> scores) const;
  template <class Number>
  void append_numbers(std::string& out, std::span<const Number> numbers) const;

  std::string path_;
  const gradflow::ModelInfo& info_;
  std::size_t outputs_;
  gradflow::Reading reading_;
  std::vector<std::string> names_;  ///< of classes or labels; none: values
};

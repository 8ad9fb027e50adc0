#pragma once
// Turns the outputs of a model into rows of a CSV file, or into rows of an array.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>
#include <gradflow/nn/loss.hpp>

/// Rows for the outputs of a model. The model states how its outputs are read; see reading_of().
/// Classes: a row has the class, then one number for each class. This number is a probability if the outputs are logits
/// (softmax or sigmoid, computed in double), else the network's output. A model with class names has classes, also if
/// its outputs are read as values.
/// Labels: a row has the predicted labels, then the probability of each label.
/// Values: a row has the values, in the unit of the targets.
/// An array has the same rows without the class and the predicted labels.
template <class T>
class Answers {
 public:
  /// Keeps a reference to model. Throws FormatError if the number of names or scalings does not match the network, and
  /// whatever reading_of() throws.
  Answers(const std::string& path, const gradflow::Model<T>& model);

  /// Returns the header line: "class,setosa,versicolor,virginica\n", "labels,red,round\n", "value\n" or
  /// "value0,value1\n".
  std::string header() const;

  /// Returns how many numbers a row has.
  std::size_t columns() const { return names_.empty() ? outputs_ : names_.size(); }

  /// Appends one line to out for each row of output, [samples, outputs], and stops before the first row with a number
  /// that is not finite. Returns how many lines it appended. Numbers have the fewest digits that are read back exactly
  /// as T.
  std::size_t append_rows(std::string& out, const gradflow::Matrix<T>& output) const;
  /// The same for the numbers alone: appends columns() numbers for each row.
  std::size_t append_rows(std::vector<T>& out, const gradflow::Matrix<T>& output) const;

 private:
  bool of_labels() const { return reading_ == gradflow::Reading::label_logits && info_.class_names.empty(); }
  void find_names();
  void require_size(const std::string& key, const std::string& item, std::size_t got, std::size_t expected,
                    const std::string& of_network) const;
  gradflow::Matrix<double> scores_of(const gradflow::Matrix<T>& output) const;
  gradflow::Matrix<T> numbers_of(const gradflow::Matrix<T>& output, const gradflow::Matrix<double>& scores) const;
  std::string decision(std::span<const double> scores) const;

  std::string path_;
  const gradflow::ModelInfo& info_;
  std::size_t outputs_;
  gradflow::Reading reading_;
  std::vector<std::string> names_;  ///< of the classes or labels; empty: the outputs are values
};

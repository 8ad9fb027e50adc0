#include <cli/answers.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/log/csv_rows.hpp>
#include <gradflow/math/reduce.hpp>

using namespace gradflow;

namespace {

/// Returns how many rows are before the first row with a number that is not finite.
template <class T>
std::size_t finite_rows(const Matrix<T>& output, const Matrix<T>& numbers) {
  std::size_t i = 0;
  while (i < rows(output) && all_finite(row(output, i)) && all_finite(row(numbers, i))) ++i;
  return i;
}

/// Appends the numbers, separated by commas, and a line end.
template <class T>
void append_numbers(std::string& out, std::span<const T> numbers) {
  char buffer[32];
  for (const T number : numbers) {
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
    out += ',';
  }
  out.back() = '\n';
}

}  // namespace

template <class T>
Answers<T>::Answers(const std::string& path, const Model<T>& model)
    : path_(path), info_(model.info), outputs_(model.network.outputs()), reading_(reading_of(info_, outputs_)) {
  const std::size_t inputs = model.network.inputs();
  if (!info_.feature_names.empty()) require_size("feature_names", "name", info_.feature_names.size(), inputs, "input");
  if (info_.features) require_size("features", "number", info_.features->shift().size(), inputs, "input");
  if (info_.targets) require_size("targets", "number", info_.targets->shift().size(), outputs_, "output");
  find_names();
}

template <class T>
void Answers<T>::require_size(const std::string& key, const std::string& item, std::size_t got, std::size_t expected,
                              const std::string& of_network) const {
  if (got != expected)
    throw FormatError({path_,
                       "metadata: " + key,
                       std::to_string(got) + " " + item + (got == 1 ? "" : "s"),
                       std::to_string(expected) + ", one for each " + of_network + " of the network",
                       {}});
}

/// Sets names_. Two classes may share one output, unless the loss reads one logit for each class. Throws FormatError if
/// the number of names does not match the outputs.
template <class T>
void Answers<T>::find_names() {
  const bool can_share = outputs_ == 1 && reading_ != Reading::class_logits;
  names_ = of_labels() ? info_.label_names : info_.class_names;
  if (names_.empty() && reading_ != Reading::values)
    for (std::size_t c = 0; c < (can_share ? 2 : outputs_); ++c) names_.push_back(std::to_string(c));
  if (names_.empty() || (can_share && names_.size() == 2)) return;
  require_size(of_labels() ? "label_names" : "class_names", "name", names_.size(), outputs_, "output");
}

template <class T>
std::string Answers<T>::header() const {
  std::string out = of_labels() ? "labels" : !names_.empty() ? "class" : outputs_ == 1 ? "value" : "value0";
  for (const std::string& name : names_) out += "," + csv_text(name);
  for (std::size_t j = 1; names_.empty() && j < outputs_; ++j) out += ",value" + std::to_string(j);
  return out + "\n";
}

/// Returns the name of the class with the largest score, or the names of the true labels (score above 0), joined by
/// ";".
template <class T>
std::string Answers<T>::decision(std::span<const double> scores) const {
  if (!of_labels()) return names_[static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin())];
  std::string labels;
  for (std::size_t j = 0; j < scores.size(); ++j)
    if (scores[j] > 0) labels += (labels.empty() ? "" : ";") + names_[j];
  return labels;
}

template <class T>
std::size_t Answers<T>::append_rows(std::string& out, const Matrix<T>& output) const {
  const Matrix<double> scores = scores_of(output);
  const Matrix<T> numbers = numbers_of(output, scores);
  const std::size_t finite = finite_rows(output, numbers);
  for (std::size_t i = 0; i < finite; ++i) {
    if (!names_.empty()) out += csv_text(decision(row(scores, i))) + ",";
    append_numbers(out, row(numbers, i));
  }
  return finite;
}

template <class T>
std::size_t Answers<T>::append_rows(std::vector<T>& out, const Matrix<T>& output) const {
  const Matrix<T> numbers = numbers_of(output, scores_of(output));
  const std::size_t finite = finite_rows(output, numbers);
  out.insert(out.end(), numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(finite * columns()));
  return finite;
}

/// Returns scores [samples, names]; the class with the largest score wins. If two classes share one output, that output
/// is the score of class 1. Values have no scores.
template <class T>
Matrix<double> Answers<T>::scores_of(const Matrix<T>& output) const {
  Matrix<double> scores = zeros<double>(rows(output), names_.size());
  if (names_.empty()) return scores;
  const bool shared = outputs_ < names_.size();
  for (std::size_t i = 0; i < rows(output); ++i) {
    std::ranges::copy(row(output, i), row(scores, i).begin() + shared);
    if (shared) scores(i, 0) = reading_ == Reading::values ? 1 - scores(i, 1) : -scores(i, 1);
  }
  return scores;
}

/// Returns the numbers of the rows, [samples, columns()].
template <class T>
Matrix<T> Answers<T>::numbers_of(const Matrix<T>& output, const Matrix<double>& scores) const {
  if (!names_.empty() && reading_ == Reading::values) return scores;
  if (!names_.empty()) return reading_ == Reading::class_logits ? softmax(scores) : sigmoid(scores);
  Matrix<T> values = output;
  if (info_.targets) info_.targets->revert(values);
  return values;
}

template class Answers<float>;
template class Answers<double>;

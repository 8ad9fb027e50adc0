#include <cli/answers.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/log/csv_rows.hpp>

using namespace gradflow;

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
std::size_t Answers<T>::append_rows(std::string& out, Matrix<T> output) const {
  Matrix<double> scores, shown;
  if (!names_.empty())
    shown = probabilities(scores = scores_of(output));
  else if (info_.targets)
    info_.targets->revert(output);
  for (std::size_t i = 0; i < rows(output); ++i) {
    const auto y = row(std::as_const(output), i);
    if (!std::ranges::all_of(y, [](T number) { return std::isfinite(number); })) return i;
    if (!names_.empty()) {
      out += csv_text(decision(row(std::as_const(scores), i))) + ",";
      append_numbers<double>(out, row(shown, i));
    } else {
      append_numbers<T>(out, y);
    }
  }
  return rows(output);
}

/// Returns scores [samples, names]; the class with the largest score wins. If two classes share one output, that output
/// is the score of class 1.
template <class T>
Matrix<double> Answers<T>::scores_of(const Matrix<T>& output) const {
  Matrix<double> scores = zeros<double>(rows(output), names_.size());
  const bool shared = columns(output) < columns(scores);
  for (std::size_t i = 0; i < rows(output); ++i) {
    std::ranges::copy(row(output, i), row(scores, i).begin() + shared);
    if (shared) scores(i, 0) = reading_ == Reading::values ? 1 - scores(i, 1) : -scores(i, 1);
  }
  return scores;
}

template <class T>
Matrix<double> Answers<T>::probabilities(const Matrix<double>& scores) const {
  if (reading_ == Reading::values) return scores;
  return reading_ == Reading::class_logits ? softmax(scores) : sigmoid(scores);
}

/// Writes the numbers as T, because more digits than T has would mean nothing.
template <class T>
template <class Number>
void Answers<T>::append_numbers(std::string& out, std::span<const Number> numbers) const {
  char buffer[32];
  for (const Number number : numbers) {
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, static_cast<T>(number)).ptr);
    out += ',';
  }
  out.back() = '\n';
}

template class Answers<float>;
template class Answers<double>;

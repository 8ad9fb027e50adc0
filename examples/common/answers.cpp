#include "answers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/log/csv.hpp>
#include <gradflow/nn/losses.hpp>

using namespace gradflow;

template <class T>
Answers<T>::Answers(const std::string& path, const Model<T>& model)
    : path_(path),
      info_(model.info),
      outputs_(model.network.outputs()),
      loss_(info_.loss.substr(0, info_.loss.find('('))) {
  const std::size_t inputs = model.network.inputs();
  if (!info_.feature_names.empty()) require_size("feature_names", info_.feature_names.size(), inputs);
  if (info_.features) require_size("features", info_.features->shift().size(), inputs);
  if (info_.targets) require_size("targets", info_.targets->shift().size(), outputs_);
  find_classes();
}

template <class T>
void Answers<T>::require_size(const std::string& key, std::size_t got, std::size_t expected) const {
  if (got != expected)
    throw FormatError(
        {path_, "metadata: " + key, std::to_string(got), std::to_string(expected) + ", as the network has", {}});
}

/// Two classes may share one output, unless the loss compares it with others.
template <class T>
void Answers<T>::find_classes() {
  const bool can_share = outputs_ == 1 && loss_ != CrossEntropy::name;
  std::vector<std::string> names = info_.class_names;
  if (names.empty() && (loss_ == CrossEntropy::name || loss_ == BinaryCrossEntropy::name))
    for (std::size_t c = 0; c < (can_share ? 2 : outputs_); ++c) names.push_back(std::to_string(c));
  if (names.empty()) return;
  const auto known = names_of(Losses{});
  if (std::ranges::find(known, loss_) == known.end())
    throw_unknown_name(path_, "metadata: loss", loss_, {known.begin(), known.end()});
  if (!can_share || names.size() != 2) require_size("class_names", names.size(), outputs_);
  for (const std::string& name : names) classes_.push_back(csv_text(name));
}

template <class T>
std::string Answers<T>::header() const {
  std::string out = of_classes() ? "class" : outputs_ == 1 ? "value" : "value0";
  for (const std::string& name : classes_) out += "," + name;
  for (std::size_t j = 1; !of_classes() && j < outputs_; ++j) out += ",value" + std::to_string(j);
  return out + "\n";
}

template <class T>
std::size_t Answers<T>::append_rows(std::string& out, Matrix<T> output) const {
  Matrix<double> scores, shown;
  if (of_classes())
    shown = probabilities(scores = scores_of(output));
  else if (info_.targets)
    info_.targets->revert(output);
  for (std::size_t i = 0; i < rows(output); ++i) {
    const auto y = row(std::as_const(output), i);
    if (!std::ranges::all_of(y, [](T number) { return std::isfinite(number); })) return i;
    if (of_classes()) {
      out += classes_[static_cast<std::size_t>(std::ranges::max_element(row(scores, i)) - row(scores, i).begin())];
      out += ',';
      append_numbers<double>(out, row(shown, i));
    } else {
      append_numbers<T>(out, y);
    }
  }
  return rows(output);
}

/// [samples, classes]: the largest is that of the class. Of two that share an output it is that of class 1.
template <class T>
Matrix<double> Answers<T>::scores_of(const Matrix<T>& output) const {
  Matrix<double> scores = zeros<double>(rows(output), classes_.size());
  const bool shared = columns(output) < columns(scores);
  for (std::size_t i = 0; i < rows(output); ++i) {
    std::ranges::copy(row(output, i), row(scores, i).begin() + shared);
    if (shared) scores(i, 0) = loss_ == BinaryCrossEntropy::name ? -scores(i, 1) : 1 - scores(i, 1);
  }
  return scores;
}

template <class T>
Matrix<double> Answers<T>::probabilities(const Matrix<double>& scores) const {
  if (loss_ == CrossEntropy::name) return softmax(scores);
  if (loss_ == BinaryCrossEntropy::name) return sigmoid(scores);
  return scores;
}

/// More digits than T has would say nothing.
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

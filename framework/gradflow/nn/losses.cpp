#include <gradflow/nn/losses.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

constexpr std::array<std::string_view, 4> readings = {"values", "one_logit", "class_logits", "label_logits"};

/// Subtracts the largest number of a row from all numbers of the row, so that exp does not overflow. Returns the
/// largest number.
template <class T>
T shift_by_maximum(std::span<T> row) {
  const T largest = *std::ranges::max_element(row);
  for (T& value : row) value -= largest;
  return largest;
}

template <class T>
void exponentials(Matrix<T>& m) {
  elementwise(
      m.size(), [](Lanes<T>& y) { y = exp(y); }, m.data());
}

template <class T>
double sum_of(std::span<const T> row) {
  return std::accumulate(row.begin(), row.end(), 0.0);
}

std::string sample(std::size_t i) { return "target of sample " + std::to_string(i) + " of the batch"; }

/// The target of one sample for cross_entropy: a class index, or a probability for each class.
template <class T>
class ClassTarget {
 public:
  ClassTarget(const Matrix<T>& target, std::size_t i, std::size_t classes)
      : numbers_(row(target, i)), sample_(i), classes_(classes) {}

  /// Throws ValueError if the target is invalid. Must be called before the functions below.
  void check() const {
    if (is_index())
      check_index(numbers_[0]);
    else
      check_distribution();
  }
  /// sum_c t_c y_c
  double dot(std::span<const T> y) const {
    if (is_index()) return static_cast<double>(y[index()]);
    double sum = 0;
    for (std::size_t c = 0; c < y.size(); ++c) sum += static_cast<double>(numbers_[c]) * static_cast<double>(y[c]);
    return sum;
  }
  /// sum_c t_c
  double total() const { return is_index() ? 1 : sum_of(numbers_); }
  /// y -= share t
  void subtract_from(std::span<T> y, T share) const {
    if (is_index())
      y[index()] -= share;
    else
      for (std::size_t c = 0; c < y.size(); ++c) y[c] -= share * numbers_[c];
  }

 private:
  bool is_index() const { return numbers_.size() == 1 && classes_ > 1; }
  std::size_t index() const { return static_cast<std::size_t>(numbers_[0]); }

  void check_index(T value) const {
    if (value >= 0 && value < static_cast<T>(classes_) && value == std::floor(value)) return;
    throw ValueError({"cross_entropy",
                      sample(sample_),
                      text(static_cast<double>(value)),
                      "a whole number in [0, " + std::to_string(classes_) + ")",
                      {}});
  }
  void check_distribution() const {
    const bool wrong = std::ranges::any_of(numbers_, [](T p) { return !(p >= 0); });
    if (!wrong && std::abs(sum_of(numbers_) - 1) <= 1e-3) return;
    throw ValueError({"cross_entropy",
                      sample(sample_),
                      wrong ? "a negative number or NaN" : "the sum " + text(sum_of(numbers_)),
                      "probabilities that sum to 1",
                      {}});
  }

  std::span<const T> numbers_;
  std::size_t sample_, classes_;
};

}  // namespace

std::string_view name(Reading reading) { return readings[static_cast<std::size_t>(reading)]; }

Reading make_reading(std::string_view name) {
  const auto found = std::ranges::find(readings, name);
  if (found == readings.end()) throw_unknown_name("reading", "", name, {readings.begin(), readings.end()});
  return static_cast<Reading>(found - readings.begin());
}

template <class T>
void detail::require_targets(std::string_view where, std::string_view what, const Matrix<T>& y, std::size_t rows,
                             std::size_t outputs) {
  require_rows(where, what, y);
  if (has_shape(y, rows, outputs) || (outputs > 1 && has_shape(y, rows, 1))) return;
  const bool rows_fit = columns(y) > 0 && has_shape(y, rows, columns(y));
  const std::string hint = "a last layer with " + std::to_string(columns(y)) + " outputs would fit";
  require_shape(
      where, what, y,
      {rows, outputs,
       outputs > 1 ? "a column for each output, or one column of class indices" : "a column for the one output",
       rows_fit ? hint.c_str() : ""});
}

template <class T>
void detail::check_probabilities(std::string_view loss, const Matrix<T>& target) {
  typename Lanes<T>::Mask wrong = Lanes<T>(1) < Lanes<T>(0);
  const auto look = [&wrong](const Lanes<T>& t) { wrong = wrong | !(t >= 0) | !(t <= 1); };
  elementwise(target.size(), look, target.data());
  if (!any(wrong)) return;
  const auto first = std::ranges::find_if(flat(target), [](T t) { return !(t >= 0 && t <= 1); });
  const auto i = static_cast<std::size_t>(first - flat(target).begin()) / columns(target);
  throw ValueError({std::string(loss), sample(i), text(static_cast<double>(*first)), "a number in [0, 1]", {}});
}

template <class T>
double detail::checked_sum(std::string_view where, std::span<const T> weights, std::size_t rows) {
  require_size(where, "weights", weights.size(), rows, "one for each sample");
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (!(weights[i] >= 0 && weights[i] <= std::numeric_limits<T>::max()))
      throw ValueError({std::string(where),
                        "weight of sample " + std::to_string(i) + " of the batch",
                        text(static_cast<double>(weights[i])),
                        "a finite number of at least 0",
                        {}});
  return sum_of(weights);
}

void detail::refuse_weights(std::string_view loss) {
  throw ValueError({std::string(loss), "sample weights", "some", "none",
                    "to accept them, give evaluate() a fourth parameter, const SampleWeights<T>&"});
}

template <class T>
double CrossEntropy::evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                              const SampleWeights<T>& weights) const {
  require_not_empty(name, "output", output);
  require_shape(name, "output", output,
                {rows(output), std::max<std::size_t>(2, columns(output)), "or more columns: one for each class",
                 "for two classes on one output use binary_cross_entropy"});
  detail::require_targets(name, "targets", target, rows(output), columns(output));
  // With s = y - max y: -sum t log p = sum t log(sum exp s) - sum t s, and dL/dy = p sum t - t. All sums are over the
  // classes.
  const double share_of_one = detail::share_of(detail::total_weight(name, weights, rows(output)));
  delta = output;
  double loss = 0;
  for (std::size_t i = 0; i < rows(output); ++i) {
    const ClassTarget<T> wanted(target, i, columns(output));
    wanted.check();
    shift_by_maximum(row(delta, i));
    loss -= weights.of(i) * wanted.dot(row(delta, i));
  }
  exponentials(delta);
  for (std::size_t i = 0; i < rows(output); ++i) {
    const ClassTarget<T> wanted(target, i, columns(output));
    const double sum = sum_of<T>(row(delta, i)), total = wanted.total(), share = share_of_one * weights.of(i);
    loss += weights.of(i) * total * std::log(sum);
    for (T& d : row(delta, i)) d *= static_cast<T>(share * total / sum);
    wanted.subtract_from(row(delta, i), static_cast<T>(share));
  }
  return loss * share_of_one;
}

template <class T>
LossPtr<T> make_loss(std::string_view text) {
  return by_name<LossPtr<T>>(Losses{}, "loss", text, [](const auto& policy) { return make_loss<T>(policy); });
}

template <class T>
Matrix<T> softmax(const Matrix<T>& logits) {
  require_shape("softmax", "logits", logits,
                {rows(logits), std::max<std::size_t>(1, columns(logits)), "or more columns"});
  Matrix<T> p = logits;
  for (std::size_t i = 0; i < rows(p); ++i) shift_by_maximum(row(p, i));
  exponentials(p);
  for (std::size_t i = 0; i < rows(p); ++i) {
    const T scale = static_cast<T>(1 / sum_of<T>(row(p, i)));
    for (T& value : row(p, i)) value *= scale;
  }
  return p;
}

template <class T>
Matrix<T> sigmoid(const Matrix<T>& logits) {
  Matrix<T> p = logits;
  elementwise(
      p.size(), [](Lanes<T>& y) { y = sigmoid(y); }, p.data());
  return p;
}

template void detail::require_targets(std::string_view, std::string_view, const Matrix<float>&, std::size_t,
                                      std::size_t);
template void detail::require_targets(std::string_view, std::string_view, const Matrix<double>&, std::size_t,
                                      std::size_t);
template void detail::check_probabilities(std::string_view, const Matrix<float>&);
template void detail::check_probabilities(std::string_view, const Matrix<double>&);
template double detail::checked_sum(std::string_view, std::span<const float>, std::size_t);
template double detail::checked_sum(std::string_view, std::span<const double>, std::size_t);
template double CrossEntropy::evaluate(const Matrix<float>&, const Matrix<float>&, Matrix<float>&,
                                       const SampleWeights<float>&) const;
template double CrossEntropy::evaluate(const Matrix<double>&, const Matrix<double>&, Matrix<double>&,
                                       const SampleWeights<double>&) const;
template LossPtr<float> make_loss<float>(const MeanSquaredError&);
template LossPtr<double> make_loss<double>(const MeanSquaredError&);
template LossPtr<float> make_loss<float>(const MeanAbsoluteError&);
template LossPtr<double> make_loss<double>(const MeanAbsoluteError&);
template LossPtr<float> make_loss<float>(const Huber&);
template LossPtr<double> make_loss<double>(const Huber&);
template LossPtr<float> make_loss<float>(const BinaryCrossEntropy&);
template LossPtr<double> make_loss<double>(const BinaryCrossEntropy&);
template LossPtr<float> make_loss<float>(const CrossEntropy&);
template LossPtr<double> make_loss<double>(const CrossEntropy&);
template LossPtr<float> make_loss(std::string_view);
template LossPtr<double> make_loss(std::string_view);
template Matrix<float> softmax(const Matrix<float>&);
template Matrix<double> softmax(const Matrix<double>&);
template Matrix<float> sigmoid(const Matrix<float>&);
template Matrix<double> sigmoid(const Matrix<double>&);

}  // namespace gradflow

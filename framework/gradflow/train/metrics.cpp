#include <gradflow/train/metrics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {
namespace {

/// The number of samples that pass through the network together: enough for fast matrix products, with little memory.
constexpr std::size_t chunk = 1024;

/// What evaluate() measures: right classes, right labels, or errors of numbers.
enum class Task { classes, labels, regression };

template <class T>
Task task_of(Reading reading, const Dataset<T>& dataset) {
  if (is_classification(dataset) || reading == Reading::one_logit || reading == Reading::class_logits)
    return Task::classes;
  return reading == Reading::label_logits ? Task::labels : Task::regression;
}

/// Returns the class of a row. For one output: class 1 above the threshold, else class 0. For several outputs: the
/// index of the largest.
template <class T>
std::size_t class_of(std::span<const T> row, double threshold) {
  if (row.size() == 1) return static_cast<double>(row[0]) > threshold;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

/// Returns the true class of a sample. row: a class index in one column, or one column for each class.
template <class T>
std::size_t true_class(std::span<const T> row, std::size_t classes) {
  if (row.size() > 1) return class_of<T>(row, 0);
  if (row[0] >= 0 && row[0] < static_cast<T>(classes))
    return classes == 2 ? row[0] > T(0.5) : static_cast<std::size_t>(row[0]);
  throw ValueError({"evaluate",
                    "class",
                    text(static_cast<double>(row[0])),
                    "a whole number in [0, " + std::to_string(classes) + ")",
                    {}});
}

/// [outputs]  Returns the mean of each target; for class indices, the share of each class.
template <class T>
std::vector<double> mean_targets(const Dataset<T>& dataset, std::size_t outputs) {
  const Matrix<T>& y = dataset.y;
  std::vector<double> means(outputs);
  const SampleWeights<T> weights{dataset.weights, total_weight(dataset)};
  const bool indices = columns(y) == 1 && outputs > 1;
  for (std::size_t i = 0; i < rows(y); ++i) {
    const double share = weights.of(i) / weights.total;
    if (indices)
      means[true_class<T>(row(y, i), outputs)] += share;
    else
      for (std::size_t j = 0; j < outputs; ++j) means[j] += share * static_cast<double>(row(y, i)[j]);
  }
  return means;
}

/// Weighted sums over the samples seen so far.
template <class T>
class Totals {
 public:
  Totals(const Dataset<T>& all, std::size_t outputs, Reading reading)
      : task_(task_of(reading, all)),
        classes_(is_classification(all) ? classes(all) : std::max<std::size_t>(2, outputs)),
        threshold_(reading == Reading::values ? 0.5 : 0),
        targets_(columns(all.y) == outputs ? outputs : 0) {
    if (task_ == Task::classes && classes_ > 2 && outputs == 1)
      throw ShapeError(
          {"evaluate", "outputs", "1 for " + std::to_string(classes_) + " classes", std::to_string(classes_), {}});
    if (task_ == Task::labels) require_shape("evaluate", "y", all.y, {rows(all.y), outputs, "a column for each label"});
  }

  /// loss: the mean over the part.
  void add(const Matrix<T>& output, const Dataset<T>& part, double loss) {
    const SampleWeights<T> weights{part.weights, total_weight(part)};
    weight_ += weights.total;
    loss_ += loss * weights.total;
    for (std::size_t i = 0; i < samples(part); ++i) add_sample(row(output, i), row(part.y, i), weights.of(i));
  }

  Evaluation result() const {
    Evaluation e{.loss = loss_ / weight_};
    if (!std::isfinite(e.loss)) return e;
    if (task_ != Task::regression) e.accuracy = right_ / weight_;
    if (task_ == Task::labels) e.subset_accuracy = all_right_ / weight_;
    if (task_ != Task::regression || targets_.empty()) return e;
    e.mae = e.r2 = 0;
    const auto share = 1 / static_cast<double>(targets_.size());
    for (const Target& target : targets_) {
      e.mae += share * target.absolute / weight_;
      e.r2 += share * (target.variation > 0 ? 1 - target.squared / target.variation : std::nan(""));
    }
    return e;
  }

 private:
  struct Target {
    double seen = 0, mean = 0, variation = 0;  ///< running weight, mean and variation of t: West 1979
    double absolute = 0, squared = 0;          ///< sums of |y - t| and (y - t)^2
  };

  void add_sample(std::span<const T> y, std::span<const T> t, double weight) {
    if (weight == 0) return;
    if (task_ == Task::classes)
      right_ += weight * (class_of<T>(y, threshold_) == true_class<T>(t, classes_));
    else if (task_ == Task::labels)
      add_labels(y, t, weight);
    else
      add_values(y, t, weight);
  }

  void add_labels(std::span<const T> y, std::span<const T> t, double weight) {
    std::size_t right = 0;
    for (std::size_t j = 0; j < y.size(); ++j) right += (y[j] > 0) == (t[j] > T(0.5));
    right_ += weight * static_cast<double>(right) / static_cast<double>(y.size());
    all_right_ += weight * (right == y.size());
  }

  void add_values(std::span<const T> y, std::span<const T> t, double weight) {
    for (std::size_t j = 0; j < targets_.size(); ++j) {
      Target& target = targets_[j];
      const double wanted = static_cast<double>(t[j]), error = static_cast<double>(y[j]) - wanted;
      const double from_mean = wanted - target.mean;
      target.seen += weight;
      target.mean += weight * from_mean / target.seen;
      target.variation += weight * from_mean * (wanted - target.mean);
      target.absolute += weight * std::abs(error);
      target.squared += weight * error * error;
    }
  }

  Task task_;
  std::size_t classes_;
  double threshold_;
  double weight_ = 0, loss_ = 0, right_ = 0, all_right_ = 0;
  std::vector<Target> targets_;
};

/// Returns whether all values of an activation lie in [0, 1], as probabilities do. Tries |z| from 1e-3 to 1e6.
bool gives_probabilities(const ActivationInfo& activation) {
  for (double z = 1e-3; z < 1e6; z *= 1.5)
    for (const double y : {activation.value(z), activation.value(-z)})
      if (!(y >= 0 && y <= 1)) return false;
  return true;
}

/// Returns whether each row looks like the output of softmax: no negative number, and a sum of 1.
template <class T>
bool has_rows_that_sum_to_one(const Matrix<T>& output) {
  constexpr double rounding = 1e-5;
  for (std::size_t i = 0; i < rows(output); ++i) {
    const auto y = row(output, i);
    if (std::ranges::any_of(y, [](T p) { return !(p >= 0); })) return false;
    if (std::abs(std::accumulate(y.begin(), y.end(), 0.0) - 1) > rounding) return false;
  }
  return columns(output) > 1;
}

template <class T>
Matrix<T> first_rows(const Matrix<T>& x, std::size_t most) {
  Matrix<T> result = zeros<T>(std::min(most, rows(x)), columns(x));
  std::copy_n(x.data(), result.size(), result.data());
  return result;
}

template <class T>
void check_shapes(std::string_view where, const Dataset<T>& dataset, std::size_t outputs) {
  detail::require_same_samples(where, dataset);
  if (samples(dataset) > 0) detail::require_targets(where, "y", dataset.y, samples(dataset), outputs);
}

}  // namespace

template <class T>
void detail::require_logits(const Network<T>& network, const Loss<T>& loss, const Matrix<T>& x) {
  if (loss.reads(network.outputs()) == Reading::values) return;
  const std::size_t last = network.size() - 1;
  const ActivationInfo* const activation = network.layer(last).activation();
  const bool probabilities =
      activation ? gives_probabilities(*activation) : has_rows_that_sum_to_one(network.predict(first_rows(x, 8)));
  if (probabilities)
    throw ValueError({network.layer_name(last), "output", "probabilities",
                      "logits, which " + loss.describe() + " takes",
                      "the loss computes the probabilities itself: end the network with identity"});
}

template <class T>
Evaluation evaluate(const Network<T>& network, const Loss<T>& loss, const Dataset<T>& dataset) {
  check_shapes("evaluate", dataset, network.outputs());
  if (samples(dataset) == 0) return {};
  detail::require_logits(network, loss, dataset.x);
  Totals<T> totals(dataset, network.outputs(), loss.reads(network.outputs()));
  std::vector<std::size_t> indices(std::min(chunk, samples(dataset)));
  Dataset<T> part;
  Matrix<T> delta;
  for (std::size_t start = 0; start < samples(dataset); start += chunk) {
    indices.resize(std::min(chunk, samples(dataset) - start));
    std::iota(indices.begin(), indices.end(), start);
    gather(dataset, std::span<const std::size_t>(indices), part);
    const Matrix<T> output = network.predict(part.x);
    totals.add(output, part, loss.evaluate(output, part.y, delta, {part.weights}));
  }
  return totals.result();
}

template <class T>
double chance_loss(const Loss<T>& loss, const Dataset<T>& dataset, std::size_t outputs) {
  check_shapes("chance_loss", dataset, outputs);
  if (samples(dataset) == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> means = mean_targets(dataset, outputs);
  static constexpr double least = 1e-12;  // instead of a share of 0, which has no logarithm
  const Reading reading = loss.reads(outputs);
  const auto constant = [reading](double mean) {
    if (reading == Reading::values) return mean;
    const double rest = reading == Reading::class_logits ? 1 : std::max(1 - mean, least);
    return std::log(std::max(mean, least) / rest);
  };
  Matrix<T> output = zeros<T>(samples(dataset), outputs), delta;
  for (std::size_t i = 0; i < samples(dataset); ++i)
    for (std::size_t j = 0; j < outputs; ++j) row(output, i)[j] = static_cast<T>(constant(means[j]));
  return loss.evaluate(output, dataset.y, delta, {dataset.weights});
}

template void detail::require_logits(const Network<float>&, const Loss<float>&, const Matrix<float>&);
template void detail::require_logits(const Network<double>&, const Loss<double>&, const Matrix<double>&);
template double chance_loss(const Loss<float>&, const Dataset<float>&, std::size_t);
template double chance_loss(const Loss<double>&, const Dataset<double>&, std::size_t);
template Evaluation evaluate(const Network<float>&, const Loss<float>&, const Dataset<float>&);
template Evaluation evaluate(const Network<double>&, const Loss<double>&, const Dataset<double>&);

}  // namespace gradflow

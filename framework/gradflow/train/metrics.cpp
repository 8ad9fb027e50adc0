#include <gradflow/train/metrics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// So many samples pass through the network at once: enough for its products, and the memory stays small.
constexpr std::size_t chunk = 1024;

/// One output: class 1 above the threshold, else 0. Several: the largest.
template <class T>
std::size_t class_of(std::span<const T> row, double threshold) {
  if (row.size() == 1) return static_cast<double>(row[0]) > threshold;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

/// y holds class indices in one column, or one-hot rows.
template <class T>
std::size_t true_class(std::span<const T> row, std::size_t classes) {
  if (row.size() > 1) return class_of<T>(row, 0);
  if (row[0] >= 0 && row[0] < static_cast<T>(classes)) return static_cast<std::size_t>(row[0]);
  throw ValueError({"evaluate",
                    "class",
                    text(static_cast<double>(row[0])),
                    "a whole number in [0, " + std::to_string(classes) + ")",
                    {}});
}

/// [outputs]  of class indices, the classes' shares
template <class T>
std::vector<double> mean_targets(const Matrix<T>& y, std::size_t outputs) {
  std::vector<double> means(outputs);
  const double share = 1 / static_cast<double>(rows(y));
  const bool indices = columns(y) == 1 && outputs > 1;
  for (std::size_t i = 0; i < rows(y); ++i)
    if (indices)
      means[true_class<T>(row(y, i), outputs)] += share;
    else
      for (std::size_t j = 0; j < outputs; ++j) means[j] += share * static_cast<double>(row(y, i)[j]);
  return means;
}

/// Sums over the samples seen so far.
template <class T>
class Totals {
 public:
  Totals(const Dataset<T>& all, std::size_t outputs, double threshold)
      : classes_(classes(all)), threshold_(threshold), targets_(columns(all.y) == outputs ? outputs : 0) {
    if (classes_ > 2 && outputs == 1)
      throw ShapeError(
          {"evaluate", "outputs", "1 for " + std::to_string(classes_) + " classes", std::to_string(classes_), {}});
  }

  void add(const Matrix<T>& output, const Matrix<T>& y, double loss) {
    const std::size_t n = rows(y);
    samples_ += static_cast<double>(n);
    loss_ += loss * static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (classes_ > 0)
        right_ += class_of<T>(row(output, i), threshold_) == true_class<T>(row(y, i), classes_);
      else
        add_values(row(output, i), row(y, i));
    }
  }

  Evaluation result() const {
    Evaluation e{.loss = loss_ / samples_};
    if (!std::isfinite(e.loss)) return e;
    if (classes_ > 0) {
      e.accuracy = right_ / samples_;
      return e;
    }
    if (targets_.empty()) return e;
    e.mae = e.r2 = 0;
    const auto share = 1 / static_cast<double>(targets_.size());
    for (const Target& target : targets_) {
      e.mae += share * target.absolute / samples_;
      e.r2 += share * (target.variation > 0 ? 1 - target.squared / target.variation : std::nan(""));
    }
    return e;
  }

 private:
  struct Target {
    double seen = 0, mean = 0, variation = 0;  ///< of t: Welford 1962
    double absolute = 0, squared = 0;          ///< sums of |y - t| and (y - t)^2
  };

  void add_values(std::span<const T> y, std::span<const T> t) {
    for (std::size_t j = 0; j < targets_.size(); ++j) {
      Target& target = targets_[j];
      const double wanted = static_cast<double>(t[j]), error = static_cast<double>(y[j]) - wanted;
      const double from_mean = wanted - target.mean;
      target.mean += from_mean / ++target.seen;
      target.variation += from_mean * (wanted - target.mean);
      target.absolute += std::abs(error);
      target.squared += error * error;
    }
  }

  std::size_t classes_;  ///< 0: regression
  double threshold_;
  double samples_ = 0, loss_ = 0, right_ = 0;
  std::vector<Target> targets_;
};

template <class T>
void check_shapes(std::string_view where, const Dataset<T>& dataset, std::size_t outputs) {
  detail::require_same_samples(where, dataset);
  if (samples(dataset) > 0) detail::require_targets(where, "y", dataset.y, samples(dataset), outputs);
}

}  // namespace

template <class T>
Evaluation evaluate(const Network<T>& network, const Loss<T>& loss, const Dataset<T>& dataset) {
  check_shapes("evaluate", dataset, network.outputs());
  if (samples(dataset) == 0) return {};
  Totals<T> totals(dataset, network.outputs(), loss.class_threshold());
  std::vector<std::size_t> indices(std::min(chunk, samples(dataset)));
  Dataset<T> part;
  Matrix<T> delta;
  for (std::size_t start = 0; start < samples(dataset); start += chunk) {
    indices.resize(std::min(chunk, samples(dataset) - start));
    std::iota(indices.begin(), indices.end(), start);
    gather(dataset, std::span<const std::size_t>(indices), part);
    const Matrix<T> output = network.predict(part.x);
    totals.add(output, part.y, loss.evaluate(output, part.y, delta));
  }
  return totals.result();
}

template <class T>
double chance_loss(const Loss<T>& loss, const Dataset<T>& dataset, std::size_t outputs) {
  check_shapes("chance_loss", dataset, outputs);
  if (samples(dataset) == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> means = mean_targets(dataset.y, outputs);
  static constexpr double least = 1e-12;  // in place of a share of 0, which has no logarithm
  using OfMean = double (*)(double);
  constexpr OfMean as_they_are = [](double mean) { return mean; };
  constexpr OfMean logarithm = [](double mean) { return std::log(std::max(mean, least)); };
  constexpr OfMean logit = [](double mean) { return std::log(std::max(mean, least) / std::max(1 - mean, least)); };
  double lowest = std::numeric_limits<double>::infinity();
  Matrix<T> output = zeros<T>(samples(dataset), outputs), delta;
  for (const OfMean constant : {as_they_are, logarithm, logit}) {
    for (std::size_t i = 0; i < samples(dataset); ++i)
      for (std::size_t j = 0; j < outputs; ++j) row(output, i)[j] = static_cast<T>(constant(means[j]));
    lowest = std::min(lowest, loss.evaluate(output, dataset.y, delta));
  }
  return lowest;
}

template double chance_loss(const Loss<float>&, const Dataset<float>&, std::size_t);
template double chance_loss(const Loss<double>&, const Dataset<double>&, std::size_t);
template Evaluation evaluate(const Network<float>&, const Loss<float>&, const Dataset<float>&);
template Evaluation evaluate(const Network<double>&, const Loss<double>&, const Dataset<double>&);

}  // namespace gradflow

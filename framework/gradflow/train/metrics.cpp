#include <gradflow/train/metrics.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace gradflow {
namespace {

/// So many samples pass through the network at once: enough for its products, and the memory stays small.
constexpr std::size_t chunk = 1024;

template <class T>
std::size_t class_of(std::span<const T> row, T threshold) {
  if (row.size() == 1) return row[0] > threshold;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

/// y holds class indices in one column, or one-hot rows.
template <class T>
std::size_t true_class(std::span<const T> row) {
  return row.size() == 1 ? static_cast<std::size_t>(row[0]) : class_of(row, T(0));
}

/// Sums over the samples seen so far.
template <class T>
class Totals {
 public:
  explicit Totals(const Dataset<T>& all) : classification_(is_classification(all)), targets_(columns(all.y)) {}

  void add(const Matrix<T>& output, const Matrix<T>& y, double loss) {
    const std::size_t n = rows(y);
    samples_ += static_cast<double>(n);
    loss_ += loss * static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (classification_)
        right_ += class_of<T>(row(output, i), T(0)) == true_class<T>(row(y, i));
      else
        add_values(row(output, i), row(y, i));
    }
  }

  Evaluation result() const {
    Evaluation e{.loss = loss_ / samples_};
    if (classification_) {
      e.accuracy = right_ / samples_;
      return e;
    }
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

  bool classification_;
  double samples_ = 0, loss_ = 0, right_ = 0;
  std::vector<Target> targets_;
};

}  // namespace

template <class T>
Evaluation evaluate(const Network<T>& network, const Loss<T>& loss, const Dataset<T>& dataset) {
  if (samples(dataset) == 0) return {};
  Totals<T> totals(dataset);
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

template Evaluation evaluate(const Network<float>&, const Loss<float>&, const Dataset<float>&);
template Evaluation evaluate(const Network<double>&, const Loss<double>&, const Dataset<double>&);

}  // namespace gradflow

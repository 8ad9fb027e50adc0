#include <gradflow/check/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/reduce.hpp>

namespace gradflow {
namespace {

/// The loss at one point, and all that would jump if a kink were crossed.
struct Point {
  double loss;
  std::vector<double> slopes;  ///< of every unit for every sample
  Matrix<double> delta;        ///< of the loss
};

Point evaluate_at(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x,
                  const Matrix<double>& y) {
  Point point;
  point.loss = loss.evaluate(network.forward(x), y, point.delta);
  for (std::size_t i = 0; i < network.size(); ++i) {
    const auto slope = flat(network.trace(i).slope);
    point.slopes.insert(point.slopes.end(), slope.begin(), slope.end());
  }
  return point;
}

bool jumps(std::span<const double> a, std::span<const double> b, double by) {
  return !std::ranges::equal(a, b, [by](double p, double q) { return std::abs(p - q) <= by; });
}

bool kink_between(const Point& a, const Point& b, double by) {
  double largest = 0;
  for (const double d : a.delta) largest = std::max(largest, std::abs(d));
  return jumps(a.slopes, b.slopes, by) || jumps(flat(a.delta), flat(b.delta), by * largest);
}

class BlockChecker {
 public:
  BlockChecker(Network<double>& network, const PlacedBlock& placed, const GradientCheckOptions& options)
      : network_(network), options_(options), parameters_(network.parameters(placed)) {
    const auto gradients = network.gradients(placed);
    analytic_.assign(gradients.begin(), gradients.end());
    result_.where = network.layer_name(placed.layer) + ", " + std::string(placed.block.name);
  }

  BlockCheck run(const Loss<double>& loss, const Matrix<double>& x, const Matrix<double>& y) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const double w = parameters_[i], h = options_.step * std::max(1.0, std::abs(w));
      const double above = w + h, below = w - h;
      parameters_[i] = above;
      const Point high = evaluate_at(network_, loss, x, y);
      parameters_[i] = below;
      const Point low = evaluate_at(network_, loss, x, y);
      parameters_[i] = w;
      if (kink_between(high, low, options_.kink))
        ++result_.left_out;
      else
        compare(i, (high.loss - low.loss) / (above - below));
    }
    const double scale = std::max(norm(numeric_), norm(compared_));
    result_.relative_error = scale == 0 ? 0 : norm(differences_) / scale;  // NaN stays NaN, and does not pass
    const auto all = static_cast<double>(parameters_.size());
    result_.passed = result_.checked > 0 && result_.relative_error <= options_.tolerance &&
                     static_cast<double>(result_.left_out) <= options_.left_out * all;
    return result_;
  }

 private:
  void compare(std::size_t i, double numeric) {
    const double difference = std::abs(analytic_[i] - numeric);
    if (!(difference <= std::abs(result_.got - result_.expected)) || result_.checked == 0) {
      result_.worst = i;
      result_.got = analytic_[i];
      result_.expected = numeric;
    }
    ++result_.checked;
    numeric_.push_back(numeric);
    compared_.push_back(analytic_[i]);
    differences_.push_back(difference);
  }

  Network<double>& network_;
  const GradientCheckOptions& options_;
  std::span<double> parameters_;
  std::vector<double> analytic_, numeric_, compared_, differences_;
  BlockCheck result_;
};

std::string line(const BlockCheck& block) {
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, ": relative error %.1e over %zu parameters, %zu at a kink left out",
                block.relative_error, block.checked, block.left_out);
  std::string out = block.where + numbers;
  if (block.passed) return out + "\n";
  std::snprintf(numbers, sizeof numbers, "; worst at index %zu: got %.9g, expected %.9g\n", block.worst, block.got,
                block.expected);
  return out + numbers;
}

}  // namespace

GradientReport gradient_check(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x,
                              const Matrix<double>& y, const GradientCheckOptions& options) {
  const Point start = evaluate_at(network, loss, x, y);
  if (!std::isfinite(start.loss))
    throw ValueError({"gradient_check", "loss", gradflow::text(start.loss), "a finite number", {}});
  network.backward(x, start.delta);
  std::vector<BlockChecker> checkers;
  for (const PlacedBlock& placed : network.blocks()) checkers.emplace_back(network, placed, options);
  GradientReport report;
  for (BlockChecker& checker : checkers) {
    report.blocks.push_back(checker.run(loss, x, y));
    report.passed &= report.blocks.back().passed;
  }
  return report;
}

std::string GradientReport::text() const {
  std::string out;
  for (const BlockCheck& block : blocks) out += line(block);
  return out;
}

}  // namespace gradflow

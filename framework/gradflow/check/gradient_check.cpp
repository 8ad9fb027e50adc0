#include <gradflow/check/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {
namespace {

/// The loss at one point, and the numbers that jump if a step crosses a kink.
struct Point {
  double loss;
  std::vector<double> slopes;  ///< f'(z) of every unit for every sample
  std::vector<double> delta;   ///< dL/d(output)
};

std::vector<double> copy_of(std::span<const double> numbers) { return {numbers.begin(), numbers.end()}; }

bool jumps(std::span<const double> a, std::span<const double> b, double by) {
  return !std::ranges::equal(a, b, [by](double p, double q) { return std::abs(p - q) <= by; });
}

bool kink_between(const Point& a, const Point& b, double by) {
  double largest = 0;
  for (const double d : a.delta) largest = std::max(largest, std::abs(d));
  return jumps(a.slopes, b.slopes, by) || jumps(a.delta, b.delta, by * largest);
}

/// Compares the derivatives from backward() with difference quotients, one number at a time.
class Differences {
 public:
  using Place = std::function<std::string(std::size_t)>;

  /// smallest_scale: the smallest divisor of the error.
  Differences(std::string what, std::vector<double> analytic, Place place, const GradientCheckOptions& options,
              double smallest_scale = 0)
      : options_(options), analytic_(std::move(analytic)), place_(std::move(place)), smallest_scale_(smallest_scale) {
    result_.what = std::move(what);
    result_.tolerance = options.tolerance;
    result_.most_left_out = options.left_out;
  }

  /// evaluate() returns the Point for the current `numbers`. run() changes them one at a time and restores them.
  Check run(std::span<double> numbers, const std::function<Point()>& evaluate) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double w = numbers[i], h = options_.step * std::max(1.0, std::abs(w));
      const double above = w + h, below = w - h;
      numbers[i] = above;
      const Point high = evaluate();
      numbers[i] = below;
      const Point low = evaluate();
      numbers[i] = w;
      if (kink_between(high, low, options_.kink))
        ++result_.left_out;
      else
        compare(i, (high.loss - low.loss) / (above - below));
    }
    const double scale = std::max({norm(numeric_), norm(compared_), smallest_scale_});
    result_.error = scale == 0 ? 0 : norm(differences_) / scale;  // NaN stays NaN
    return result_;
  }

 private:
  void compare(std::size_t i, double numeric) {
    const double difference = std::abs(analytic_[i] - numeric);
    if (result_.compared == 0 || !(difference <= std::abs(result_.got - result_.expected))) {
      result_.worst = place_(i);
      result_.got = analytic_[i];
      result_.expected = numeric;
    }
    ++result_.compared;
    numeric_.push_back(numeric);
    compared_.push_back(analytic_[i]);
    differences_.push_back(difference);
  }

  const GradientCheckOptions& options_;
  std::vector<double> analytic_, numeric_, compared_, differences_;
  Place place_;
  double smallest_scale_;
  Check result_;
};

/// Checks the gradients of one layer's inputs by itself. The loss is sum(c a), where a are the outputs of this layer
/// and c are random numbers that are drawn once. So no other layer affects the result.
class LayerAlone {
 public:
  LayerAlone(const Network<double>& network, std::size_t index, const Matrix<double>& x)
      : network_(network),
        index_(index),
        x_(input_of(index, x)),
        weights_(zeros<double>(rows(x_), layer().outputs())),
        trace_(network.trace(index)) {
    if (trace_.earlier) earlier_ = input_of(index - layer().back(), x);
    Rng rng(index, "gradient_check");
    for (double& c : flat(weights_)) c = rng.normal();
  }

  /// Adds the check of dL/dx, and of the gradient of a second input.
  void run(const GradientCheckOptions& options, std::vector<Check>& checks) {
    forward();
    Matrix<double> x_delta;
    trace_.delta = weights_;
    std::vector<double> unused(layer().parameter_count());
    layer().backward(network_.parameters(index_), x_, trace_, unused, &x_delta);
    require_shape([this] { return network_.layer_name(index_); }, "dL/dx", x_delta, {rows(x_), columns(x_)});
    const Matrix<double> earlier_delta = trace_.delta;
    checks.push_back(compare("dL/dx", x_, x_delta, options));
    if (trace_.earlier) checks.push_back(compare("dL/d(earlier input)", earlier_, earlier_delta, options));
  }

 private:
  const Layer<double>& layer() const { return network_.layer(index_); }

  Check compare(const std::string& what, Matrix<double>& input, const Matrix<double>& delta,
                const GradientCheckOptions& options) {
    const auto place = [width = columns(input)](std::size_t i) {
      return "sample " + std::to_string(i / width) + ", input " + std::to_string(i % width);
    };
    Differences differences(network_.layer_name(index_) + ", " + what, copy_of(flat(delta)), place, options);
    return differences.run(flat(input), [this] { return forward(); });
  }

  const Matrix<double>& input_of(std::size_t index, const Matrix<double>& x) const {
    return index == 0 ? x : network_.trace(index - 1).a;
  }

  Point forward() {
    if (trace_.earlier) trace_.earlier = &earlier_;  // a copy, because the network computes other passes meanwhile
    layer().forward(network_.parameters(index_), x_, trace_);
    return {std::inner_product(trace_.a.data(), trace_.a.data() + trace_.a.size(), weights_.data(), 0.0),
            copy_of(flat(std::as_const(trace_.slope))),
            {}};
  }

  const Network<double>& network_;
  std::size_t index_;
  Matrix<double> x_, weights_, earlier_;
  Trace<double> trace_;  // with the pass and the state of the network
};

class NetworkChecker {
 public:
  NetworkChecker(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x, const Matrix<double>& y,
                 const GradientCheckOptions& options)
      : network_(network), loss_(loss), x_(x), y_(y), options_(options) {}

  CheckReport run() {
    const double start = evaluate().loss;
    if (!std::isfinite(start))
      throw ValueError({"gradient_check", "loss", gradflow::text(start), "a finite number", {}});
    network_.backward(x_, delta_);
    const std::vector<double> gradients = copy_of(network_.gradients());
    std::vector<LayerAlone> layers;
    for (std::size_t i = 0; i < network_.size(); ++i) layers.emplace_back(network_, i, x_);

    CheckReport report{"gradients of " + loss_.describe(), {}};
    for (std::size_t i = 0; i < network_.size(); ++i) {
      for (const PlacedBlock& placed : network_.blocks())
        if (placed.layer == i) report.checks.push_back(check_block(placed, gradients));
      layers[i].run(options_, report.checks);
    }
    return report;
  }

 private:
  Point evaluate() {
    const double loss = loss_.evaluate(network_.forward(x_, options_.pass), y_, delta_);
    Point point{loss, {}, copy_of(flat(std::as_const(delta_)))};
    for (std::size_t i = 0; i < network_.size(); ++i) {
      const auto slope = flat(network_.trace(i).slope);
      point.slopes.insert(point.slopes.end(), slope.begin(), slope.end());
    }
    return point;
  }

  Check check_block(const PlacedBlock& placed, std::span<const double> gradients) {
    const ParameterBlock& block = placed.block;
    const auto place = [&block](std::size_t i) {
      if (block.rows == 1) return "index " + std::to_string(i);
      return "row " + std::to_string(i / block.columns) + ", column " + std::to_string(i % block.columns);
    };
    Differences differences(network_.layer_name(placed.layer) + ", " + std::string(block.name),
                            copy_of(gradients.subspan(block.offset, block.size())), place, options_,
                            options_.floor * norm(gradients));
    return differences.run(network_.parameters(placed), [this] { return evaluate(); });
  }

  Network<double>& network_;
  const Loss<double>& loss_;
  const Matrix<double>&x_, &y_;
  const GradientCheckOptions& options_;
  Matrix<double> delta_;
};

}  // namespace

CheckReport gradient_check(Network<double>& network, const Loss<double>& loss, const Matrix<double>& x,
                           const Matrix<double>& y, const GradientCheckOptions& options) {
  detail::require_targets("gradient_check", "y", y, rows(x), network.outputs());
  return NetworkChecker(network, loss, x, y, options).run();
}

}  // namespace gradflow

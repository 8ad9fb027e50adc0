#include <gradflow/check/check_optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/check/comparison.hpp>

namespace gradflow {
namespace {

using detail::Comparison;
using Numbers = std::vector<double>;
using Steps = std::vector<Numbers>;  ///< one vector for each step, with one number for each parameter

/// How the parameters are divided into tensors.
class Layout {
 public:
  explicit Layout(const std::vector<std::size_t>& sizes) {
    for (const std::size_t size : sizes) {
      ranges_.push_back({parameters_, size});
      parameters_ += size;
    }
  }
  std::size_t parameters() const { return parameters_; }
  std::span<const Range> ranges() const { return ranges_; }
  std::string place(std::size_t step, std::size_t i) const {
    const auto after = std::ranges::find_if(ranges_, [i](Range r) { return i < r.begin + r.size; });
    return "step " + std::to_string(step + 1) + ", tensor " + std::to_string(after - ranges_.begin()) + ", index " +
           std::to_string(i - after->begin);
  }
  /// Returns the numbers with the tensors in reverse order.
  Numbers reversed(const Numbers& numbers) const {
    Numbers result;
    for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
      const auto tensor = std::span(numbers).subspan(range->begin, range->size);
      result.insert(result.end(), tensor.begin(), tensor.end());
    }
    return result;
  }

 private:
  std::size_t parameters_ = 0;
  std::vector<Range> ranges_;
};

class OptimizerChecker {
 public:
  OptimizerChecker(const MakeOptimizer& make, const OptimizerCheckOptions& options)
      : make_(make), tensors_(options.tensors), steps_(options.steps) {
    if (steps_ < 2 || options.tensors.size() < 2 || std::ranges::count(options.tensors, 0u) > 0)
      throw ValueError({"check_optimizer",
                        "options",
                        {},
                        "at least 2 steps and at least 2 tensors, each with at least 1 parameter",
                        {}});
    Rng rng(options.seed, "check_optimizer");
    start_ = normal_numbers(rng);
    for (std::size_t t = 0; t < steps_; ++t) gradients_.push_back(normal_numbers(rng));
  }

  CheckReport run() const {
    CheckReport report{"optimiser " + made()->describe(), {}};
    report.checks = {
        constant_gradient(),      direction(),      rate_of_zero(), quadratic(), order_of_tensors(),       one_tensor(),
        alone_and_among_others(), scale_and_clip(), reset(),        restore(),   gradients_are_read_only()};
    return report;
  }

 private:
  using OptimizerPtr = std::unique_ptr<Optimizer<double>>;

  OptimizerPtr made() const {
    OptimizerPtr optimizer = make_();
    if (!optimizer) throw ValueError({"check_optimizer", "make", "nothing", "an optimiser", {}});
    return optimizer;
  }

  Numbers normal_numbers(Rng& rng) const {
    Numbers numbers(tensors_.parameters());
    for (double& x : numbers) x = rng.normal();
    return numbers;
  }

  /// Makes one step on several tensors, as for a network, and measures the norms of each tensor.
  static void step(Optimizer<double>& optimizer, const Layout& layout, Numbers& w, const Numbers& g,
                   StepOptions options = {}) {
    std::vector<RangeNorms> norms(layout.ranges().size());
    options.ranges = layout.ranges();
    options.norms = norms;
    optimizer.step(w, g, options);
  }

  static Steps trajectory(Optimizer<double>& optimizer, const Layout& layout, Numbers w, const Steps& gradients,
                          const StepOptions& options = {}) {
    Steps steps;
    for (const Numbers& g : gradients) {
      step(optimizer, layout, w, g, options);
      steps.push_back(w);
    }
    return steps;
  }
  Steps trajectory() const { return trajectory(*made(), tensors_, start_, gradients_); }

  Check same_bits(std::string what, const Steps& got, const Steps& expected) const {
    Comparison comparison(std::move(what), 0);
    for (std::size_t t = 0; t < expected.size(); ++t)
      for (std::size_t i = 0; i < expected[t].size(); ++i)
        comparison.add(detail::relative_error(got[t][i], expected[t][i]), got[t][i], expected[t][i],
                       [&] { return tensors_.place(t, i); });
    return comparison.result();
  }

  /// All parameters start at the same number and get the same gradient, so all tensors must stay equal.
  Check constant_gradient() const {
    const Numbers same(tensors_.parameters(), 0.5);
    const Steps got = trajectory(*made(), tensors_, Numbers(tensors_.parameters(), 0), Steps(steps_, same));
    Steps expected = got;
    for (Numbers& w : expected) std::ranges::fill(w, w[0]);
    return same_bits("a constant gradient moves all tensors alike", got, expected);
  }

  /// Starts from 0, where weight decay has no effect. Each parameter must move against the sign of its gradient.
  Check direction() const {
    Comparison comparison("a step goes against the gradient", 0);
    Numbers w(tensors_.parameters(), 0);
    const Numbers& g = gradients_[0];
    step(*made(), tensors_, w, g);
    for (std::size_t i = 0; i < w.size(); ++i)
      comparison.add(w[i] * g[i] < 0, [&] {
        return "at " + tensors_.place(0, i) + " a gradient of " + text(g[i]) + " moved the parameter by " + text(w[i]);
      });
    return comparison.result();
  }

  Check rate_of_zero() const {
    const OptimizerPtr optimizer = made();
    optimizer->learning_rate = 0;
    const Steps still(steps_, start_);
    return same_bits("a learning rate of 0 moves nothing", trajectory(*optimizer, tensors_, start_, gradients_), still);
  }

  /// Minimises sum_i lambda_i w_i^2 / 2 from w = 1, with lambda_i from 0.1 to 1. The sum must fall.
  Check quadratic() const {
    const std::size_t n = tensors_.parameters();
    const auto lambda = [n](std::size_t i) { return std::pow(10, -static_cast<double>(i) / static_cast<double>(n)); };
    const auto loss = [&](const Numbers& w) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += lambda(i) * w[i] * w[i] / 2;
      return sum;
    };
    const OptimizerPtr optimizer = made();
    Numbers w(n, 1), g(n);
    const double before = loss(w);
    for (std::size_t t = 0; t < steps_; ++t) {
      for (std::size_t i = 0; i < n; ++i) g[i] = lambda(i) * w[i];
      step(*optimizer, tensors_, w, g);
    }
    const double left = loss(w) / before;
    Comparison comparison("steps reduce a quadratic loss", 0);
    comparison.add(left < 1 - 1e-9, [&] {
      return "after " + std::to_string(steps_) + " steps the loss is " + text(left) + " times its first value";
    });
    return comparison.result();
  }

  Check order_of_tensors() const {
    std::vector<std::size_t> sizes;
    for (const Range range : tensors_.ranges()) sizes.insert(sizes.begin(), range.size);
    const Layout turned(sizes);
    Steps gradients;
    for (const Numbers& g : gradients_) gradients.push_back(tensors_.reversed(g));
    Steps got = trajectory(*made(), turned, tensors_.reversed(start_), gradients);
    for (Numbers& w : got) w = turned.reversed(w);
    return same_bits("the order of the tensors does not matter", got, trajectory());
  }

  Check one_tensor() const {
    const OptimizerPtr optimizer = made();
    Steps whole;
    Numbers w = start_;
    for (const Numbers& g : gradients_) {
      optimizer->step(w, g);
      whole.push_back(w);
    }
    return same_bits("several tensors move like one tensor", trajectory(), whole);
  }

  /// Compares each parameter with a network in which all parameters are copies of it.
  Check alone_and_among_others() const {
    Numbers start = start_;
    Steps gradients = gradients_;
    detail::spread(start);
    for (Numbers& g : gradients) detail::spread(g);
    const Steps got = trajectory(*made(), tensors_, start, gradients);
    Steps expected = got;
    for (std::size_t i = 0; i < start.size(); ++i) {
      const auto copies = [&](const Numbers& numbers) { return Numbers(numbers.size(), numbers[i]); };
      Steps its_gradients;
      for (const Numbers& g : gradients) its_gradients.push_back(copies(g));
      const Steps alone = trajectory(*made(), tensors_, copies(start), its_gradients);
      for (std::size_t t = 0; t < alone.size(); ++t) expected[t][i] = alone[t][i];
    }
    return same_bits("no parameter depends on other parameters", got, expected);
  }

  /// Scale and limit are powers of two, so the scaling does not round.
  Check scale_and_clip() const {
    Steps shaped = gradients_;
    for (Numbers& gradients : shaped)
      for (double& g : gradients) g = std::clamp(0.5 * g, -0.25, 0.25);
    return same_bits("gradient_scale and clip_value are applied",
                     trajectory(*made(), tensors_, start_, gradients_, {.gradient_scale = 0.5, .clip_value = 0.25}),
                     trajectory(*made(), tensors_, start_, shaped));
  }

  Check reset() const {
    const OptimizerPtr optimizer = made();
    trajectory(*optimizer, tensors_, start_, gradients_);
    optimizer->reset();
    return same_bits("reset() forgets the earlier steps", trajectory(*optimizer, tensors_, start_, gradients_),
                     trajectory());
  }

  Check restore() const {
    const auto middle = gradients_.begin() + static_cast<std::ptrdiff_t>(steps_ / 2);
    const OptimizerPtr first = made(), second = made();
    Steps got = trajectory(*first, tensors_, start_, Steps(gradients_.begin(), middle));
    std::vector<std::span<const double>> state;
    for (std::size_t k = 0; k < first->buffers(); ++k) state.push_back(first->state(k));
    second->restore(first->steps(), state);
    const Steps rest = trajectory(*second, tensors_, got.back(), Steps(middle, gradients_.end()));
    got.insert(got.end(), rest.begin(), rest.end());
    return same_bits("restore() continues where another optimiser stopped", got, trajectory());
  }

  Check gradients_are_read_only() const {
    const OptimizerPtr optimizer = made();
    Numbers w = start_;
    Steps after = gradients_;
    for (Numbers& g : after) step(*optimizer, tensors_, w, g);
    return same_bits("a step leaves the gradients unchanged", after, gradients_);
  }

  const MakeOptimizer& make_;
  Layout tensors_;
  std::size_t steps_;
  Numbers start_;
  Steps gradients_;
};

}  // namespace

CheckReport check_optimizer(const MakeOptimizer& make, const OptimizerCheckOptions& options) {
  return OptimizerChecker(make, options).run();
}

}  // namespace gradflow

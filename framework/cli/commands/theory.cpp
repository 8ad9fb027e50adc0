// Compares mean-field theory with networks before training. For any activation, also one of your own, the theory
// predicts the variance q of z, the input of the activation, and the factor by which each layer multiplies the norm of
// dL/dz on the backward pass. Prints both by layer, beside the values measured in networks with random weights. Also
// prints the bound max|f'| ||W|| on the factor, from which the rule "sigmoid: at most 1/4 per layer" comes. The 1/4
// needs ||W|| <= 1; with --activation sigmoid --sigma-w 4 the factor is far larger. Without arguments the command takes
// sigmoid, tanh and signed_log, which is defined here, and fails if one of them differs from theory by more than 1 %.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gradflow/gradflow.hpp>
#include <gradflow/math/reduce.hpp>

#include <cli/activation_option.hpp>
#include <cli/commands.hpp>
#include <cli/table.hpp>

namespace mine {

/// f(z) = log(1 + |z|) with the sign of z. It looks like tanh near 0 but has no upper limit.
struct SignedLog {
  static constexpr std::string_view name = "signed_log";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, -log1p(-z), log1p(z));
  }
};

}  // namespace mine

using namespace gradflow;

namespace {

template <class... Types>
TypeList<Types..., mine::SignedLog> with_mine(TypeList<Types...>);
using Known = decltype(with_mine(Activations{}));

constexpr double agreement = 0.01;

struct Settings {
  std::string activations = "sigmoid,tanh,signed_log";
  double sigma_w = 1, sigma_b = 0;
  std::size_t depth = 20, width = 256, batch = 64, seeds = 8;

  /// Returns q of the first layer. The inputs are standard normal.
  double first_variance() const { return sigma_w * sigma_w + sigma_b * sigma_b; }
};

/// Makes a layer in double, because a gradient that underflows to 0 in float has no factor.
LayerPtr<double> make_layer(const std::string& activation, std::size_t width) {
  return activation_by_name<LayerPtr<double>>(Known{}, activation, [width]<class A>(const A& policy) {
    return dense<A, double>(width, width, {.activation = policy});
  });
}

/// q is the variance of z at each layer. factors[l] is the norm of dL/dz at layer l divided by the norm at layer l + 1;
/// the last layer has no factor.
struct Course {
  std::vector<double> q, factors;
};

std::vector<double> factors_of(const GradientFlow& flow) {
  std::vector<double> factors;
  for (std::size_t l = 0; l + 1 < flow.delta_norms.size(); ++l)
    factors.push_back(flow.delta_norms[l] / flow.delta_norms[l + 1]);
  return factors;
}

double variance(std::span<const double> z) { return norm(z) * norm(z) / static_cast<double>(z.size()); }

/// Draws networks with these settings, one per seed, and measures them.
class Measurement {
 public:
  Measurement(const Settings& settings, const LayerPtr<double>& layer)
      : settings_(settings), network_(std::vector<LayerPtr<double>>(settings.depth, layer)) {
    network_.keep_z(true);
  }

  /// Draws the network of this seed and measures one forward and one backward pass on random inputs.
  Course probe(std::uint64_t seed) {
    network_.initialize(Normal(settings_.sigma_w, settings_.sigma_b), seed);
    Course course{{}, factors_of(probe_gradient_flow(network_, {.batch = settings_.batch, .seed = seed}))};
    for (std::size_t l = 0; l < network_.size(); ++l) course.q.push_back(variance(flat(network_.trace(l).z)));
    return course;
  }

  /// The network drawn by the last probe().
  const Network<double>& network() const { return network_; }

 private:
  const Settings& settings_;
  Network<double> network_;
};

/// Returns the mean over all networks by layer: the arithmetic mean of q, the geometric mean of the factors.
Course mean(const std::vector<Course>& courses) {
  Course mean{std::vector<double>(courses[0].q.size()), {}};
  for (const Course& course : courses)
    for (std::size_t l = 0; l < mean.q.size(); ++l) mean.q[l] += course.q[l] / static_cast<double>(courses.size());
  for (std::size_t l = 0; l < courses[0].factors.size(); ++l) {
    std::vector<double> factors;
    for (const Course& course : courses) factors.push_back(course.factors[l]);
    mean.factors.push_back(geometric_mean(factors));
  }
  return mean;
}

double mean_factor(const Course& course, std::size_t first) {
  return geometric_mean(std::span(course.factors).subspan(first));
}

/// The geometric mean over networks and its standard error, which is NaN for one network.
struct Estimate {
  double mean, error;
};

Estimate estimate(const std::vector<double>& factors) {
  const double mean = geometric_mean(factors), n = static_cast<double>(factors.size());
  double squares = 0;
  for (const double factor : factors) squares += (factor - mean) * (factor - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

/// False if the gradient vanished to 0 on the backward pass, or overflowed.
bool is_factor(double x) { return x > 0 && std::isfinite(x); }

/// Returns the number as text, or "-" for NaN, for example from 0 / 0.
std::string number(double x, int digits = 4, const char* format = "%.*g") {
  if (std::isnan(x)) return "-";
  char out[40];
  std::snprintf(out, sizeof out, format, digits, x);
  return out;
}

/// Keeps trailing zeros, so that a column has equal widths.
std::string cell(double x) { return number(x, 4, "%#.*g"); }

/// "+0.05 %": how far the measured number is from theory.
std::string deviation(double measured, double theory) {
  const double percent = std::round(1e4 * (measured / theory - 1)) / 100;
  if (!std::isfinite(percent)) return "-";
  char out[40];
  std::snprintf(out, sizeof out, "%+.2f %%", percent == 0 ? 0 : percent);  // no "-0.00"
  return out;
}

void print_courses(const Course& theory, const Course& measured) {
  std::vector<Column> table{{"layer", {}},          {"q: theory", {}}, {"measured", {}}, {"off by", {}},
                            {"factor: theory", {}}, {"measured", {}},  {"off by", {}}};
  const auto compare = [&](std::size_t column, double by_theory, double by_network) {
    table[column].cells.push_back(cell(by_theory));
    table[column + 1].cells.push_back(cell(by_network));
    table[column + 2].cells.push_back(deviation(by_network, by_theory));
  };
  for (std::size_t l = 0; l < theory.q.size(); ++l) {
    table[0].cells.push_back(std::to_string(l + 1));
    compare(1, theory.q[l], measured.q[l]);
    if (l < theory.factors.size()) compare(4, theory.factors[l], measured.factors[l]);
  }
  for (std::size_t column = 4; column < table.size(); ++column)
    table[column].cells.emplace_back();  // the last layer has no factor
  print_table(table);
}

void print_limit(const MeanField& theory, double first_variance) {
  const double q = theory.fixed_point(first_variance), chi = theory.chi(q), scale = depth_scale(chi);
  const std::string limit = theory.keeps_every_variance() ? "q does not change from layer to layer"
                            : std::isfinite(q)            ? "In deeper layers q approaches q* = " + number(q)
                                                          : "In deeper layers q grows without limit";
  const std::string depth = std::isfinite(scale) ? number(scale, 3) + " layers"
                            : std::isfinite(q)   ? "infinite, because the network is critical"
                                                 : "infinite";
  std::printf("%s, with chi = %s and sqrt(chi) = %s. The depth scale is %s.\n", limit.c_str(), number(chi).c_str(),
              number(std::sqrt(chi)).c_str(), depth.c_str());
}

void print_critical_point(const ActivationInfo& activation, double sigma_b) {
  std::printf("For sigma_b = %s ", number(sigma_b, 6).c_str());
  if (const auto critical = critical_point_of(activation, sigma_b)) {
    const bool every_q = MeanField{activation, critical->sigma_w, critical->sigma_b}.keeps_every_variance();
    std::printf(
        "the network is critical at sigma_w = %s, %s.\n", number(critical->sigma_w, 6).c_str(),
        every_q ? "where q does not change from layer to layer" : ("where q* = " + number(critical->q)).c_str());
  } else {
    std::printf("no critical sigma_w was found. The search ends at q* = 1e6.\n");
  }
}

void print_gains(const ActivationInfo& activation) {
  const double forward = forward_gain(activation), backward = backward_gain(activation);
  if (!is_factor(forward) || !is_factor(backward)) return;
  std::printf(
      "At sigma_b = 0 and q = 1, a layer with sigma_w = %s does not change q in the forward pass,\n"
      "and a layer with sigma_w = %s does not change the norm of dL/dz in the backward pass.\n",
      number(forward, 6).c_str(), number(backward, 6).c_str());
}

/// Prints whether the rule "at most max|f'| per layer" (sigmoid: 1/4) holds.
void print_bound(const std::vector<GradientBound>& bounds, const std::vector<double>& factors) {
  double slope = 0, weight_norm = 0, nearest = 0;
  for (std::size_t l = 0; l < bounds.size(); ++l) {
    slope = std::max(slope, bounds[l].largest_slope);
    weight_norm = std::max(weight_norm, bounds[l].weight_norm);
    nearest = std::max(nearest, factors[l] / bounds[l].factor());
  }
  const double largest = std::ranges::max(factors);
  std::printf(
      "For any weights, no factor exceeds max|f'| ||W||, where ||W|| is the spectral norm of a layer's weights.\n"
      "In the last network drawn, max|f'| = %s and the largest ||W|| is %s, so no factor exceeds %s.\n"
      "The largest factor is %s. The factor closest to its layer's bound reaches %s of it.\n",
      number(slope).c_str(), number(weight_norm).c_str(), number(slope * weight_norm).c_str(), number(largest).c_str(),
      number(nearest, 2).c_str());
  const std::string simple = number(slope);
  std::printf("If ||W|| <= 1, no factor exceeds max|f'| = %s. ", simple.c_str());
  if (weight_norm <= 1)
    std::printf("Here ||W|| is at most 1.\n");
  else if (largest <= slope)
    std::printf("Here ||W|| is larger than 1, but no factor exceeds %s.\n", simple.c_str());
  else
    std::printf("Here ||W|| is larger than 1, and the factor %s exceeds %s.\n", number(largest).c_str(),
                simple.c_str());
}

/// Prints the comparison in words. Returns the relative difference between the measured factor and theory, or NaN if
/// there is no factor.
double conclude(const std::string& name, const std::vector<Course>& measured, const Course& predicted) {
  // Leaves out the first quarter of the layers, in which q still changes from its value at the inputs to q*.
  const std::size_t first = predicted.factors.size() / 4;
  std::vector<double> factors;
  for (const Course& course : measured) factors.push_back(mean_factor(course, first));
  const auto [factor, error] = estimate(factors);
  const double theory = mean_factor(predicted, first), miss = std::abs(factor / theory - 1);
  if (!is_factor(factor) || !is_factor(theory)) {
    std::printf("%s, factor per layer: measured %s, theory %s. %s.\n", name.c_str(), number(factor).c_str(),
                number(theory).c_str(),
                is_factor(factor) ? "The theoretical factor is outside the range of double"
                                  : "The gradient vanished to 0 in the backward pass, or overflowed");
    return std::nan("");
  }
  std::printf("%s, factor per layer from layer %zu on: measured %s%s, theory %s. ", name.c_str(), first + 1,
              number(factor).c_str(), factors.size() == 1 ? "" : (" +- " + number(error, 2)).c_str(),
              number(theory).c_str());
  if (miss <= agreement)
    std::printf("They agree within %.1f %%.\n", std::ceil(1000 * miss) / 10);
  else
    std::printf(
        "They differ by %s %%. The theory assumes infinite width; the measured factor is the mean of %zu networks.\n",
        number(100 * miss, 3).c_str(), factors.size());
  return miss;
}

/// Compares one activation with theory and prints the result. Returns the relative difference of the factors.
double compare(const Settings& settings, const std::string& name) {
  const LayerPtr<double> layer = make_layer(name, settings.width);
  const MeanField theory{*layer->activation(), settings.sigma_w, settings.sigma_b};
  std::printf("%s, sigma_w = %s, sigma_b = %s: depth %zu, width %zu, batch %zu, seeds %zu\n\n", name.c_str(),
              number(theory.sigma_w, 6).c_str(), number(theory.sigma_b, 6).c_str(), settings.depth, settings.width,
              settings.batch, settings.seeds);
  Measurement measurement(settings, layer);
  std::vector<Course> measured;
  for (std::size_t seed = 0; seed < settings.seeds; ++seed) measured.push_back(measurement.probe(seed));
  const Course predicted{theory.variances(settings.first_variance(), settings.depth),
                         theory.factors(settings.first_variance(), settings.depth)};
  print_courses(predicted, mean(measured));
  std::printf("\n");
  print_limit(theory, settings.first_variance());
  print_critical_point(theory.activation, theory.sigma_b);
  print_gains(theory.activation);
  if (std::ranges::all_of(measured.back().factors, is_factor))
    print_bound(gradient_bounds(measurement.network()), measured.back().factors);
  return conclude(name, measured, predicted);
}

void run(const Settings& settings, bool must_agree) {
  std::printf(
      "q is the variance of z, the input of the activation. The factor in row l is the norm of dL/dz at layer l\n"
      "divided by the norm at layer l + 1. Theory predicts chi, the square of this factor. In deeper layers q\n"
      "approaches a fixed point q*. The factor approaches sqrt(chi). The depth scale is the number of layers over\n"
      "which the squared norm changes by a factor of e. A network is critical if chi = 1 at q*.\n\n");
  const std::vector<std::string> activations = activations_of("--activation", settings.activations);
  print_formula_findings(activations);
  for (const std::string& name : activations) {
    const double miss = compare(settings, name);
    std::printf("\n");
    if (must_agree && !(miss <= agreement))
      throw std::runtime_error(
          text({name, "factor", "a difference of " + number(100 * miss) + " % from theory", "at most 1 %", {}}));
  }
  if (must_agree) std::printf("All agree with theory within 1 %%.\n");
}

class Theory final : public Command {
 public:
  void add_options(CLI::App&, Options& options) override {
    options.list("--activation", settings_.activations, activation_of(Known{}),
                 "activations to compare with theory: " + activation_choices(Known{}));
    options.number("--sigma-w", settings_.sigma_w, 1e-6, 1e6, "weights are drawn from N(0, X^2 / number of inputs)");
    options.number("--sigma-b", settings_.sigma_b, 0, 1e6, "biases are drawn from N(0, X^2)");
    options.whole("--depth", settings_.depth, 2, "layers");
    options.whole("--width", settings_.width, 1, "units in each layer");
    options.whole("--batch", settings_.batch, 1, "samples drawn from a standard normal distribution");
    options.whole("--seeds", settings_.seeds, 1, "number of networks to average");
  }
  void run(const CLI::App&) override { ::run(settings_, command_arguments().empty()); }

 private:
  Settings settings_;
};

}  // namespace

std::unique_ptr<Command> make_theory() { return std::make_unique<Theory>(); }

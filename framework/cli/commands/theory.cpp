// What theory says of a network before it is trained, and what the network says itself. For any activation, one of your
// own too, mean-field theory predicts the variance q of what goes into it, and the factor by which the norm of dL/dz is
// multiplied from layer to layer on its way back. Prints both, layer by layer, beside networks that are drawn and
// measured, and what holds always: the bound that "at most 1/4 a layer" comes from. Larger weights exceed the 1/4, with
// --activation sigmoid --sigma-w 4 by far. Without arguments it takes sigmoid, tanh and signed_log, which is defined
// here, and fails where one of them is more than 1 % from its theory.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gradflow/gradflow.hpp>
#include <gradflow/math/reduce.hpp>

#include <cli/commands.hpp>
#include <cli/table.hpp>

namespace mine {

/// f(z) = log(1 + |z|) with the sign of z: a tanh that never quite stops growing.
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

  /// q of the first layer: the inputs are standard normal.
  double first_variance() const { return sigma_w * sigma_w + sigma_b * sigma_b; }
};

/// In double, as a gradient that vanishes in a float has no factor any more.
LayerPtr<double> make_layer(const std::string& activation, std::size_t width) {
  return by_name<LayerPtr<double>>(Known{}, "activation", activation, [width]<class A>(const A& policy) {
    return dense<A, double>(width, width, {.activation = policy});
  });
}

/// Layer by layer: q of z, and by what the norm of dL/dz is multiplied on its way back from the layer after.
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

/// Networks as the settings say, drawn from one seed after the other.
class Measurement {
 public:
  Measurement(const Settings& settings, const LayerPtr<double>& layer)
      : settings_(settings), network_(std::vector<LayerPtr<double>>(settings.depth, layer)) {
    network_.keep_z(true);
  }

  /// Draws the network of that seed and sends numbers through it, forward and back.
  Course probe(std::uint64_t seed) {
    network_.initialize(Normal(settings_.sigma_w, settings_.sigma_b), seed);
    Course course{{}, factors_of(probe_gradient_flow(network_, {.batch = settings_.batch, .seed = seed}))};
    for (std::size_t l = 0; l < network_.size(); ++l) course.q.push_back(variance(flat(network_.trace(l).z)));
    return course;
  }

  /// The network that was drawn last.
  const Network<double>& network() const { return network_; }

 private:
  const Settings& settings_;
  Network<double> network_;
};

/// Layer by layer the mean over all networks: of the factors the geometric one.
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

/// The mean over networks and its standard error, which is NaN for one network.
struct Estimate {
  double mean, error;
};

Estimate estimate(const std::vector<double>& factors) {
  const double mean = geometric_mean(factors), n = static_cast<double>(factors.size());
  double squares = 0;
  for (const double factor : factors) squares += (factor - mean) * (factor - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

/// Not so where the gradient vanished to 0 on its way, or overflowed.
bool is_factor(double x) { return x > 0 && std::isfinite(x); }

/// "-" for a number that there is not: 0 / 0, or infinity over infinity.
std::string number(double x, int digits = 4, const char* format = "%.*g") {
  if (std::isnan(x)) return "-";
  char out[40];
  std::snprintf(out, sizeof out, format, digits, x);
  return out;
}

/// With the zeros at its end.
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
    table[column].cells.emplace_back();  // of the last layer
  print_table(table);
}

void print_limit(const MeanField& theory, double first_variance) {
  const double q = theory.fixed_point(first_variance), chi = theory.chi(q), scale = depth_scale(chi);
  const std::string kept = theory.keeps_every_variance() ? "every q is kept" : "q* = " + number(q);
  const std::string depth = std::isfinite(scale) ? number(scale, 3) + " layers"
                            : std::isfinite(q)   ? "infinite: critical"
                                                 : "infinite";
  std::printf(
      "In the limit of infinite depth %s and chi = %s: each layer multiplies the norm of dL/dz by %s.\n"
      "The depth scale is %s.\n",
      kept.c_str(), number(chi).c_str(), number(std::sqrt(chi)).c_str(), depth.c_str());
}

void print_critical_point(const ActivationInfo& activation, double sigma_b) {
  std::printf("With sigma_b = %s ", number(sigma_b, 6).c_str());
  if (const auto critical = critical_point_of(activation, sigma_b)) {
    const bool every_q = MeanField{activation, critical->sigma_w, critical->sigma_b}.keeps_every_variance();
    std::printf("it is critical at sigma_w = %s, %s.\n", number(critical->sigma_w, 6).c_str(),
                every_q ? "where every q is kept" : ("q* = " + number(critical->q)).c_str());
  } else {
    std::printf("no critical sigma_w was found with q* up to 1e6.\n");
  }
}

void print_gains(const ActivationInfo& activation) {
  const double forward = forward_gain(activation), backward = backward_gain(activation);
  if (!is_factor(forward) || !is_factor(backward)) return;
  std::printf("With sigma_b = 0, at q = 1: sigma_w = %s keeps q on the way forward, %s the gradient on the way back.\n",
              number(forward, 6).c_str(), number(backward, 6).c_str());
}

/// Says whether "at most 1/4 a layer" holds.
void print_bound(const std::vector<GradientBound>& bounds, const std::vector<double>& factors) {
  double slope = 0, weight_norm = 0, nearest = 0;
  for (std::size_t l = 0; l < bounds.size(); ++l) {
    slope = std::max(slope, bounds[l].largest_slope);
    weight_norm = std::max(weight_norm, bounds[l].weight_norm);
    nearest = std::max(nearest, factors[l] / bounds[l].factor());
  }
  const double largest = std::ranges::max(factors);
  std::printf(
      "Always, whatever the weights: no factor exceeds max|f'| ||W||, ||W|| the spectral norm. In the last of these\n"
      "networks max|f'| = %s and ||W|| <= %s: no factor above %s. The largest is %s, none above %s of its bound.\n",
      number(slope).c_str(), number(weight_norm).c_str(), number(slope * weight_norm).c_str(), number(largest).c_str(),
      number(nearest, 2).c_str());
  std::printf("The bound max|f'| alone (%s) needs ||W|| <= 1: ", number(slope).c_str());
  if (weight_norm <= 1)
    std::printf("so it is here.\n");
  else if (largest <= slope)
    std::printf("here it may be exceeded.\n");
  else
    std::printf("here it is exceeded: %s.\n", number(largest).c_str());
}

/// Says it in words, and returns by how much the measured factor misses its theory; NaN where there is none.
double conclude(const std::string& name, const std::vector<Course>& measured, const Course& predicted) {
  // Without the first quarter, where q is still on its way from that of the inputs to q*.
  const std::size_t first = predicted.factors.size() / 4;
  std::vector<double> factors;
  for (const Course& course : measured) factors.push_back(mean_factor(course, first));
  const auto [factor, error] = estimate(factors);
  const double theory = mean_factor(predicted, first), miss = std::abs(factor / theory - 1);
  if (!is_factor(factor) || !is_factor(theory)) {
    std::printf("%s: theory %s a layer, measured %s: %s.\n", name.c_str(), number(theory).c_str(),
                number(factor).c_str(),
                is_factor(factor) ? "theory leaves the range of double"
                                  : "the gradient vanished to 0 on its way, or overflowed");
    return std::nan("");
  }
  std::printf("%s: measured %s%s a layer from layer %zu on, theory %s: ", name.c_str(), number(factor).c_str(),
              factors.size() == 1 ? "" : (" +- " + number(error, 2)).c_str(), first + 1, number(theory).c_str());
  if (miss <= agreement)
    std::printf("they agree within %.1f %%.\n", std::ceil(1000 * miss) / 10);
  else
    std::printf("they differ by %s %%; theory is of networks of infinite width, and this is the mean of %zu.\n",
                number(100 * miss, 3).c_str(), factors.size());
  return miss;
}

/// Returns by how much the measured factor misses its theory.
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
      "q is the variance of z, which goes into the activation; the factor in row l is what the norm of dL/dz is\n"
      "multiplied by from layer l + 1 back to layer l. In the limit of depth q is q*, and the factor sqrt(chi).\n\n");
  for (const std::string& name : split_list(settings.activations)) {
    const double miss = compare(settings, name);
    std::printf("\n");
    if (must_agree && !(miss <= agreement))
      throw std::runtime_error(text({name, "factor", number(100 * miss) + " % from theory", "at most 1 %", {}}));
  }
  if (must_agree) std::printf("All agree with theory within 1 %%.\n");
}

class Theory final : public Command {
 public:
  void add_options(CLI::App&, Options& options) override {
    options.list("--activation", settings_.activations, one_of(Known{}, "activation"),
                 choices(Activations{}) + " and signed_log, which is defined here");
    options.number("--sigma-w", settings_.sigma_w, 1e-6, 1e6, "weights are drawn from N(0, X^2 / width)");
    options.number("--sigma-b", settings_.sigma_b, 0, 1e6, "biases are drawn from N(0, X^2)");
    options.whole("--depth", settings_.depth, 2, "layers");
    options.whole("--width", settings_.width, 1, "units of each layer");
    options.whole("--batch", settings_.batch, 1, "samples, standard normal");
    options.whole("--seeds", settings_.seeds, 1, "networks to take the mean of");
  }
  void run(const CLI::App&) override { ::run(settings_, command_arguments().empty()); }

 private:
  Settings settings_;
};

}  // namespace

std::unique_ptr<Command> make_theory() { return std::make_unique<Theory>(); }

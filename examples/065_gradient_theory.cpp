// What theory says of a network before it is trained, and what the network says itself. For any activation, one of your
// own too, mean-field theory predicts the variance q of what goes into it, and the factor by which the norm of dL/dz is
// multiplied from layer to layer on its way back. Prints both, layer by layer, beside networks that are drawn and
// measured, and what holds always: the bound that "at most 1/4 a layer" comes from. Without arguments it takes sigmoid,
// tanh and signed_log, which is defined here, and fails where one of them is more than 1 % from its theory.
//
// tested with:
// tested with: --activation signed_log --sigma-w 1.5 --sigma-b 0.3 --depth 6 --width 64 --batch 8 --seeds 3
// tested with: --activation leaky_relu(slope=0.01),softplus --depth 2 --width 2 --batch 1 --seeds 1
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <gradflow/base/reduce.hpp>
#include <gradflow/gradflow.hpp>

#include "common/command_line.hpp"
#include "common/table.hpp"

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

/// Networks as the settings say, drawn from one seed after the other.
class Measurement {
 public:
  Measurement(const Settings& settings, const LayerPtr<double>& layer)
      : settings_(settings), network_(std::vector<LayerPtr<double>>(settings.depth, layer)) {
    network_.keep_z(true);
  }

  /// Draws the network of that seed and sends numbers through it, forward and back.
  GradientFlow probe(std::uint64_t seed) {
    network_.initialize(Normal(settings_.sigma_w, settings_.sigma_b), seed);
    return probe_gradient_flow(network_, {.batch = settings_.batch, .seed = seed});
  }

  /// The mean over all seeds: of the factors the geometric one.
  Course course() {
    Course mean{std::vector<double>(settings_.depth), std::vector<double>(settings_.depth - 1)};
    const double share = 1 / static_cast<double>(settings_.seeds);
    for (std::size_t seed = 0; seed < settings_.seeds; ++seed) {
      const std::vector<double> factors = factors_of(probe(seed));
      for (std::size_t l = 0; l < mean.q.size(); ++l) mean.q[l] += share * variance_of_z(l);
      for (std::size_t l = 0; l < factors.size(); ++l) mean.factors[l] += share * std::log(factors[l]);
    }
    for (double& factor : mean.factors) factor = std::exp(factor);
    return mean;
  }

  const Network<double>& network() const { return network_; }

 private:
  double variance_of_z(std::size_t layer) const {
    const auto z = flat(network_.trace(layer).z);
    return norm(z) * norm(z) / static_cast<double>(z.size());
  }

  const Settings& settings_;
  Network<double> network_;
};

/// "-" for a number that there is not: 0 / 0, or infinity over infinity.
std::string number(double x, int digits = 4) {
  if (std::isnan(x)) return "-";
  char out[40];
  std::snprintf(out, sizeof out, "%.*g", digits, x);
  return out;
}

/// "+0.05 %": how far the measured number is from theory.
std::string deviation(double measured, double theory) {
  const double miss = measured / theory - 1;
  if (!std::isfinite(miss)) return "-";
  char out[40];
  std::snprintf(out, sizeof out, "%+.2f %%", 100 * miss);
  return out;
}

void print_courses(const Course& theory, const Course& measured) {
  std::vector<Column> table{{"layer", {}},          {"q: theory", {}}, {"measured", {}}, {"off by", {}},
                            {"factor: theory", {}}, {"measured", {}},  {"off by", {}}};
  const auto compare = [&](std::size_t column, double by_theory, double by_network) {
    table[column].cells.push_back(number(by_theory));
    table[column + 1].cells.push_back(number(by_network));
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

void print_theory(const MeanField& theory, double first_variance) {
  const double q = theory.fixed_point(first_variance), chi = theory.chi(q), scale = depth_scale(chi);
  const std::string sigma_b = number(theory.sigma_b, 6);
  std::printf("In the depth q* = %s and chi = %s: a factor of %s a layer; ", number(q).c_str(), number(chi).c_str(),
              number(std::sqrt(chi)).c_str());
  if (std::isinf(scale))
    std::printf("the depth scale is infinite: critical.\n");
  else
    std::printf("the depth scale is %s layers.\n", number(scale, 3).c_str());
  if (const auto critical = critical_point_of(theory.activation, theory.sigma_b))
    std::printf("With sigma_b = %s it is critical at sigma_w = %s, q* = %s.\n", sigma_b.c_str(),
                number(critical->sigma_w, 6).c_str(), number(critical->q).c_str());
  else
    std::printf("With sigma_b = %s it is critical at no sigma_w.\n", sigma_b.c_str());
  std::printf("At q = 1, sigma_w = %s would keep q on the way forward, %s the gradient on the way back.\n",
              number(forward_gain(theory.activation), 6).c_str(), number(backward_gain(theory.activation), 6).c_str());
}

/// What is true of "at most 1/4 a layer", in the network as it was last probed.
void print_bound(const Network<double>& network, const std::vector<double>& factors) {
  double slope = 0, weight_norm = 0, nearest = 0;
  const std::vector<GradientBound> bounds = gradient_bounds(network);
  for (std::size_t l = 0; l < bounds.size(); ++l) {
    slope = std::max(slope, bounds[l].largest_slope);
    weight_norm = std::max(weight_norm, bounds[l].weight_norm);
    nearest = std::max(nearest, factors[l] / bounds[l].factor());
  }
  std::printf(
      "Always, whatever the weights: no factor exceeds max|f'| ||W||, ||W|| the spectral norm. In one of these\n"
      "networks max|f'| = %s and ||W|| <= %s: no factor above %s. The largest is %s, at most %s of its bound.\n",
      number(slope).c_str(), number(weight_norm).c_str(), number(slope * weight_norm).c_str(),
      number(std::ranges::max(factors)).c_str(), number(nearest, 2).c_str());
  std::printf("max|f'| alone (%s a layer) bounds the gradient only where ||W|| <= 1: %s.\n", number(slope).c_str(),
              weight_norm <= 1 ? "so here" : "not here");
}

/// The geometric mean of the factors from `first` on.
double mean_factor(const std::vector<double>& factors, std::size_t first) {
  double log_sum = 0;
  for (std::size_t l = first; l < factors.size(); ++l) log_sum += std::log(factors[l]);
  return std::exp(log_sum / static_cast<double>(factors.size() - first));
}

/// Says it in words, and returns by how much the measured factor misses its theory; NaN where there is none.
double conclude(const std::string& name, double measured, double theory, std::size_t first) {
  const double miss = std::abs(measured / theory - 1);
  std::printf("%s: measured %s a layer from layer %zu on, theory %s: ", name.c_str(), number(measured).c_str(),
              first + 1, number(theory).c_str());
  if (!std::isfinite(miss))
    std::printf("there is no gradient to be compared.\n");
  else if (miss <= agreement)
    std::printf("they agree within %.1f %%.\n", std::ceil(1000 * miss) / 10);
  else
    std::printf("they differ by %s %%; theory is of networks of infinite width.\n", number(100 * miss, 3).c_str());
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
  const Course measured = measurement.course();
  const Course predicted{theory.variances(settings.first_variance(), settings.depth),
                         theory.factors(settings.first_variance(), settings.depth)};
  print_courses(predicted, measured);
  std::printf("\n");
  print_theory(theory, settings.first_variance());
  print_bound(measurement.network(), factors_of(gradient_flow(measurement.network())));
  const std::size_t first = (settings.depth - 1) / 4;
  return conclude(name, mean_factor(measured.factors, first), mean_factor(predicted.factors, first), first);
}

void run(const Settings& settings, bool must_agree) {
  for (const std::string& name : split_list(settings.activations)) {
    const double miss = compare(settings, name);
    std::printf("\n");
    if (must_agree && !(miss <= agreement))
      throw std::runtime_error(text({name, "factor", number(100 * miss) + " % from theory", "at most 1 %", {}}));
  }
  if (must_agree) std::printf("All agree with theory within 1 %%.\n");
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("The gradient's way back through a network, by mean-field theory and as measured.", "gradient_theory");
  Options options(app);
  options.list("--activation", settings.activations, one_of(Known{}, "activation"),
               "signed_log is defined here; " + choices(Known{}));
  options.number("--sigma-w", settings.sigma_w, 1e-6, 1e6, "weights are drawn from N(0, X^2 / width)");
  options.number("--sigma-b", settings.sigma_b, 0, 1e6, "biases are drawn from N(0, X^2)");
  options.whole("--depth", settings.depth, 2, "layers");
  options.whole("--width", settings.width, 1, "units of each layer");
  options.whole("--batch", settings.batch, 1, "samples, standard normal");
  options.whole("--seeds", settings.seeds, 1, "networks to take the mean of");
  return run_command(app, argc, argv, [&] { run(settings, argc == 1); });
}

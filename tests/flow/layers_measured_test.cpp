// Compares what norms, dropout, prelu and skips do to the gradient at initialisation with mean-field theory.
//
// Unless a test says otherwise: 20 blocks of width n = 256, a batch of 64, standard normal x_0 and dL/dx_20, weights
// ~ N(0, sigma^2 / n), biases 0, 8 seeds. x_0 is the input, x_l the output of block l, z the output of a dense layer
// before its activation. A factor is a ratio of norms: of layer l's gradient to layer l + 1's.
//
// The theory is that of infinite width. It needs moments of f(z), z ~ N(0, q); chi is the factor of ||dL/dz||^2:
//   at q = 1   E f^2             Var f               E f'^2
//   sigmoid    0.2933790358581   0.04337903585809    0.04483624135019
//   tanh       0.3942944903978   0.3942944903978     0.4644029024483
//   relu       1/2               (pi - 1) / (2 pi)   1/2
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/math/reduce.hpp>
#include <gradflow/nn/activate.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/dropout.hpp>
#include <gradflow/nn/moments.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

using Layers = std::vector<LayerPtr<float>>;
/// Makes the layers of a block.
using Block = Layers (*)(std::size_t width);

constexpr std::uint64_t all_seeds = 8;

struct Chain {
  Block block;
  double sigma_squared;
  std::size_t width = 256, depth = 20, batch = 64;
};

Layers layers_of(const Chain& chain) {
  Layers layers;
  for (std::size_t l = 0; l < chain.depth; ++l)
    for (LayerPtr<float>& layer : chain.block(chain.width)) layers.push_back(std::move(layer));
  return layers;
}

double norm_of(const Matrix<float>& m) { return norm(flat(m)); }
double delta_norm(const Network<float>& network, std::size_t layer) { return norm_of(network.trace(layer).delta); }

/// Norms of the gradient at both ends of a network.
struct Ends {
  double input;                                   ///< ||dL/dx||
  double output;                                  ///< ||dL/doutput||
  double gain() const { return input / output; }  ///< G
};

/// Makes a pass in both directions, with standard normal x and dL/doutput.
Ends pass(Network<float>& network, std::size_t batch, std::uint64_t seed) {
  const auto x = random_matrix<float>(batch, network.inputs(), mixed(seed, 1));
  const auto delta = random_matrix<float>(batch, network.outputs(), mixed(seed, 2));
  Matrix<float> x_delta;
  network.forward(x, {.seed = seed, .step = 0});
  network.backward(x, delta, &x_delta);
  return {norm_of(x_delta), norm_of(delta)};
}

/// The same, after drawing the weights.
Ends draw_and_pass(Network<float>& network, double sigma_squared, std::size_t batch, std::uint64_t seed) {
  network.initialize(Normal{std::sqrt(sigma_squared)}, seed);
  return pass(network, batch, seed);
}

/// Returns the mean of value(seed). A test builds its networks once for all seeds: at -O0, to destroy a network takes
/// longer than a pass.
template <class Value>
double mean_over_seeds(const Value& value, std::uint64_t seeds = all_seeds) {
  double sum = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) sum += value(seed);
  return sum / static_cast<double>(seeds);
}

/// Returns the mean of ln G of a network of these layers.
double mean_log_gain(const Layers& layers, double sigma_squared) {
  Network<float> network(layers);
  return mean_over_seeds(
      [&](std::uint64_t seed) { return std::log(draw_and_pass(network, sigma_squared, 64, seed).gain()); });
}

/// Returns three standard errors of the difference between a mean over `seeds` seeds and one over `others` seeds. sd is
/// the standard deviation of a single seed.
double three_errors(double sd, double others, std::uint64_t seeds = all_seeds) {
  return 3 * sd * std::sqrt(1 / static_cast<double>(seeds) + 1 / others);
}

// ---- Chains without skips

template <class F>
Layers dense_f(std::size_t n) {
  return {dense<F>(n, n)};
}
Layers dense_prelu(std::size_t n) { return {dense<Identity>(n, n), prelu(n)}; }
template <class F>
Layers dense_layer_norm_f(std::size_t n) {
  return {dense<Identity>(n, n), layer_norm(n), activate<F>(n)};
}
template <class F>
Layers dense_rms_norm_f(std::size_t n) {
  return {dense<Identity>(n, n), rms_norm(n), activate<F>(n)};
}
template <class F>
Layers dense_f_layer_norm(std::size_t n) {
  return {dense<F>(n, n), layer_norm(n)};
}
template <class F>
Layers dense_f_rms_norm(std::size_t n) {
  return {dense<F>(n, n), rms_norm(n)};
}
template <class F>
Layers dense_f_dropout(std::size_t n) {
  return {dense<F>(n, n), dropout(n, 0.2)};
}
template <class F>
Layers layer_norm_of_sum(std::size_t n) {
  return {residual({dense<F>(n, n, {.bias = false})}), layer_norm(n)};
}

/// Returns ln ||dL/dz|| of each dense layer, as the mean over all seeds.
std::vector<double> log_z_norms(const Chain& chain) {
  std::vector<double> means(chain.depth);
  Network<float> network(layers_of(chain));
  for (std::uint64_t seed = 0; seed < all_seeds; ++seed) {
    draw_and_pass(network, chain.sigma_squared, chain.batch, seed);
    std::size_t l = 0;
    for (std::size_t i = 0; i < network.size(); ++i)
      if (has_weights(network.layer(i))) means[l++] += std::log(delta_norm(network, i)) / all_seeds;
  }
  return means;
}

/// Returns the geometric mean of the factors from layer `first` to layer `last`, counted from 1.
double factor(const std::vector<double>& log_norms, std::size_t first, std::size_t last) {
  return std::exp((log_norms[first - 1] - log_norms[last - 1]) / static_cast<double>(last - first));
}

struct ChainRow {
  const char* f;
  Block block;
  double sigma_squared, theory, tolerance;
  double at_64 = 0, sd_64 = 0;  ///< measured for n = 64 with 16 seeds, and the standard deviation of a seed; 0: not
};

void expect_factors(const std::vector<ChainRow>& rows) {
  for (const ChainRow& row : rows) {
    EXPECT_NEAR(factor(log_z_norms({row.block, row.sigma_squared}), 5, 20) / row.theory, 1, row.tolerance) << row.f;
    if (row.at_64 == 0) continue;
    EXPECT_NEAR(factor(log_z_norms({row.block, row.sigma_squared, 64}), 5, 20), row.at_64, three_errors(row.sd_64, 16))
        << row.f << ", n = 64";
  }
}

// chi = sigma^2 E f'^2, where q' = sigma^2 E f^2. The factor of tanh falls with l: the number is the mean.
TEST(LayersMeasured, DenseLayersChangeTheGradientAsTheoryPredicts) {
  expect_factors({{"sigmoid", dense_f<Sigmoid>, 1, 0.23605, 0.01, 0.23579, 0.0018},
                  {"tanh", dense_f<Tanh>, 1, 0.95156, 0.01, 0.95215, 0.0066},
                  {"relu", dense_f<Relu>, 2, 1, 0.025, 0.9952, 0.0153}});
}

// chi = sigma^2 (1 + slope^2) / 2, slope = 0.25
TEST(LayersMeasured, PreluNeedsSmallerWeightsThanReluToKeepTheGradient) {
  expect_factors({{"sigma^2 = 2", dense_prelu, 2, 1.03078, 0.025, 1.0288, 0.0149},
                  {"sigma^2 = 2 / 1.0625", dense_prelu, 2 / 1.0625, 1, 0.025, 0.9981, 0.0145}});
}

// chi = E f'^2 / E f^2 at q = 1, for any sigma
TEST(LayersMeasured, LayerNormBeforeSigmoidDoesNotStopTheGradientFromVanishing) {
  expect_factors({{"sigmoid", dense_layer_norm_f<Sigmoid>, 1, 0.390931, 0.02, 0.3935, 0.0079},
                  {"tanh", dense_layer_norm_f<Tanh>, 1, 1.085268, 0.01, 1.0921, 0.0095},
                  {"tanh, sigma = 3", dense_layer_norm_f<Tanh>, 9, 1.085268, 0.01, 1.0921, 0.0095},
                  {"relu", dense_layer_norm_f<Relu>, 2, 1, 0.025, 0.9985, 0.0254},
                  {"identity", dense_layer_norm_f<Identity>, 1, 1, 0.01, 1.0073, 0.0073}});
}

// chi = sigma^2 E f'^2 / Var f at q = sigma^2: pi / (pi - 1) for relu
TEST(LayersMeasured, LayerNormAfterTheActivationMakesTheGradientExplode) {
  expect_factors({{"sigmoid", dense_f_layer_norm<Sigmoid>, 1, 1.016657, 0.01, 1.0238, 0.0080},
                  {"tanh", dense_f_layer_norm<Tanh>, 1, 1.085268, 0.01, 1.0917, 0.0078},
                  {"relu", dense_f_layer_norm<Relu>, 2, 1.211174, 0.015, 1.2361, 0.0125}});
}

// Before f, chi is that of layer_norm; after f, chi = sigma^2 E f'^2 / E f^2 at q = sigma^2. Tolerances of layer_norm.
TEST(LayersMeasured, RmsNormDividesByTheMeanSquareNotByTheVariance) {
  expect_factors({{"rms_norm, sigmoid", dense_rms_norm_f<Sigmoid>, 1, 0.390931, 0.02},
                  {"rms_norm, tanh, sigma = 3", dense_rms_norm_f<Tanh>, 9, 1.085268, 0.01},
                  {"sigmoid, rms_norm", dense_f_rms_norm<Sigmoid>, 1, 0.390931, 0.02},
                  {"tanh, rms_norm", dense_f_rms_norm<Tanh>, 1, 1.085268, 0.01},
                  {"relu, rms_norm", dense_f_rms_norm<Relu>, 2, 1, 0.025}});
}

// chi = (1 + sigma^2 E f'^2) / (1 + Var f) at q = sigma^2: 2 / (2 - 1 / pi) for relu. Tolerances of dense, f,
// layer_norm.
TEST(LayersMeasured, LayerNormAfterTheSkipMakesTheGradientExplode) {
  expect_factors(
      {{"relu", layer_norm_of_sum<Relu>, 2, 1.090541, 0.015}, {"tanh", layer_norm_of_sum<Tanh>, 1, 1.024832, 0.01}});
}

// chi = sigma^2 E f'^2 / (1 - rate), where q' = sigma^2 E f^2 / (1 - rate); rate = 0.2
TEST(LayersMeasured, DropoutMakesTheGradientOfTrainingLarger) {
  expect_factors({{"relu", dense_f_dropout<Relu>, 2, 1.118034, 0.02},
                  {"tanh", dense_f_dropout<Tanh>, 1, 0.99221, 0.02},
                  {"sigmoid", dense_f_dropout<Sigmoid>, 1, 0.260509, 0.02}});
}

// ---- batch_norm

template <class F>
Layers dense_batch_norm_f(std::size_t n) {
  return {dense<Identity>(n, n), batch_norm(n), activate<F>(n)};
}
template <class F>
Layers dense_f_batch_norm(std::size_t n) {
  return {dense<F>(n, n), batch_norm(n)};
}

/// Returns the geometric mean of the factors of dL/dx_l from l = `first` to the last block.
double x_factor(const Chain& chain, std::size_t first, std::uint64_t seeds) {
  Layers layers = layers_of(chain);
  const std::size_t place = layers.size() / chain.depth * first;
  // An identity behind block `first` has the delta dL/dx_first.
  layers.insert(layers.begin() + static_cast<std::ptrdiff_t>(place), activate<Identity>(chain.width));
  Network<float> network(layers);
  const auto log_factor = [&](std::uint64_t seed) {
    const Ends ends = draw_and_pass(network, chain.sigma_squared, chain.batch, seed);
    return std::log(delta_norm(network, place) / ends.output) / static_cast<double>(chain.depth - first);
  };
  return std::exp(mean_over_seeds(log_factor, seeds));
}

struct BatchNormRow {
  const char* f;
  Block block;
  double sigma_squared;
  std::size_t width, batch;
  double theory;  ///< for this batch
};

struct FactorOptions {
  double tolerance = 0.015;
  std::size_t first = 1;
  std::uint64_t seeds = all_seeds;
};

void expect_x_factors(const std::vector<BatchNormRow>& rows, FactorOptions options = {}) {
  for (const BatchNormRow& row : rows) {
    const Chain chain{.block = row.block, .sigma_squared = row.sigma_squared, .width = row.width, .batch = row.batch};
    EXPECT_NEAR(x_factor(chain, options.first, options.seeds) / row.theory, 1, options.tolerance)
        << row.f << ", n = " << row.width << ", batch = " << row.batch;
  }
}

// For a large batch, chi = E f'^2 / Var f at q = 1: pi / (pi - 1) for relu. For a batch of B samples the numbers are
// from a Monte Carlo simulation; for identity they are sqrt((B - 2) / (B - 3)).
TEST(LayersMeasured, BatchNormBeforeTheActivationMakesTheGradientExplode) {
  expect_x_factors({{"identity", dense_batch_norm_f<Identity>, 1, 256, 64, 1.00816},
                    {"sigmoid", dense_batch_norm_f<Sigmoid>, 1, 256, 64, 1.02435},
                    {"tanh", dense_batch_norm_f<Tanh>, 1, 256, 64, 1.09245},
                    {"relu", dense_batch_norm_f<Relu>, 2, 256, 64, 1.22104},
                    {"identity", dense_batch_norm_f<Identity>, 1, 256, 256, 1.00197},
                    {"sigmoid", dense_batch_norm_f<Sigmoid>, 1, 256, 256, 1.01848},
                    {"tanh", dense_batch_norm_f<Tanh>, 1, 256, 256, 1.08696},
                    {"relu", dense_batch_norm_f<Relu>, 2, 256, 256, 1.21475}});
}

TEST(LayersMeasured, BatchNormMakesTheGradientExplodeInNarrowAndWideNetworksAlike) {
  expect_x_factors({{"identity", dense_batch_norm_f<Identity>, 1, 64, 64, 1.00816},
                    {"sigmoid", dense_batch_norm_f<Sigmoid>, 1, 64, 64, 1.02435},
                    {"tanh", dense_batch_norm_f<Tanh>, 1, 64, 64, 1.09245},
                    {"relu", dense_batch_norm_f<Relu>, 2, 64, 64, 1.22104}});
  expect_x_factors({{"identity", dense_batch_norm_f<Identity>, 1, 1024, 64, 1.00816},
                    {"sigmoid", dense_batch_norm_f<Sigmoid>, 1, 1024, 64, 1.02435},
                    {"relu", dense_batch_norm_f<Relu>, 2, 1024, 64, 1.22104}},
                   {.seeds = 1});
}

TEST(LayersMeasured, BatchNormMakesTheGradientExplodeMoreInSmallBatches) {
  expect_x_factors({{"identity", dense_batch_norm_f<Identity>, 1, 256, 16, 1.03775},
                    {"sigmoid", dense_batch_norm_f<Sigmoid>, 1, 256, 16, 1.05144},
                    {"tanh", dense_batch_norm_f<Tanh>, 1, 256, 16, 1.11636},
                    {"relu", dense_batch_norm_f<Relu>, 2, 256, 16, 1.26113}});
  expect_x_factors({{"identity", dense_batch_norm_f<Identity>, 1, 256, 8, 1.09545},
                    {"sigmoid", dense_batch_norm_f<Sigmoid>, 1, 256, 8, 1.10627},
                    {"tanh", dense_batch_norm_f<Tanh>, 1, 256, 8, 1.16578},
                    {"relu", dense_batch_norm_f<Relu>, 2, 256, 8, 1.33725}},
                   {.tolerance = 0.02, .first = 5});
}

TEST(LayersMeasured, BatchNormAfterTheActivationMakesTheGradientExplode) {
  expect_x_factors({{"sigmoid", dense_f_batch_norm<Sigmoid>, 1, 256, 64, 1.0236},
                    {"tanh", dense_f_batch_norm<Tanh>, 1, 256, 64, 1.0908},
                    {"relu", dense_f_batch_norm<Relu>, 2, 256, 64, 1.2291},
                    {"relu", dense_f_batch_norm<Relu>, 2, 256, 256, 1.2158}});
}

// The theory holds for the mean over the chain. Where n is as large as the batch, the factor grows on the way to the
// output.
TEST(LayersMeasured, BatchNormOfALinearNetworkHasSmallerFactorsNearTheInput) {
  EXPECT_NEAR(factor(log_z_norms({dense_batch_norm_f<Identity>, 1}), 1, 20) / 1.00816, 1, 0.015);
  const std::vector<double> large_batch = log_z_norms({dense_batch_norm_f<Identity>, 1, 256, 40, 256});
  EXPECT_NEAR(factor(large_batch, 1, 40) / 1.00197, 1, 0.015);
  EXPECT_NEAR(factor(large_batch, 1, 2) / 0.94, 1, 0.015);
  EXPECT_NEAR(factor(large_batch, 39, 40) / 1.05, 1, 0.015);
}

// ---- Residual blocks

template <class F>
Layers x_plus_f_of_xw(std::size_t n) {
  return {residual({dense<F>(n, n, {.bias = false})})};
}
template <class F>
Layers scaled_x_plus_f_of_xw(std::size_t n) {
  return {residual({dense<F>(n, n, {.bias = false})}, {.scale = 1 / std::numbers::sqrt2})};
}
template <class F>
Layers x_plus_f_of_x_times_w(std::size_t n) {
  return {residual({activate<F>(n), dense<Identity>(n, n)})};
}
template <class F>
Layers x_plus_f_of_xw_times_w(std::size_t n) {
  return {residual({dense<F>(n, n), dense<Identity>(n, n)})};
}
template <class F>
Layers x_plus_f_of_layer_norm_times_w(std::size_t n) {
  return {residual({layer_norm(n), activate<F>(n), dense<Identity>(n, n)})};
}
template <class F>
Layers x_plus_f_of_batch_norm_times_w(std::size_t n) {
  return {residual({batch_norm(n), activate<F>(n), dense<Identity>(n, n)})};
}
template <class F>
Layers x_plus_f_of_layer_norm_of_x_w(std::size_t n) {
  return {residual({layer_norm(n), dense<F>(n, n)})};
}

/// G of a chain of `depth` blocks, and the standard deviation of ln G over the seeds.
struct AtDepth {
  std::size_t depth;
  double g, sd;
};

struct ResidualRow {
  const char* name;
  Block block;
  std::vector<AtDepth> expected;
};

/// Where the expected numbers come from: mean-field theory, or a simulation outside this library with 16 seeds (8 for
/// L = 100).
enum class Source { theory, measured };

struct ResidualOptions {
  Source source = Source::theory;
  std::size_t width = 256;
  std::uint64_t seeds = all_seeds;
};

/// Copies the weights of `drawn` to the dense layers of the network, in order. Norms start as they do by default.
void take_weights(Network<float>& network, const Network<float>& drawn) {
  if (!network.is_initialized()) network.initialize(Zeros{}, 0);
  std::size_t next = 0;
  for (std::size_t i = 0; i < network.size(); ++i)
    if (has_weights(network.layer(i))) std::ranges::copy(drawn.parameters(next++), network.parameters(i).begin());
}

/// Returns the mean of ln G for each depth of the row. The chains of a seed share their weights, because to draw them
/// takes longer than both passes.
std::vector<double> mean_log_g(double sigma_squared, const ResidualRow& row, const ResidualOptions& o) {
  std::vector<Network<float>> networks;
  for (const AtDepth& at : row.expected)
    networks.emplace_back(layers_of({row.block, sigma_squared, o.width, at.depth}));
  const auto is_dense = [](const LayerPtr<float>& layer) { return has_weights(*layer); };
  const auto count = std::ranges::count_if(networks.back().layers(), is_dense);
  Network<float> drawn(Layers(static_cast<std::size_t>(count), dense<Identity>(o.width, o.width, {.bias = false})));
  std::vector<double> means(networks.size());
  for (std::uint64_t seed = 0; seed < o.seeds; ++seed) {
    drawn.initialize(Normal{std::sqrt(sigma_squared)}, seed);
    for (std::size_t i = 0; i < networks.size(); ++i) {
      take_weights(networks[i], drawn);
      means[i] += std::log(pass(networks[i], 64, seed).gain()) / static_cast<double>(o.seeds);
    }
  }
  return means;
}

/// Returns the tolerance for ln G: an allowance for finite width, which grows with the depth, and three standard
/// errors.
double tolerance_of(const AtDepth& at, const ResidualOptions& o) {
  const double seeds_of_table = at.depth == 100 ? 8 : 16;
  const double error = o.source == Source::measured ? three_errors(at.sd, seeds_of_table, o.seeds)
                                                    : 3 * at.sd / std::sqrt(static_cast<double>(o.seeds));
  return 0.01 + 0.0006 * static_cast<double>(at.depth) + error;
}

void expect_g(double sigma_squared, const std::vector<ResidualRow>& rows, ResidualOptions o = {}) {
  for (const ResidualRow& row : rows) {
    const std::vector<double> means = mean_log_g(sigma_squared, row, o);
    for (std::size_t i = 0; i < means.size(); ++i)
      EXPECT_NEAR(means[i], std::log(row.expected[i].g), tolerance_of(row.expected[i], o))
          << row.name << ", sigma^2 = " << sigma_squared << ", L = " << row.expected[i].depth << ", n = " << o.width;
  }
}

// For x + f(xW), G^2 is the product of 1 + sigma^2 E f'^2 at q = sigma^2 p over the blocks. p and m, the mean square
// and the mean of x over the units, start at 1 and 0: p' = p + 2 m E f + E f^2, m' = m + E f. A scale of 1 / sqrt(2)
// halves 1 + sigma^2 E f'^2, p' and m'^2. Where the sd of a depth is not known, the row's last one before it is taken.
TEST(LayersMeasured, SkipsOverSigmoidLetTheGradientGrowAsAPowerOfTheDepth) {
  expect_g(1, {{"x + sigmoid(xW)",
                x_plus_f_of_xw<Sigmoid>,
                {{10, 1.1410, 0.005}, {20, 1.1942, 0.005}, {50, 1.2690, 0.005}, {100, 1.3288, 0.006}}}});
}

TEST(LayersMeasured, SkipsOverTanhLetTheGradientGrowFasterThanAPowerOfTheDepth) {
  expect_g(1, {{"x + tanh(xW)",
                x_plus_f_of_xw<Tanh>,
                {{10, 3.7494, 0.014}, {20, 8.1302, 0.015}, {50, 36.894, 0.029}, {100, 194.96, 0.041}}},
               {"(x + tanh(xW)) / sqrt(2)",
                scaled_x_plus_f_of_xw<Tanh>,
                {{10, 0.4006, 0.014}, {20, 0.2790, 0.014}, {50, 0.1709, 0.014}}}});
  expect_g(2, {{"x + tanh(xW)", x_plus_f_of_xw<Tanh>, {{10, 5.6516, 0}, {20, 15.382, 0}, {50, 113.77, 0.036}}}});
}

// p' = p + sigma^2 E f^2, and G^2 is the product of 1 + sigma^2 E f'^2 at q = p: 2^L for relu.
TEST(LayersMeasured, SkipsOverReluThatEndWithWeightsMultiplyTheGradientBySqrt2) {
  expect_g(2,
           {{"x + relu(x) W", x_plus_f_of_x_times_w<Relu>, {{10, 32, 0.070}, {20, 1024, 0.11}, {50, 3.355e7, 0.22}}}});
}

/// Returns G of blocks x + f(x W1) W2 with sigma = 1: G^2 is the product of 1 + E f'^2 at q = p; p' = p + E f^2.
double theory_of_two_layers(const ActivationInfo& f, std::size_t depth) {
  double log_g = 0, p = 1;
  for (std::size_t l = 0; l < depth; ++l) {
    log_g += std::log(1 + mean_square_slope(f, p)) / 2;
    p += mean_square_value(f, p);
  }
  return std::exp(log_g);
}

// For relu, only the product of both variances counts: 2, so G = 2^(L / 2). For tanh and sigmoid both variances are 1,
// and the tolerance is 1 %. Tanh has the G of x + tanh(xW), because its mean is 0.
TEST(LayersMeasured, SkipsOverTwoLayersFollowTheTheory) {
  expect_g(std::numbers::sqrt2,
           {{"x + relu(x W1) W2", x_plus_f_of_xw_times_w<Relu>, {{10, 32, 0.036}, {20, 1024, 0.049}}}});
  const ResidualRow tanh{"tanh", x_plus_f_of_xw_times_w<Tanh>, {{10, 3.7494, 0}, {20, 8.1302, 0}}};
  const ResidualRow sigmoid{"sigmoid",
                            x_plus_f_of_xw_times_w<Sigmoid>,
                            {{10, theory_of_two_layers(activation_info(Sigmoid{}), 10), 0},
                             {20, theory_of_two_layers(activation_info(Sigmoid{}), 20), 0}}};
  for (const ResidualRow& row : {tanh, sigmoid}) {
    const std::vector<double> means = mean_log_g(1, row, {});
    for (std::size_t i = 0; i < means.size(); ++i)
      EXPECT_NEAR(means[i], std::log(row.expected[i].g), 0.01) << row.name << ", L = " << row.expected[i].depth;
  }
}

// Pre-norm: G^2 is the product of 1 + sigma^2 E f'^2 / p at q = 1, p' = p + sigma^2 E f^2: G = sqrt(1 + L) for relu.
// With batch_norm, or with layer_norm before the weights, p' = p + sigma^2 Var f. Their sd are not
// known: those of the first row are taken.
TEST(LayersMeasured, ANormAtTheStartOfTheBranchLetsTheGradientGrowSlowly) {
  expect_g(2, {{"x + relu(LN(x)) W",
                x_plus_f_of_layer_norm_times_w<Relu>,
                {{10, 3.3166, 0.019}, {20, 4.5826, 0.019}, {50, 7.1414, 0.041}, {100, 10.050, 0.056}}},
               {"x + relu(BN(x)) W",
                x_plus_f_of_batch_norm_times_w<Relu>,
                {{10, 4.1644, 0.019}, {20, 6.5523, 0.019}, {50, 12.387, 0.041}}},
               {"x + relu(LN(x) W)",
                x_plus_f_of_layer_norm_of_x_w<Relu>,
                {{10, 4.1644, 0.019}, {20, 6.5523, 0.019}, {50, 12.387, 0.041}}}});
}

// The layer_norm at the end divides the gradient by sqrt(p) = sqrt(1 + L).
TEST(LayersMeasured, PreNormWithANormAtTheEndKeepsTheGradientAtEveryDepth) {
  for (const AtDepth at : {AtDepth{10, 1, 0.019}, AtDepth{20, 1, 0.019}, AtDepth{50, 1, 0.041}}) {
    Layers layers = layers_of({x_plus_f_of_layer_norm_times_w<Relu>, 2, 256, at.depth});
    layers.push_back(layer_norm(256));
    const double log_g = mean_log_gain(layers, 2);
    EXPECT_NEAR(log_g, std::log(at.g), tolerance_of(at, {})) << "L = " << at.depth;
  }
}

// ---- The relu anomaly: all units of x drift together, because relu's mean is positive. The gradient of x + relu(xW)
// then grows faster than by 1 + sigma^2 / 2 a block, so the expected numbers are measured ones.

TEST(LayersMeasured, SkipsOverReluExplodeFasterThanTheTheoryOfIndependentUnits) {
  expect_g(1, {{"x + relu(xW)", x_plus_f_of_xw<Relu>, {{10, 8.50, 0.044}, {20, 193, 0.13}, {50, 2.13e7, 0.28}}}},
           {.source = Source::measured});
  expect_g(2,
           {{"x + relu(xW)", x_plus_f_of_xw<Relu>, {{10, 37.7, 0.066}, {20, 4098, 0.16}, {50, 3.57e10, 0.34}}},
            {"(x + relu(xW)) / sqrt(2)",
             scaled_x_plus_f_of_xw<Relu>,
             {{10, 1.18, 0.066}, {20, 4.0, 0.16}, {50, 1.06e3, 0.34}}}},
           {.source = Source::measured});
}

// The sd are those of n = 256. For n = infinity, G is 32 and 1024.
TEST(LayersMeasured, SkipsOverReluExplodeLessInWideNetworks) {
  expect_g(2, {{"x + relu(xW)", x_plus_f_of_xw<Relu>, {{10, 46.4, 0.066}, {20, 6536, 0.16}}}},
           {.source = Source::measured, .width = 64});
  expect_g(2, {{"x + relu(xW)", x_plus_f_of_xw<Relu>, {{10, 33.6, 0.066}, {20, 2287, 0.16}}}},
           {.source = Source::measured, .width = 1024, .seeds = 2});
}

TEST(LayersMeasured, SkipsOverSigmoidAndTanhDoTheSameInWideNetworks) {
  expect_g(1,
           {{"x + tanh(xW)", x_plus_f_of_xw<Tanh>, {{10, 3.7576, 0}, {20, 8.145, 0}}},
            {"x + sigmoid(xW)", x_plus_f_of_xw<Sigmoid>, {{10, 1.1408, 0}, {20, 1.1937, 0}}}},
           {.source = Source::measured, .width = 1024, .seeds = 1});
}

struct Anomaly {
  double last, far, outputs;  ///< factors of the last two blocks, of blocks 6 to 25, of ||x|| in blocks 6 to 25
};

/// Measures 50 blocks x + relu(xW).
Anomaly anomaly(double sigma_squared, std::size_t width) {
  const auto skip_of = [](std::size_t block) { return 2 * block - 1; };
  Anomaly sums{};
  Network<float> network(layers_of({x_plus_f_of_xw<Relu>, sigma_squared, width, 50}));
  for (std::uint64_t seed = 0; seed < all_seeds; ++seed) {
    draw_and_pass(network, sigma_squared, 64, seed);
    const auto log_x = [&](std::size_t block) { return std::log(norm_of(network.trace(skip_of(block)).a)); };
    const auto log_delta = [&](std::size_t block) { return std::log(delta_norm(network, skip_of(block))); };
    sums.last += (log_delta(48) - log_delta(50)) / 2;
    sums.far += (log_delta(5) - log_delta(25)) / 20;
    sums.outputs += (log_x(25) - log_x(5)) / 20;
  }
  const auto mean = [](double sum) { return std::exp(sum / static_cast<double>(all_seeds)); };
  return {mean(sums.last), mean(sums.far), mean(sums.outputs)};
}

// Near the output the factor is sqrt(1 + sigma^2 / 2). Far from it, it is sqrt(lambda), by which the norm of x grows:
// lambda = 1 + sigma^2 / 2 + 2 s^2 / (sqrt(lambda) - 1), s = sigma / sqrt(2 pi).
TEST(LayersMeasured, FarFromTheOutputSkipsOverReluMultiplyTheGradientAsTheyMultiplyTheOutputs) {
  struct Row {
    double sigma_squared, sqrt_lambda, far_at_64, sd_64;
  };
  for (const Row& row : {Row{2, 1.704144, 1.6875, 0.032}, Row{1, 1.473739, 1.4623, 0.024}}) {
    const Anomaly wide = anomaly(row.sigma_squared, 256);
    EXPECT_NEAR(wide.last / std::sqrt(1 + row.sigma_squared / 2), 1, 0.02) << row.sigma_squared;
    EXPECT_NEAR(wide.far / row.sqrt_lambda, 1, 0.02) << row.sigma_squared;
    EXPECT_NEAR(wide.outputs / row.sqrt_lambda, 1, 0.02) << row.sigma_squared;
    EXPECT_NEAR(anomaly(row.sigma_squared, 64).far, row.far_at_64, three_errors(row.sd_64, 16)) << row.sigma_squared;
  }
}

// ---- Dropout forgets the input

double mean_cosine(const Matrix<float>& a, const Matrix<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < rows(a); ++i) {
    double dot = 0;
    for (std::size_t j = 0; j < columns(a); ++j) dot += static_cast<double>(a(i, j)) * static_cast<double>(b(i, j));
    sum += dot / (norm(row(a, i)) * norm(row(b, i)));
  }
  return sum / static_cast<double>(rows(a));
}

// The cosine of two passes with different masks tends to c = (1 - rate) (sqrt(1 - c^2) + c (pi - arccos c)) / pi.
TEST(LayersMeasured, TwoPassesWithDifferentMasksReachTheCosineOfTheTheory) {
  struct Row {
    double rate, cosine;
  };
  for (const Row& row : {Row{0.1, 0.6271458849}, Row{0.2, 0.4727993472}, Row{0.5, 0.2172336282}}) {
    Layers layers;
    for (int l = 0; l < 20; ++l) layers.insert(layers.end(), {dense<Relu>(256, 256), dropout(256, row.rate)});
    Network<float> network(layers);
    const double cosine = mean_over_seeds([&](std::uint64_t seed) {
      network.initialize(Normal{std::numbers::sqrt2}, seed);
      const auto x = random_matrix<float>(64, 256, mixed(seed, 1));
      const Matrix<float> first = network.forward(x, {.seed = seed, .step = 0});
      return mean_cosine(first, network.forward(x, {.seed = seed, .step = 1}));
    });
    EXPECT_NEAR(cosine, row.cosine, 0.04) << row.rate;
  }
}

}  // namespace
}  // namespace gradflow

// Identities of the layers' gradients, with the remainders that eps leaves.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/activate.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/dropout.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

constexpr double tolerance = 1e-13;

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double norm(std::span<const double> a) { return std::sqrt(dot(a, a)); }
double sum(std::span<const double> a) { return std::accumulate(a.begin(), a.end(), 0.0); }

Matrix<double> transposed(const Matrix<double>& m) {
  auto t = zeros<double>(columns(m), rows(m));
  for (std::size_t i = 0; i < rows(m); ++i)
    for (std::size_t j = 0; j < columns(m); ++j) t(j, i) = m(i, j);
  return t;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.data()[i] - b.data()[i]));
  return largest;
}

/// A network of one layer, with its first parameters.
template <class T>
Network<T> network_of(const LayerPtr<T>& layer) {
  Network<T> network{layer};
  network.initialize(Zeros{}, 1);
  return network;
}

/// Returns dL/dx for a given dL/doutput.
template <class T>
Matrix<T> input_gradient(Network<T>& network, const Matrix<T>& x, const Matrix<T>& upstream, const Pass& pass = {}) {
  Matrix<T> dx;
  network.forward(x, pass);
  network.backward(x, upstream, &dx);
  return dx;
}

Matrix<double> x_of_rows() { return matrix<double>({{1, -2, 0.5, 3}, {0.25, 4, -1.5, -0.75}}); }
Matrix<double> upstream_of_rows() { return matrix<double>({{0.5, -1, 2, 0.25}, {-0.75, 1.5, 1, -2}}); }
const std::vector<double> gain_of_rows{1.5, -0.5, 2, 1};
Matrix<double> x_of_columns() { return matrix<double>({{1, -2}, {0.5, 3}, {-1.5, 0.25}, {2, 4}}); }
Matrix<double> upstream_of_columns() { return matrix<double>({{0.5, -1}, {2, 0.25}, {-0.75, 1.5}, {1, -2}}); }
const std::vector<double> gain_of_columns{1.5, -0.5};

/// The sums of dL/dx and of x_hat dL/dx: one for each sample, or for each unit.
struct Sums {
  std::vector<double> plain, along;
};

/// x_hat and dL/dx: [samples, units], transposed for sums by unit.
Sums sums(const Matrix<double>& x_hat, const Matrix<double>& dx) {
  Sums all;
  for (std::size_t i = 0; i < rows(dx); ++i) {
    all.plain.push_back(sum(row(dx, i)));
    all.along.push_back(dot(row(x_hat, i), row(dx, i)));
  }
  return all;
}

/// The sums for a layer that normalises samples.
Sums sums_by_sample(const LayerPtr<double>& layer, const std::vector<double>& gain, const Matrix<double>& x,
                    const Matrix<double>& upstream) {
  const Matrix<double> x_hat = network_of(layer).forward(x);
  auto network = network_of(layer);
  std::ranges::copy(gain, network.parameters().begin());
  return sums(x_hat, input_gradient(network, x, upstream));
}

/// The same for batch_norm().
Sums sums_by_unit(const LayerPtr<double>& layer, const std::vector<double>& gain, const Matrix<double>& x,
                  const Matrix<double>& upstream, const Pass& pass = {}) {
  const Matrix<double> x_hat = network_of(layer).forward(x, pass);
  auto network = network_of(layer);
  std::ranges::copy(gain, network.parameters().begin());
  return sums(transposed(x_hat), transposed(input_gradient(network, x, upstream, pass)));
}

/// Returns the exact sum of x_hat dL/dx: (1/s) sum(g x_hat) eps / (v + eps), where g is dL/dx_hat, s the root of
/// v + eps, and v the variance, or the mean of x^2 if the mean is not subtracted.
double remainder(std::span<const double> x, std::span<const double> g, double eps, bool centred) {
  const auto n = static_cast<double>(x.size());
  std::vector<double> apart(x.begin(), x.end());
  for (double& number : apart) number -= centred ? sum(x) / n : 0;
  const double v = dot(apart, apart) / n;
  return dot(g, apart) / (v + eps) * eps / (v + eps);
}

Matrix<double> times_gain(const Matrix<double>& upstream, const std::vector<double>& gain) {
  Matrix<double> g = upstream;
  for (std::size_t i = 0; i < g.size(); ++i) g.data()[i] *= gain[i % gain.size()];
  return g;
}

std::vector<double> some_gain(std::size_t width) {
  std::vector<double> gain(width);
  fill_normal(std::span(gain), 9);
  return gain;
}

TEST(LayersIdentitiesTest, LayerNormsInputGradientsSumTo0InEverySampleForAnyEps) {
  for (const double eps : {0.0, 1e-5, 0.1, 10.0}) {
    for (const double s :
         sums_by_sample(layer_norm<double>(4, {.eps = eps}), gain_of_rows, x_of_rows(), upstream_of_rows()).plain)
      EXPECT_NEAR(s, 0, tolerance) << "eps " << eps;
    for (const double s : sums_by_sample(layer_norm<double>(33, {.eps = eps}), some_gain(33),
                                         random_matrix<double>(9, 33, 1), random_matrix<double>(9, 33, 2))
                              .plain)
      EXPECT_NEAR(s, 0, tolerance) << "eps " << eps;
  }
}

TEST(LayersIdentitiesTest, LayerNormsInputGradientsAlongXHatAreWhatEpsLeaves) {
  const auto got = sums_by_sample(layer_norm<double>(4), gain_of_rows, x_of_rows(), upstream_of_rows()).along;
  EXPECT_NEAR(got[0], -9.318294031174311e-7, 2e-15);
  EXPECT_NEAR(got[1], -1.924779883805953e-6, 2e-15);
}

TEST(LayersIdentitiesTest, RmsNormsInputGradientsAlongXHatAreWhatEpsLeaves) {
  const auto got = sums_by_sample(rms_norm<double>(4), gain_of_rows, x_of_rows(), upstream_of_rows()).along;
  EXPECT_NEAR(got[0], 1.969825814197206e-6, 2e-15);
  EXPECT_NEAR(got[1], -2.14726514135682e-6, 2e-15);
}

TEST(LayersIdentitiesTest, RmsNormsInputGradientsDoNotSumTo0) {
  const auto got = sums_by_sample(rms_norm<double>(4), gain_of_rows, x_of_rows(), upstream_of_rows()).plain;
  EXPECT_NEAR(got[0], 2.681593976450697, tolerance);
  EXPECT_NEAR(got[1], -0.6299300341435229, tolerance);
}

TEST(LayersIdentitiesTest, TheRemainderOfASampleFollowsTheFormula) {
  const auto x = random_matrix<double>(9, 33, 1), upstream = random_matrix<double>(9, 33, 2);
  const auto gain = some_gain(33);
  const auto g = times_gain(upstream, gain);
  for (const double eps : {0.0, 1e-5, 0.1, 10.0}) {
    const auto centred = sums_by_sample(layer_norm<double>(33, {.eps = eps}), gain, x, upstream).along;
    const auto plain = sums_by_sample(rms_norm<double>(33, {.eps = eps}), gain, x, upstream).along;
    for (std::size_t i = 0; i < rows(x); ++i) {
      EXPECT_NEAR(centred[i], remainder(row(x, i), row(g, i), eps, true), tolerance) << "layer_norm, eps " << eps;
      EXPECT_NEAR(plain[i], remainder(row(x, i), row(g, i), eps, false), tolerance) << "rms_norm, eps " << eps;
    }
  }
}

TEST(LayersIdentitiesTest, TheRemainderIs0WithoutEps) {
  const auto layer = sums_by_sample(layer_norm<double>(4, {.eps = 0}), gain_of_rows, x_of_rows(), upstream_of_rows());
  const auto rms = sums_by_sample(rms_norm<double>(4, {.eps = 0}), gain_of_rows, x_of_rows(), upstream_of_rows());
  const auto batch =
      sums_by_unit(batch_norm<double>(2, {.eps = 0}), gain_of_columns, x_of_columns(), upstream_of_columns());
  for (const auto& along : {layer.along, rms.along, batch.along})
    for (const double s : along) EXPECT_NEAR(s, 0, 2e-15);
}

TEST(LayersIdentitiesTest, BatchNormsInputGradientsSumTo0InEveryUnitInTraining) {
  for (const double eps : {0.0, 1e-5, 0.1, 10.0}) {
    for (const double s :
         sums_by_unit(batch_norm<double>(2, {.eps = eps}), gain_of_columns, x_of_columns(), upstream_of_columns())
             .plain)
      EXPECT_NEAR(s, 0, tolerance) << "eps " << eps;
    for (const double s : sums_by_unit(batch_norm<double>(33, {.eps = eps}), some_gain(33),
                                       random_matrix<double>(9, 33, 1), random_matrix<double>(9, 33, 2))
                              .plain)
      EXPECT_NEAR(s, 0, tolerance) << "eps " << eps;
  }
}

TEST(LayersIdentitiesTest, BatchNormsInputGradientsAlongXHatAreWhatEpsLeaves) {
  const auto got = sums_by_unit(batch_norm<double>(2), gain_of_columns, x_of_columns(), upstream_of_columns()).along;
  EXPECT_NEAR(got[0], 1.846131124470094e-5, 2e-15);
  EXPECT_NEAR(got[1], 5.263491773640825e-7, 2e-15);
}

TEST(LayersIdentitiesTest, TheRemainderOfAUnitFollowsTheFormula) {
  const auto x = random_matrix<double>(9, 33, 1), upstream = random_matrix<double>(9, 33, 2);
  const auto gain = some_gain(33);
  const auto by_unit = transposed(x), g = transposed(times_gain(upstream, gain));
  for (const double eps : {0.0, 1e-5, 0.1, 10.0}) {
    const auto got = sums_by_unit(batch_norm<double>(33, {.eps = eps}), gain, x, upstream).along;
    for (std::size_t j = 0; j < 33; ++j)
      EXPECT_NEAR(got[j], remainder(row(by_unit, j), row(g, j), eps, true), tolerance) << "eps " << eps;
  }
}

TEST(LayersIdentitiesTest, InEvaluationBatchNormsInputGradientsHaveNeitherSum) {
  const auto got =
      sums_by_unit(batch_norm<double>(2), gain_of_columns, x_of_columns(), upstream_of_columns(), {.training = false});
  // The running mean is 0 and the running variance 1: x_hat = x / s.
  const auto x = transposed(x_of_columns()), g = transposed(times_gain(upstream_of_columns(), gain_of_columns));
  const double s = std::sqrt(1 + 1e-5);
  for (std::size_t j = 0; j < 2; ++j) {
    EXPECT_NEAR(got.plain[j], sum(row(g, j)) / s, tolerance) << "unit " << j;
    EXPECT_NEAR(got.along[j], dot(row(g, j), row(x, j)) / (s * s), tolerance) << "unit " << j;
    EXPECT_GT(std::min(std::abs(got.plain[j]), std::abs(got.along[j])), 0.1) << "unit " << j;
  }
}

/// dense, without activation, then a norm.
Network<double> dense_then(const LayerPtr<double>& norm, const Matrix<double>& weights, bool bias) {
  Network<double> network{dense<Identity, double>(rows(weights), columns(weights), {.bias = bias}), norm};
  network.initialize(Zeros{}, 1);
  network.weights(0) = weights;
  return network;
}

Matrix<double> x_of_scale() { return matrix<double>({{1, -0.5, 2}, {0.3, 1.2, -0.7}}); }
Matrix<double> weights_of_scale() {
  return matrix<double>({{0.5, -1, 0.25, 0.75}, {1, 0.5, -0.5, -0.25}, {-0.75, 0.2, 1.5, 0.1}});
}

constexpr std::size_t batch_of_units = 16;

struct Scaled {
  Matrix<double> y, dw;
};

/// layer_norm of x c W
Scaled scaled(double c, double eps) {
  auto network = dense_then(layer_norm<double>(4, {.eps = eps}), c * weights_of_scale(), false);
  const Matrix<double> y = network.forward(x_of_scale());
  network.backward(x_of_scale(), upstream_of_rows());
  return {y, network.weight_gradients(0)};
}

TEST(LayersIdentitiesTest, LayerNormAfterDenseHasTheExactOutputs) {
  const auto expected =
      matrix<double>({{-1.056905725008305, -0.7228078666470171, 1.513077800847756, 0.2666357908075663},
                      {1.464428608219729, 0.06624068165224939, -1.348252643475784, -0.1824166463961945}});
  for (const double c : {0.1, 1.0, 10.0}) EXPECT_LT(largest_difference(scaled(c, 0).y, expected), tolerance) << c;
}

TEST(LayersIdentitiesTest, BeforeLayerNormAScaleOfTheWeightsDividesTheirGradients) {
  const auto plain = scaled(1, 0), large = scaled(10, 0);
  EXPECT_NEAR(norm(flat(plain.dw)), 3.49590225522329, tolerance);
  EXPECT_NEAR(norm(flat(large.dw)), 0.349590225522329, tolerance);
  for (const double c : {0.1, 10.0, 1000.0})
    EXPECT_LT(largest_difference(c * scaled(c, 0).dw, plain.dw), tolerance) << c;
}

TEST(LayersIdentitiesTest, BeforeLayerNormWeightsAreOrthogonalToTheirGradients) {
  EXPECT_NEAR(dot(flat(weights_of_scale()), flat(scaled(1, 0).dw)), 0, tolerance);
}

TEST(LayersIdentitiesTest, BeforeLayerNormWeightsAndBiasesTogetherAreOrthogonalToTheirGradients) {
  auto network = dense_then(layer_norm<double>(4, {.eps = 0}), weights_of_scale(), true);
  network.biases(0) = matrix<double>({{0.5, -0.25, 1, 0.75}});
  network.forward(x_of_scale());
  network.backward(x_of_scale(), upstream_of_rows());
  EXPECT_NEAR(dot(std::as_const(network).parameters(0), network.gradients(0)), 0, tolerance);
  const Matrix<double> dw = network.weight_gradients(0);
  EXPECT_GT(std::abs(dot(flat(weights_of_scale()), flat(dw))), 0.1) << "the weights alone are not";
}

TEST(LayersIdentitiesTest, EpsChangesTheScaleOfTheGradientsAsTheFactsSay) {
  const auto plain = scaled(1, 1e-5), large = scaled(10, 1e-5), small = scaled(0.1, 1e-5);
  EXPECT_NEAR(10 * norm(flat(large.dw)) / norm(flat(plain.dw)) - 1, 2.51e-6, 0.005e-6);
  EXPECT_NEAR(0.1 * norm(flat(small.dw)) / norm(flat(plain.dw)) - 1, -2.509e-4, 0.0005e-4);
  EXPECT_NEAR(largest_difference(large.y, plain.y), 4.8e-6, 0.05e-6);
  EXPECT_NEAR(largest_difference(small.y, plain.y), 4.8e-4, 0.05e-4);
}

TEST(LayersIdentitiesTest, WeightsTimesCAndEpsGiveTheSameAsEpsOverCSquared) {
  for (const double c : {0.1, 10.0}) {
    const auto got = scaled(c, 1e-3), expected = scaled(1, 1e-3 / (c * c));
    EXPECT_LT(largest_difference(got.y, expected.y), tolerance) << c;
    EXPECT_LT(largest_difference(c * got.dw, expected.dw), tolerance) << c;
  }
}

/// Returns the largest change of the outputs if each unit's weights are multiplied by another factor.
double change_by_factors(const Matrix<double>& x) {
  auto weights = weights_of_scale();
  auto network = dense_then(batch_norm<double>(4, {.eps = 0}), weights, true);
  const Matrix<double> plain = network.forward(x);
  const double factors[] = {10, 0.1, 3, 1};
  for (std::size_t i = 0; i < weights.size(); ++i) weights.data()[i] *= factors[i % 4];
  network.weights(0) = weights;
  return largest_difference(network.forward(x), plain);
}

TEST(LayersIdentitiesTest, BeforeBatchNormEachUnitsScaleIsLost) {
  EXPECT_LT(change_by_factors(x_of_scale()), tolerance);
  EXPECT_LT(change_by_factors(random_matrix<double>(batch_of_units, 3, 1)), tolerance);
}

TEST(LayersIdentitiesTest, BeforeBatchNormEachUnitsWeightsAreOrthogonalToTheirGradients) {
  const auto x = random_matrix<double>(batch_of_units, 3, 1);
  auto network = dense_then(batch_norm<double>(4, {.eps = 0}), weights_of_scale(), true);
  network.forward(x);
  network.backward(x, random_matrix<double>(batch_of_units, 4, 2));
  const auto weights = transposed(weights_of_scale()), gradients = transposed(network.weight_gradients(0));
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(dot(row(weights, j), row(gradients, j)), 0, tolerance) << "unit " << j;
    EXPECT_GT(norm(row(gradients, j)), 0.1) << "unit " << j;
  }
}

/// Returns the gradients of the biases of a dense layer before the norm.
Matrix<double> bias_gradients(const LayerPtr<double>& norm, const Matrix<double>& x, const Matrix<double>& upstream) {
  auto network = dense_then(norm, weights_of_scale(), true);
  network.forward(x);
  network.backward(x, upstream);
  return network.bias_gradients(0);
}

TEST(LayersIdentitiesTest, BeforeBatchNormABiasHasNoGradient) {
  const auto exact = bias_gradients(batch_norm<double>(4), x_of_scale(), upstream_of_rows());
  for (const double db : flat(exact)) EXPECT_NEAR(db, 0, 3e-16);
  const auto got = bias_gradients(batch_norm<double>(4), random_matrix<double>(batch_of_units, 3, 1),
                                  random_matrix<double>(batch_of_units, 4, 2));
  for (const double db : flat(got)) EXPECT_NEAR(db, 0, tolerance);
}

TEST(LayersIdentitiesTest, BeforeLayerNormOnlyTheSumOfTheBiasGradientsIs0) {
  const auto got = bias_gradients(layer_norm<double>(4), random_matrix<double>(batch_of_units, 3, 1),
                                  random_matrix<double>(batch_of_units, 4, 2));
  EXPECT_NEAR(sum(flat(got)), 0, tolerance);
  for (const double db : flat(got)) EXPECT_GT(std::abs(db), 0.01);
}

/// A chain of homogeneous layers: f(c z) = c f(z) for c > 0.
struct Chain {
  std::string activation;
  bool has_skips, has_dropout;
  double bias = 0;
};

constexpr std::size_t depth = 12, chain_width = 64;

/// 12 blocks of dense, activation, and perhaps dropout, perhaps with a skip over them. The last layer of each block is
/// an identity: its trace holds x_l and dL/dx_l.
Network<double> network_of(const Chain& chain) {
  std::vector<LayerPtr<double>> layers;
  for (std::size_t i = 0; i < depth; ++i) {
    std::vector<LayerPtr<double>> block{
        dense<Identity, double>(chain_width, chain_width, {.bias = chain.bias != 0}),
        chain.activation == "prelu" ? prelu<double>(chain_width) : activate<double>(chain.activation, chain_width)};
    if (chain.has_dropout) block.push_back(dropout<double>(chain_width, 0.2));
    if (chain.has_skips) block = {residual(std::move(block))};
    layers.insert(layers.end(), block.begin(), block.end());
    layers.push_back(activate<Identity, double>(chain_width));
  }
  Network<double> network(std::move(layers));
  network.initialize(HeNormal{}, 3);
  for (std::size_t i = 0; chain.bias != 0 && i < network.size(); ++i)
    if (has_weights(network.layer(i))) std::ranges::fill(network.biases(i), chain.bias);
  return network;
}

/// x_l and dL/dx_l of a chain: of the input, and after each block.
struct Stage {
  Matrix<double> x, dx;
};

/// loss: the sum of a times `direction`; without a direction, half the squared norm of the output.
std::vector<Stage> stages(const Chain& chain, const Matrix<double>* direction = nullptr) {
  const auto x = random_matrix<double>(8, chain_width, 1);
  auto network = network_of(chain);
  const Pass pass{.seed = 5};
  const Matrix<double> output = network.forward(x, pass);
  std::vector<Stage> all{{x, input_gradient(network, x, direction ? *direction : output, pass)}};
  const std::size_t block = network.size() / depth;
  for (std::size_t i = block - 1; i < network.size(); i += block)
    all.push_back({network.trace(i).a, network.trace(i).delta});
  return all;
}

std::vector<Chain> homogeneous_chains() {
  std::vector<Chain> all;
  for (const char* const activation : {"relu", "leaky_relu", "prelu", "identity"})
    for (const bool has_skips : {false, true})
      for (const bool has_dropout : {false, true}) all.push_back({activation, has_skips, has_dropout});
  return all;
}

std::string name(const Chain& chain) {
  return chain.activation + (chain.has_skips ? ", skips" : "") + (chain.has_dropout ? ", dropout" : "");
}

/// Returns the largest relative change of <x_l, dL/dx_l> of a sample from the output to another layer.
double largest_change(const std::vector<Stage>& all) {
  double worst = 0;
  for (std::size_t sample = 0; sample < rows(all[0].x); ++sample) {
    const double expected = dot(row(all.back().x, sample), row(all.back().dx, sample));
    for (const Stage& stage : all)
      worst = std::max(worst, std::abs(dot(row(stage.x, sample), row(stage.dx, sample)) / expected - 1));
  }
  return worst;
}

TEST(LayersIdentitiesTest, InHomogeneousNetworksTheProductOfOutputsAndGradientsIsTheSameInEveryLayer) {
  for (const Chain& chain : homogeneous_chains()) {
    const auto all = stages(chain);
    ASSERT_EQ(all.size(), depth + 1);
    EXPECT_LT(largest_change(all), 1e-14) << name(chain);
  }
}

TEST(LayersIdentitiesTest, TheSameHoldsForGradientsInAnyDirection) {
  const auto direction = random_matrix<double>(8, chain_width, 2);
  for (const Chain& chain : homogeneous_chains()) {
    const auto all = stages(chain, &direction);
    for (std::size_t sample = 0; sample < 8; ++sample) {
      const double expected = dot(row(all.back().x, sample), row(direction, sample));
      for (const Stage& stage : all) {
        const auto x = row(stage.x, sample), dx = row(stage.dx, sample);
        EXPECT_NEAR(dot(x, dx), expected, 1e-14 * norm(x) * norm(dx)) << name(chain);
      }
    }
  }
}

TEST(LayersIdentitiesTest, InHomogeneousNetworksTheGradientHasALowerBound) {
  const auto direction = random_matrix<double>(8, chain_width, 2);
  for (const Chain& chain : homogeneous_chains()) {
    const auto all = stages(chain, &direction);
    for (std::size_t sample = 0; sample < 8; ++sample) {
      const double product = std::abs(dot(row(all.back().x, sample), row(all.back().dx, sample)));
      for (const Stage& stage : all)
        EXPECT_GE(norm(row(stage.dx, sample)), product / norm(row(stage.x, sample)) * (1 - 1e-12)) << name(chain);
    }
  }
}

TEST(LayersIdentitiesTest, WithBiasesOrACurvedActivationTheProductChanges) {
  for (const Chain& chain : {Chain{"relu", false, false, 0.1}, Chain{"tanh", false, false}})
    EXPECT_GT(largest_change(stages(chain)), 0.01) << name(chain);
}

constexpr std::size_t dropout_rows = 64, dropout_width = 256, dropout_count = dropout_rows * dropout_width;

/// a'/a of one pass: the masks, 0 or 1 / (1 - rate), row after row.
std::vector<double> mask(double rate, const Pass& pass) {
  auto network = network_of(dropout<double>(dropout_width, rate));
  const Matrix<double> ones({dropout_rows, dropout_width}, 1.0);
  const Matrix<double> a = network.forward(ones, pass);
  return {flat(a).begin(), flat(a).end()};
}

constexpr std::uint64_t masks = 100, gradient_masks = 400;
constexpr double rates[] = {0.1, 0.2, 0.5, 0.9};

TEST(LayersIdentitiesTest, DropoutMultipliesBy0OrByOneOverOneMinusRate) {
  for (const double rate : rates)
    for (const double m : mask(rate, {.seed = 1})) ASSERT_TRUE(m == 0 || m == 1 / (1 - rate)) << m;
}

TEST(LayersIdentitiesTest, DropoutsShareOfZerosIsTheRateInEveryPass) {
  for (const double rate : rates)
    for (std::uint64_t seed = 0; seed < masks; ++seed) {
      const auto m = mask(rate, {.seed = seed});
      const auto zeros = static_cast<double>(std::ranges::count(m, 0.0));
      const double sd = std::sqrt(rate * (1 - rate) / dropout_count);
      EXPECT_NEAR(zeros / dropout_count, rate, 4.5 * sd) << "rate " << rate << ", seed " << seed;
    }
}

TEST(LayersIdentitiesTest, DropoutsShareOfZerosIsTheRateForEveryNumber) {
  for (const double rate : rates) {
    std::vector<double> share(dropout_count);
    for (std::uint64_t step = 0; step < masks; ++step) {
      const auto m = mask(rate, {.seed = 1, .step = step});
      for (std::size_t i = 0; i < m.size(); ++i) share[i] += m[i] == 0 ? 1.0 / masks : 0;
    }
    const double sd = std::sqrt(rate * (1 - rate) / masks);
    for (std::size_t i = 0; i < share.size(); ++i) EXPECT_NEAR(share[i], rate, 6.5 * sd) << "number " << i;
  }
}

TEST(LayersIdentitiesTest, DropoutKeepsTheMeanAndHasTheExactVariance) {
  for (const double rate : rates) {
    double mean = 0, variance = 0;
    for (std::uint64_t seed = 0; seed < masks; ++seed)
      for (const double m : mask(rate, {.seed = seed})) {
        mean += m / (masks * dropout_count);
        variance += (m - 1) * (m - 1) / (masks * dropout_count);
      }
    // (m - 1)^2 is 1 with probability p, and r^2 with probability 1 - p, where r = p / (1 - p).
    const double r = rate / (1 - rate), root = std::sqrt(static_cast<double>(masks * dropout_count));
    EXPECT_NEAR(mean, 1, 4 * std::sqrt(r) / root) << "rate " << rate;
    EXPECT_NEAR(variance, r, 4 * std::sqrt(rate * (1 - rate)) * std::abs(1 - r * r) / root + 1e-9) << "rate " << rate;
  }
}

struct MeanAndDeviation {
  double mean, deviation;
};

/// Measures the squared norm of dL/dx, divided by the squared norm of dL/da, over many masks.
MeanAndDeviation squared_norms(double rate, const Matrix<double>& upstream) {
  auto network = network_of(dropout<double>(dropout_width, rate));
  std::vector<double> ratios;
  for (std::uint64_t seed = 0; seed < gradient_masks; ++seed) {
    const auto dx = input_gradient(network, zeros<double>(dropout_rows, dropout_width), upstream, {.seed = seed});
    ratios.push_back(dot(flat(dx), flat(dx)) / dot(flat(upstream), flat(upstream)));
  }
  const double mean = sum(ratios) / gradient_masks;
  return {mean, std::sqrt(dot(ratios, ratios) / gradient_masks - mean * mean)};
}

/// Returns the exact standard deviation of the same ratio.
double deviation_of_squared_norms(double rate, const Matrix<double>& upstream) {
  double fourth = 0;
  for (const double g : flat(upstream)) fourth += std::pow(g, 4);
  return std::sqrt(rate / std::pow(1 - rate, 3)) * std::sqrt(fourth) / dot(flat(upstream), flat(upstream));
}

TEST(LayersIdentitiesTest, DropoutDividesTheMeanSquaredGradientByOneMinusRate) {
  const auto g = random_matrix<double>(dropout_rows, dropout_width, 4);
  for (const double rate : rates) {
    const double sd = deviation_of_squared_norms(rate, g);
    const auto got = squared_norms(rate, g);
    EXPECT_NEAR(got.mean, 1 / (1 - rate), 4 * sd / std::sqrt(double{gradient_masks})) << "rate " << rate;
    EXPECT_NEAR(got.deviation / sd, 1, 0.15) << "rate " << rate;
  }
  EXPECT_NEAR(deviation_of_squared_norms(0.2, g), 0.0083, 0.0003);
  EXPECT_NEAR(deviation_of_squared_norms(0.5, g), 0.0267, 0.0009);
}

/// Returns the share of places where both masks drop, or both keep.
double agreement(std::span<const double> a, std::span<const double> b) {
  double same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i] ? 1 : 0;
  return same / static_cast<double>(a.size());
}

TEST(LayersIdentitiesTest, DropoutDrawsOtherNumbersForEachSeedStepLayerRowAndUnit) {
  const auto first = mask(0.5, {.seed = 1, .step = 1});
  const double few_sds = 4.5 * 0.5 / std::sqrt(dropout_count);
  EXPECT_EQ(agreement(first, mask(0.5, {.seed = 1, .step = 1})), 1);
  EXPECT_NEAR(agreement(first, mask(0.5, {.seed = 2, .step = 1})), 0.5, few_sds) << "another seed";
  EXPECT_NEAR(agreement(first, mask(0.5, {.seed = 1, .step = 2})), 0.5, few_sds) << "another step";
  const std::span all(first);
  for (const std::size_t apart : {std::size_t{1}, dropout_width / 2, dropout_width})
    EXPECT_NEAR(agreement(all.first(dropout_count - apart), all.subspan(apart)), 0.5, few_sds) << apart << " apart";

  Network<double> two{dropout<double>(dropout_width, 0.5), dropout<double>(dropout_width, 0.5)};
  two.forward(Matrix<double>({dropout_rows, dropout_width}, 1.0), {.seed = 1, .step = 1});
  EXPECT_NEAR(agreement(flat(two.trace(0).slope), flat(two.trace(1).slope)), 0.5, few_sds) << "another layer";
}

/// Expects a = x and dL/dx = dL/da, bit for bit.
template <class T>
void expect_identity(Network<T> network, const Pass& pass, const std::string& what) {
  const auto x = random_matrix<T>(9, network.inputs(), 1), upstream = random_matrix<T>(9, network.outputs(), 2);
  const auto dx = input_gradient(network, x, upstream, pass);
  EXPECT_TRUE(same_bits(network.trace(network.size() - 1).a, x)) << what;
  EXPECT_TRUE(same_bits(dx, upstream)) << what;
  EXPECT_TRUE(same_bits(network.predict(x), x)) << what;
}

TEST(LayersIdentitiesTest, DropoutInEvaluationIsTheIdentityBitForBit) {
  for (const double rate : rates) {
    expect_identity(network_of(dropout<float>(33, rate)), {.training = false, .seed = 1}, "float");
    expect_identity(network_of(dropout<double>(33, rate)), {.training = false, .seed = 1}, "double");
  }
}

TEST(LayersIdentitiesTest, DropoutWithRate0IsTheIdentityBitForBit) {
  expect_identity(network_of(dropout<float>(33, 0)), {.seed = 1}, "float");
  expect_identity(network_of(dropout<double>(33, 0)), {.seed = 1}, "double");
}

/// A residual block of two layers; the weights and biases of the second are 0.
template <class T>
Network<T> zero_branch(const std::string& activation) {
  Network<T> network{residual({dense<Tanh, T>(33, 20), dense<T>(activation, 20, 33)})};
  network.initialize(LecunNormal{}, 1);
  std::ranges::fill(network.parameters(1), T(0));
  return network;
}

TEST(LayersIdentitiesTest, ABranchOfZerosIsTheIdentityBitForBit) {
  for (const char* const activation : {"identity", "tanh", "relu", "leaky_relu", "gelu", "silu"}) {
    expect_identity(zero_branch<float>(activation), {}, activation);
    expect_identity(zero_branch<double>(activation), {}, activation);
  }
}

TEST(LayersIdentitiesTest, InFloatLayerNormSubtractsTheMeanBeforeItSquares) {
  const Matrix<float> y = network_of(layer_norm<float>(4)).forward(matrix<float>({{10000, 10000.5, 10001, 10001.5}}));
  const double expected[] = {-1.34161932, -0.44720644, 0.44720644, 1.34161932};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(static_cast<double>(y(0, i)), expected[i], 1e-6);
}

TEST(LayersIdentitiesTest, InFloatBatchNormSubtractsTheMeanBeforeItSquares) {
  const auto x = matrix<float>({{10000}, {10000.5}, {10001}, {10001.5}});
  const Matrix<float> y = network_of(batch_norm<float>(1)).forward(x);
  const double expected[] = {-1.34161932, -0.44720644, 0.44720644, 1.34161932};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(static_cast<double>(y(i, 0)), expected[i], 1e-6);
}

}  // namespace
}  // namespace gradflow

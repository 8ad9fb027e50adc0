// Norms, skip and prelu against numbers computed with 40 digits (mpmath), and by PyTorch.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class LayersExactTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LayersExactTest, Numbers);

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-13;

template <class T>
std::vector<T> numbers(std::initializer_list<double> values) {
  std::vector<T> all;
  for (const double value : values) all.push_back(static_cast<T>(value));
  return all;
}

/// expected: all numbers, row after row.
template <class T>
void expect_numbers(std::span<const T> got, std::initializer_list<double> expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(static_cast<double>(got[i]), expected.begin()[i], tolerance<T>) << "number " << i;
}

/// What one layer computes alone, without a network.
template <class T>
struct Alone {
  Matrix<T> a, dx;
  std::vector<T> gradients;
};

template <class T>
Alone<T> alone(const LayerPtr<T>& layer, const std::vector<T>& parameters, const Matrix<T>& x,
               const Matrix<T>& upstream) {
  Trace<T> trace;
  trace.pass = {.training = true};
  std::vector<T> gradients(parameters.size(), T(99));
  Matrix<T> dx;
  layer->forward(parameters, x, trace);
  trace.delta = upstream;
  layer->backward(parameters, x, trace, gradients, &dx);
  return {trace.a, dx, gradients};
}

template <class T>
Matrix<T> x_of_rows() {
  return matrix<T>({{1, -2, 0.5, 3}, {0.25, 4, -1.5, -0.75}});
}

template <class T>
Matrix<T> upstream_of_rows() {
  return matrix<T>({{0.5, -1, 2, 0.25}, {-0.75, 1.5, 1, -2}});
}

template <class T>
Alone<T> layer_norm_alone() {
  return alone<T>(layer_norm<T>(4), numbers<T>({1.5, -0.5, 2, 1, 0.1, -0.2, 0.3, 0}), x_of_rows<T>(),
                  upstream_of_rows<T>());
}

TYPED_TEST(LayersExactTest, LayerNormHasTheExactOutputs) {
  const auto got = layer_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(
      flat(got.a), {0.4158375849829557, 0.5369543649602298, 0.1596277400075753, 1.333536469928035, -0.07739352031457533,
                    -1.027836428134685, -1.592197550022137, -0.5913117343819178});
}

TYPED_TEST(LayersExactTest, LayerNormHasTheExactInputGradients) {
  const auto got = layer_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(flat(got.dx),
                            {-0.3353721973090429, -0.6002120786776192, 1.468722579029787, -0.5331383030431246,
                             -0.335869143268649, 0.2229816178180583, 0.9643968136591506, -0.8515092882085599});
}

TYPED_TEST(LayersExactTest, LayerNormHasTheExactGradientsOfGainAndBias) {
  const auto got = layer_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(got.gradients, {0.1939759551516062, 3.957418014324514, -1.086471035003493,
                                            1.516007586245844, -0.25, 0.5, 3, -1.75});
}

TYPED_TEST(LayersExactTest, LayerNormDividesByTheRootOfVariancePlusEps) {
  using T = TypeParam;
  const auto x = x_of_rows<T>();
  const auto got = alone<T>(layer_norm<T>(4), numbers<T>({1, 1, 1, 1, 0, 0, 0, 0}), x, upstream_of_rows<T>());
  std::vector<T> s;
  for (std::size_t i = 0; i < 2; ++i) s.push_back((x(i, 3) - x(i, 1)) / (got.a(i, 3) - got.a(i, 1)));
  expect_numbers<T>(s, {1.780978663544289, 2.113944180909231});
}

template <class T>
Alone<T> rms_norm_alone() {
  return alone<T>(rms_norm<T>(4), numbers<T>({1.5, -0.5, 2, 1}), x_of_rows<T>(), upstream_of_rows<T>());
}

TYPED_TEST(LayersExactTest, RmsNormHasTheExactOutputs) {
  const auto got = rms_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(
      flat(got.a), {0.7947182988457054, 0.5298121992304702, 0.5298121992304702, 1.589436597691411, 0.1726304183749791,
                    -0.9206955646665552, -1.381043346999833, -0.3452608367499582});
}

TYPED_TEST(LayersExactTest, RmsNormHasTheExactInputGradients) {
  const auto got = rms_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(flat(got.dx),
                            {0.3044099016960971, 0.4508045950687462, 2.072774173058503, -0.1463946933726491,
                             -0.4887384979085157, 0.121183278712787, 0.7457790213680257, -1.00815383631582});
}

TYPED_TEST(LayersExactTest, RmsNormHasTheExactGradientsOfTheGain) {
  const auto got = rms_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(got.gradients,
                            {0.1785908904277456, 3.821711092460606, -0.1607094742694461, 1.087880822922769});
}

template <class T>
Matrix<T> x1() {
  return matrix<T>({{1, -2}, {0.5, 3}, {-1.5, 0.25}, {2, 4}});
}
template <class T>
Matrix<T> x2() {
  return matrix<T>({{0, 1}, {2, -1}, {1, 0.5}, {-0.5, 2.5}});
}
template <class T>
Matrix<T> x3() {
  return matrix<T>({{3, 0}, {1, 1}, {-2, -0.5}, {0.5, 2}});
}

template <class T>
Alone<T> batch_norm_alone() {
  return alone<T>(batch_norm<T>(2), numbers<T>({1.5, -0.5, 0.1, -0.2}), x1<T>(),
                  matrix<T>({{0.5, -1}, {2, 0.25}, {-0.75, 1.5}, {1, -2}}));
}

TYPED_TEST(LayersExactTest, BatchNormHasTheExactOutputsInTraining) {
  const auto got = batch_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(flat(got.a),
                            {0.6883465951201214, 0.5034840974194092, 0.1, -0.5583786911381896, -2.253386380480486,
                             0.02564584256848974, 1.865039785360364, -0.7707512488497094});
}

TYPED_TEST(LayersExactTest, BatchNormHasTheExactInputGradientsInTraining) {
  const auto got = batch_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(flat(got.dx),
                            {-0.5148014604440307, 0.2486283641898178, 1.544409812190319, -0.1717388133467864,
                             -0.5148105118744084, -0.3520086962677236, -0.5147978398718796, 0.2751191454246922});
}

TYPED_TEST(LayersExactTest, BatchNormHasTheExactGradientsOfGainAndBiasInTraining) {
  const auto got = batch_norm_alone<TypeParam>();
  expect_numbers<TypeParam>(got.gradients, {2.549501912187193, -1.373784982696393, 2.75, -1.25});
}

/// A network of one batch_norm layer, after a step of training with each batch.
template <class T>
Network<T> trained_batch_norm(const std::vector<Matrix<T>>& batches) {
  Network<T> network{batch_norm<T>(2)};
  std::ranges::copy(numbers<T>({1.5, -0.5, 0.1, -0.2}), network.parameters().begin());
  for (const Matrix<T>& x : batches) {
    network.forward(x);
    network.update_state();
  }
  return network;
}

TYPED_TEST(LayersExactTest, RunningStatisticsStartWithMean0AndVariance1) {
  expect_numbers<TypeParam>(trained_batch_norm<TypeParam>({}).state(0), {0, 0, 1, 1});
}

TYPED_TEST(LayersExactTest, RunningStatisticsAreExactAfterEachOfThreeBatches) {
  using T = TypeParam;
  const auto after_1 = trained_batch_norm<T>({x1<T>()});
  const auto after_2 = trained_batch_norm<T>({x1<T>(), x2<T>()});
  const auto after_3 = trained_batch_norm<T>({x1<T>(), x2<T>(), x3<T>()});
  expect_numbers<T>(after_1.state(0), {0.05, 0.13125, 1.116666666666667, 1.6390625});
  expect_numbers<T>(after_2.state(0), {0.1075, 0.193125, 1.127916666666667, 1.683489583333333});
  expect_numbers<T>(after_3.state(0), {0.15925, 0.2363125, 1.438041666666667, 1.638057291666667});
}

TYPED_TEST(LayersExactTest, RunningStatisticsAreExactAfterTenTimesTheSameBatch) {
  const auto network = trained_batch_norm<TypeParam>(std::vector<Matrix<TypeParam>>(10, x1<TypeParam>()));
  expect_numbers<TypeParam>(network.state(0), {0.32566077995, 0.85485954736875, 1.759875153216667, 5.162351843735937});
}

TYPED_TEST(LayersExactTest, ForwardAloneDoesNotChangeTheRunningStatistics) {
  auto network = trained_batch_norm<TypeParam>({x1<TypeParam>()});
  network.forward(x2<TypeParam>());
  expect_numbers<TypeParam>(network.state(0), {0.05, 0.13125, 1.116666666666667, 1.6390625});
}

TYPED_TEST(LayersExactTest, BatchNormUsesTheRunningStatisticsInEvaluation) {
  using T = TypeParam;
  auto network = trained_batch_norm<T>({x1<T>(), x2<T>(), x3<T>()});
  const auto x = matrix<T>({{1, -2}, {0.25, 4}});
  const Matrix<T> y = network.forward(x, {.training = false});
  expect_numbers<T>(flat(y), {1.151649186354354, 0.6736482802799296, 0.2135143189552871, -1.670339727513962});
  EXPECT_TRUE(same_bits(network.predict(x), y));

  Matrix<T> dx;
  network.backward(x, matrix<T>({{0.5, -1}, {2, 0.25}}), &dx);
  expect_numbers<T>(flat(dx), {0.6254232449327114, 0.3906646679656486, 2.501692979730846, -0.09766616699141216});
  expect_numbers<T>(network.gradients(), {0.5019021540585009, 2.48246642431684, 2.5, -0.75});
}

TYPED_TEST(LayersExactTest, EvaluationDoesNotChangeTheRunningStatistics) {
  using T = TypeParam;
  auto network = trained_batch_norm<T>({x1<T>()});
  network.forward(x2<T>(), {.training = false});
  network.update_state();
  expect_numbers<T>(network.state(0), {0.05, 0.13125, 1.116666666666667, 1.6390625});
}

TYPED_TEST(LayersExactTest, BatchNormRefusesABatchOfOneSampleInTraining) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(2, 2), batch_norm<T>(2)};
  const auto one = matrix<T>({{1, -2}});
  EXPECT_EQ(message_of<ShapeError>([&] { network.forward(one); }),
            "layer 1 (batch_norm 2): batch: got 1 sample, expected at least 2 in training, because one sample has no "
            "variance; choose another batch_size, or Pass{.training = false}");
}

TYPED_TEST(LayersExactTest, BatchNormTakesABatchOfOneSampleInEvaluation) {
  using T = TypeParam;
  auto network = trained_batch_norm<T>({x1<T>(), x2<T>(), x3<T>()});
  expect_numbers<T>(flat(network.forward(matrix<T>({{1, -2}}), {.training = false})),
                    {1.151649186354354, 0.6736482802799296});
}

TYPED_TEST(LayersExactTest, BatchNormTurnsAConstantColumnIntoTheBias) {
  using T = TypeParam;
  const auto parameters = numbers<T>({1.5, -0.5, 0.1, -0.2});
  const auto got = alone<T>(batch_norm<T>(2), parameters, matrix<T>({{3, 1}, {3, -1}, {3, 5}}),
                            matrix<T>({{0.5, -1}, {2, 0.25}, {-0.75, 1.5}}));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(got.a(i, 0), parameters[2]) << "row " << i;
  EXPECT_EQ(got.gradients[0], T(0)) << "the normalised numbers are 0, and so is the gradient of the gain";
}

template <class T>
Matrix<T> skip_upstream() {
  return matrix<T>({{1, -2}, {0.5, 0.75}});
}

/// a = x + tanh(tanh(x W1 + b1) W2 + b2), after forward() and backward().
template <class T>
struct SkipRun {
  Network<T> network{residual({dense<Tanh, T>(2, 2), dense<Tanh, T>(2, 2)})};
  Matrix<T> a, dx;

  SkipRun() {
    network.weights(0) = matrix<T>({{0.5, -0.25}, {0.75, 1}});
    network.biases(0) = matrix<T>({{0.1, -0.2}});
    network.weights(1) = matrix<T>({{-0.5, 0.8}, {0.3, 0.6}});
    network.biases(1) = matrix<T>({{0.05, 0}});
    const auto x = matrix<T>({{1, -0.5}, {0.25, 2}});
    a = network.forward(x);
    network.backward(x, skip_upstream<T>(), &dx);
  }
};

TYPED_TEST(LayersExactTest, SkipHasTheExactOutputs) {
  const SkipRun<TypeParam> run;
  expect_numbers<TypeParam>(flat(run.a),
                            {0.7247141632322489, -0.7606885844938084, 0.1136050463302257, 2.865467714896585});
}

TYPED_TEST(LayersExactTest, SkipHasTheExactGradientsInsideTheBranch) {
  const SkipRun<TypeParam> run;
  expect_numbers<TypeParam>(flat(run.network.trace(1).delta),
                            {0.9242177080750791, -1.864082923829229, 0.4906982083067101, 0.1882242258537623});
  expect_numbers<TypeParam>(flat(run.network.trace(0).delta),
                            {-1.857729816911507, -0.380821892874067, -0.01130494257484352, 0.03031204947184192});
}

TYPED_TEST(LayersExactTest, SkipHasTheExactInputGradients) {
  const SkipRun<TypeParam> run;
  expect_numbers<TypeParam>(flat(run.dx),
                            {0.1663405647627631, -3.774119255557698, 0.4867695163446178, 0.7718333425407093});
}

TYPED_TEST(LayersExactTest, SkipAddsTheExactGradientsOfTheBranch) {
  const SkipRun<TypeParam> run;
  const Matrix<TypeParam> branch = run.dx - skip_upstream<TypeParam>();
  expect_numbers<TypeParam>(flat(branch),
                            {-0.8336594352372369, -1.774119255557698, -0.01323048365538224, 0.02183334254070929});
}

TYPED_TEST(LayersExactTest, SkipHasTheExactGradientsOfTheWeights) {
  const SkipRun<TypeParam> run;
  const Matrix<TypeParam> first = run.network.weight_gradients(0), second = run.network.weight_gradients(1);
  expect_numbers<TypeParam>(flat(first),
                            {-1.860556052555218, -0.3732438805061066, 0.9062550233060666, 0.2510350453807174});
  expect_numbers<TypeParam>(flat(second),
                            {0.6650112384377876, -0.2358400770326263, -0.2224956736035622, 1.555935683541071});
}

template <class T>
Alone<T> prelu_alone(PreluOptions options, std::initializer_list<double> slopes) {
  return alone<T>(prelu<T>(4, options), numbers<T>(slopes), matrix<T>({{-2, 0.5, 0, -0.25}, {1.5, -3, 2, -1}}),
                  upstream_of_rows<T>());
}

TYPED_TEST(LayersExactTest, PreluStartsWithOneSlopeOfAQuarter) {
  Network<TypeParam> network{prelu<TypeParam>(4)};
  network.initialize(HeNormal{}, 1);
  expect_numbers<TypeParam>(std::as_const(network).parameters(), {0.25});
}

TYPED_TEST(LayersExactTest, PreluHasTheExactOutputsAndGradientsForOneSlope) {
  const auto got = prelu_alone<TypeParam>({}, {0.25});
  expect_numbers<TypeParam>(flat(got.a), {-0.5, 0.5, 0, -0.0625, 1.5, -0.75, 2, -0.25});
  expect_numbers<TypeParam>(flat(got.dx), {0.125, -1, 0.5, 0.0625, -0.75, 0.375, 1, -0.5});
  expect_numbers<TypeParam>(got.gradients, {-3.5625});
}

TYPED_TEST(LayersExactTest, PreluHasTheExactOutputsAndGradientsForASlopePerUnit) {
  const auto got = prelu_alone<TypeParam>({.per_unit = true}, {0.25, -0.5, 0, 2});
  expect_numbers<TypeParam>(flat(got.a), {-0.5, 0.5, 0, -0.5, 1.5, 1.5, 2, -2});
  expect_numbers<TypeParam>(flat(got.dx), {0.125, -1, 0, 0.5, -0.75, -0.75, 1, -4});
  expect_numbers<TypeParam>(got.gradients, {-1, -4.5, 0, 1.9375});
}

TYPED_TEST(LayersExactTest, PreluTakesTheSlopeAt0AsPyTorchDoes) {
  const auto got = prelu_alone<TypeParam>({}, {0.25});
  EXPECT_EQ(got.dx(0, 2), upstream_of_rows<TypeParam>()(0, 2) * static_cast<TypeParam>(0.25));
}

}  // namespace
}  // namespace gradflow

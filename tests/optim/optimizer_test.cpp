// Tests what step() does with every update rule: scaling, clipping, ranges and norms, state, errors.
#include <gradflow/optim/optimizer.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/base/state_values.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <support/errors.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

/// Returns every optimiser by its text, and the variants with momentum, which keep more state.
const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names{"sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=true)", "rmsprop(momentum=0.9)"};
    for (const std::string_view name : names_of(Optimizers{})) names.emplace_back(name);
    return names;
  }();
  return all;
}

template <class T>
std::vector<T> random_numbers(std::size_t n, std::uint64_t seed, double scale = 1) {
  Rng rng(seed);
  std::vector<T> numbers(n);
  for (T& x : numbers) x = static_cast<T>(scale * rng.normal());
  return numbers;
}

/// Returns the n parameters after three steps with random gradients.
template <class T>
std::vector<T> trained(Optimizer<T>& optimizer, std::size_t n, const StepOptions& options = {}) {
  auto w = random_numbers<T>(n, 1);
  for (std::uint64_t t = 0; t < 3; ++t) optimizer.step(w, random_numbers<T>(n, 2 + t), options);
  return w;
}

/// Returns a network after a forward and a backward pass, so that it has gradients.
template <class T>
Network<T> backpropagated() {
  auto network = small_network<T>();
  const auto x = random_matrix<T>(5, 3, 1);
  network.forward(x);
  network.backward(x, random_matrix<T>(5, 1, 2));
  return network;
}

template <class T>
class OptimizerStep : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(OptimizerStep, Numbers);

TYPED_TEST(OptimizerStep, ScalesFirstThenClipsThenDecays) {
  Sgd<TypeParam> optimizer({.learning_rate = 1, .weight_decay = 0.5});
  std::vector<TypeParam> w{4, 4, 4, 4};
  optimizer.step(w, std::vector<TypeParam>{8, -8, 1, 0}, {.gradient_scale = 0.25, .clip_value = 1});
  // The gradient becomes 0.25 g, limited to [-1, 1], plus 0.5 w = 2.
  EXPECT_EQ(w, (std::vector<TypeParam>{4 - 3, 4 - 1, 4 - 2.25, 4 - 2}));
}

TYPED_TEST(OptimizerStep, LimitsAnInfiniteGradientAndShowsANaN) {
  constexpr auto infinity = std::numeric_limits<TypeParam>::infinity();
  Sgd<TypeParam> optimizer({.learning_rate = 1});
  std::vector<TypeParam> w{0, 0, 0};
  optimizer.step(w, std::vector<TypeParam>{infinity, -infinity, std::numeric_limits<TypeParam>::quiet_NaN()},
                 {.clip_value = 2});
  EXPECT_EQ(w[0], -2);
  EXPECT_EQ(w[1], 2);
  EXPECT_TRUE(std::isnan(w[2]));
}

TYPED_TEST(OptimizerStep, ScalingByTheStepIsScalingTheGradient) {
  for (const auto& text : texts()) {
    const auto a = make_optimizer<TypeParam>(text), b = make_optimizer<TypeParam>(text);
    auto w = random_numbers<TypeParam>(45, 1), v = w;
    auto g = random_numbers<TypeParam>(45, 2);
    a->step(w, g, {.gradient_scale = 0.5});
    for (auto& x : g) x *= TypeParam(0.5);
    b->step(v, g);
    EXPECT_EQ(w, v) << text;
  }
}

TYPED_TEST(OptimizerStep, LeavesTheGradientsAsTheyAre) {
  for (const auto& text : texts()) {
    const auto optimizer = make_optimizer<TypeParam>(text);
    const auto g = random_numbers<TypeParam>(45, 2);
    auto copy = g, w = g;
    optimizer->step(w, copy, {.gradient_scale = 0.5, .clip_value = 0.1});
    EXPECT_EQ(copy, g) << text;
    EXPECT_NE(w, g) << text;
  }
}

TYPED_TEST(OptimizerStep, HasTheSameBitsHoweverRangesCutTheBuffer) {
  constexpr std::size_t n = 5000;  // several times measured_at_once
  const std::vector<std::vector<Range>> cuts = {
      {{0, n}}, {{0, 0}, {1, 6}, {7, 4990}}, {{3, 2500}, {2600, 2399}}, {{n, 0}}};
  for (const auto& text : texts()) {
    const auto expected = trained(*make_optimizer<TypeParam>(text), n);
    for (const auto& ranges : cuts) {
      std::vector<RangeNorms> norms(ranges.size());
      EXPECT_EQ(trained(*make_optimizer<TypeParam>(text), n, {.ranges = ranges, .norms = norms}), expected) << text;
    }
  }
}

template <class T>
void expect_norms(const std::string& text, double scale) {
  const std::array ranges{Range{2, 3000}, Range{3002, 0}, Range{3010, 1}};
  std::array<RangeNorms, 3> norms;
  const auto optimizer = make_optimizer<T>(text);
  auto w = random_numbers<T>(3050, 1, scale);
  const auto before = w, g = random_numbers<T>(3050, 2, scale);
  optimizer->step(w, g, {.gradient_scale = 0.5, .clip_value = scale, .ranges = ranges, .norms = norms});
  std::vector<T> change(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) change[i] = w[i] - before[i];
  const auto of = [](const std::vector<T>& v, Range r) { return norm(std::span(v).subspan(r.begin, r.size)); };
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_NEAR(norms[i].gradient, of(g, ranges[i]), 1e-14 * of(g, ranges[i])) << text << " " << scale;
    EXPECT_NEAR(norms[i].parameter, of(before, ranges[i]), 1e-14 * of(before, ranges[i])) << text << " " << scale;
    EXPECT_NEAR(norms[i].update, of(change, ranges[i]), 1e-14 * of(change, ranges[i])) << text << " " << scale;
  }
}

TYPED_TEST(OptimizerStep, LeavesTheNormsOfEachRange) {
  for (const auto& text : texts())
    for (const double scale : {1e-30, 1.0, 1e18}) expect_norms<TypeParam>(text, scale);
}

TEST(OptimizerStepOfDouble, LeavesNormsWhoseSquaresLeaveTheRangeOfDouble) {
  for (const double scale : {1e-200, 1e-160, 1e160, 1e200}) expect_norms<double>("sgd", scale);
}

TYPED_TEST(OptimizerStep, TwoOptimizersDoNotKnowOfEachOther) {
  for (const auto& text : texts()) {
    const auto alone = make_optimizer<TypeParam>(text), other = make_optimizer<TypeParam>(text);
    auto w = random_numbers<TypeParam>(45, 1), v = w;
    for (std::uint64_t t = 0; t < 3; ++t) {
      alone->step(w, random_numbers<TypeParam>(45, 2 + t));
      other->step(v, random_numbers<TypeParam>(45, 9 + t));
    }
    EXPECT_EQ(w, trained(*make_optimizer<TypeParam>(text), 45)) << text;
  }
}

TYPED_TEST(OptimizerStep, AfterAResetBeginsAnewAndTakesOtherParameters) {
  for (const auto& text : texts()) {
    const auto optimizer = make_optimizer<TypeParam>(text);
    const auto first = trained(*optimizer, 45);
    EXPECT_EQ(optimizer->steps(), 3u);
    optimizer->reset();
    EXPECT_EQ(optimizer->steps(), 0u);
    trained(*optimizer, 7);
    optimizer->reset();
    EXPECT_EQ(trained(*optimizer, 45), first) << text;
  }
}

TYPED_TEST(OptimizerStep, GoesOnFromARestoredState) {
  for (const auto& text : texts()) {
    const auto whole = make_optimizer<TypeParam>(text), resumed = make_optimizer<TypeParam>(text);
    auto w = trained(*whole, 45), v = w;
    std::vector<std::span<const TypeParam>> state;
    for (std::size_t i = 0; i < whole->buffers(); ++i) state.push_back(whole->state(i));
    resumed->restore(whole->steps(), state);
    whole->step(w, random_numbers<TypeParam>(45, 8));
    resumed->step(v, random_numbers<TypeParam>(45, 8));
    EXPECT_EQ(w, v) << text;
  }
}

TEST(Optimizer, StepsAfterTheStateBeforeTheFirstStepWasRestored) {
  Adam fresh, resumed;
  resumed.restore(fresh.steps(), {fresh.state(0), fresh.state(1)});
  std::vector<float> w(5, 1), v = w;
  fresh.step(w, std::vector<float>(5, 1));
  resumed.step(v, std::vector<float>(5, 1));
  EXPECT_EQ(w, v);
  EXPECT_THROW(resumed.restore(1, {Adam().state(0), Adam().state(1)}), ShapeError);
}

TEST(Optimizer, RestoreRefusesBuffersThatAreNotItsOwn) {
  Adam adam;
  const std::vector<float> three(3), four(4);
  EXPECT_THROW(adam.restore(1, {three}), ShapeError);
  EXPECT_THROW(adam.restore(1, {three, four}), ShapeError);
}

/// Expects step() to throw Error and to change neither the parameters nor the step counter.
template <class Error>
void expect_refused(std::size_t gradients, const StepOptions& options, double rate = 0.1) {
  Adam adam;
  adam.learning_rate = rate;
  std::vector<float> w(10, 1);
  EXPECT_THROW(adam.step(w, std::vector<float>(gradients, 1), options), Error);
  EXPECT_EQ(w, std::vector<float>(10, 1));
  EXPECT_EQ(adam.steps(), 0u);
}

TEST(Optimizer, RefusesWhatDoesNotFitAndChangesNothing) {
  std::array<RangeNorms, 2> norms;
  const auto refuse_ranges = [&](std::array<Range, 2> ranges) {
    expect_refused<ShapeError>(10, {.ranges = ranges, .norms = norms});
  };
  expect_refused<ShapeError>(9, {});
  expect_refused<ShapeError>(10, {.norms = norms});
  refuse_ranges({Range{0, 5}, Range{4, 2}});
  refuse_ranges({Range{5, 2}, Range{0, 5}});
  refuse_ranges({Range{0, 5}, Range{5, 6}});
  refuse_ranges({Range{0, 5}, Range{5, ~std::size_t{0}}});
  refuse_ranges({Range{0, 5}, Range{11, 0}});
}

TEST(Optimizer, RefusesOptionsAndRatesThatAreNoUsableNumber) {
  expect_refused<ValueError>(10, {.gradient_scale = std::nan("")});
  expect_refused<ValueError>(10, {.gradient_scale = std::numeric_limits<double>::infinity()});
  expect_refused<ValueError>(10, {.clip_value = -1});
  expect_refused<ValueError>(10, {.clip_value = std::nan("")});
  expect_refused<ValueError>(10, {}, -0.1);
  expect_refused<ValueError>(10, {}, std::nan(""));
}

TYPED_TEST(OptimizerStep, OnANetworkIsThatOnItsArrays) {
  for (const auto& text : texts()) {
    const auto by_network = make_optimizer<TypeParam>(text), by_arrays = make_optimizer<TypeParam>(text);
    auto a = backpropagated<TypeParam>(), b = backpropagated<TypeParam>();
    for (int t = 0; t < 3; ++t) {
      by_network->step(a, {.gradient_scale = 0.5});
      by_arrays->step(b.parameters(), b.gradients(), {.gradient_scale = 0.5});
    }
    EXPECT_TRUE(same_bits<TypeParam>(std::as_const(a).parameters(), std::as_const(b).parameters())) << text;
  }
}

TYPED_TEST(OptimizerStep, OnAnotherNetworkIsRefusedUntilTheOptimiserForgets) {
  using T = TypeParam;
  Adam<T> adam;
  auto first = backpropagated<T>(), second = first;
  adam.step(first);
  adam.step(first);
  const auto before = copy_of(std::as_const(second).parameters());
  EXPECT_EQ(message_of<ValueError>([&] { adam.step(second); }),
            "adam: network: got another network, or a network that was initialised again, expected the network of "
            "the last 2 steps; call reset() to begin with other parameters");
  EXPECT_EQ(adam.steps(), 2u);
  EXPECT_TRUE(same_bits<T>(std::as_const(second).parameters(), std::span<const T>(before)));
  Network<T> moved = std::move(first);
  EXPECT_NO_THROW(adam.step(moved));
  moved.initialize(Zeros{}, 1);
  EXPECT_THROW(adam.step(moved), ValueError);
  adam.reset();
  EXPECT_NO_THROW(adam.step(moved));
}

TYPED_TEST(OptimizerStep, OnAnyNetworkContinuesFromARestoredState) {
  using T = TypeParam;
  Adam<T> adam;
  auto first = backpropagated<T>(), second = first;
  adam.step(first);
  State saved;
  StateVisitor saver(saved);
  adam.visit_state(saver);
  EXPECT_THROW(adam.step(second), ValueError);
  StateVisitor loader(saved, "state");
  adam.visit_state(loader);
  EXPECT_NO_THROW(adam.step(second));
  EXPECT_THROW(adam.step(first), ValueError);
}

TEST(Optimizer, RefusesParametersOfAnotherSizeThanBefore) {
  Sgd sgd;
  std::vector<float> w(10), g(10), v(11);
  sgd.step(w, g);
  EXPECT_THROW(sgd.step(v, v), ShapeError);
  EXPECT_THROW(sgd.step(v, g), ShapeError);
  EXPECT_NO_THROW(sgd.step(w, g));
}

}  // namespace
}  // namespace gradflow

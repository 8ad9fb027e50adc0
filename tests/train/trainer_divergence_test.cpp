// A loss, gradient or parameter that is not finite ends the run. The history names the step and the layer.
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerDivergence : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerDivergence, Numbers);

template <class T>
constexpr double huge_rate = sizeof(T) == 4 ? 1e30 : 1e250;

template <class T>
Network<T> relu_network() {
  Network<T> network{dense<Relu, T>(3, 8), dense<Relu, T>(8, 8), dense<Identity, T>(8, 1)};
  network.initialize(HeNormal{}, 1);
  return network;
}

template <class T>
class Counter : public Observer<T> {
 public:
  Next on_gradients(const Step<T>& step) override {
    EXPECT_TRUE(all_finite(step.network.gradients()));
    return ++gradients, Next::proceed;
  }
  Next on_step(const Step<T>&) override { return ++steps, Next::proceed; }
  Next on_epoch(const Epoch<T>&) override { return ++epochs, Next::proceed; }
  int gradients = 0, steps = 0, epochs = 0;
};

TYPED_TEST(TrainerDivergence, AHugeLearningRateEndsTheRunAndNamesStepAndLayer) {
  using T = TypeParam;
  auto network = relu_network<T>();
  Sgd<T> sgd({.learning_rate = huge_rate<T>});
  Counter<T> counter;
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 9, .batch_size = 16})
                              .watch(counter)
                              .fit(small_regression<T>(64));
  EXPECT_EQ(history.outcome, Outcome::diverged);
  ASSERT_TRUE(history.divergence);
  EXPECT_EQ(history.divergence->step, 1u);
  const std::size_t layer = history.divergence->layer;
  EXPECT_LT(layer, 3u);
  EXPECT_FALSE(all_finite(flat(network.trace(layer).a)));
  if (layer > 0) {
    EXPECT_TRUE(all_finite(flat(network.trace(layer - 1).a)));
  }
  EXPECT_EQ(history.divergence->text, "step 1: " + network.layer_name(layer) + ": output is not finite");
  EXPECT_EQ(history.steps, 1u);
  EXPECT_FALSE(history.succeeded());
  ASSERT_EQ(history.epochs.size(), 1u) << "expected a record of the epoch that diverged";
  EXPECT_EQ(history.epochs[0].epoch, 0u);
  EXPECT_EQ(history.epochs[0].steps, 1u);
  EXPECT_EQ(history.epochs[0].learning_rate, huge_rate<T>);
  EXPECT_TRUE(std::isfinite(history.epochs[0].train_loss));
  EXPECT_TRUE(std::isnan(history.epochs[0].validation.loss));
  EXPECT_FALSE(history.best_epoch);
  EXPECT_EQ(counter.gradients, 1);
  EXPECT_EQ(counter.steps, 1);
  EXPECT_EQ(counter.epochs, 0);
}

TYPED_TEST(TrainerDivergence, ParametersLostInTheVeryLastUpdateAreSeen) {
  using T = TypeParam;
  auto network = relu_network<T>();
  Sgd<T> sgd({.learning_rate = sizeof(T) == 4 ? 1e39 : 1e308});
  const auto data = small_regression<T>(64);
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.steps = 1}).fit(data);
  EXPECT_EQ(history.steps, 1u);
  if (sizeof(T) == 4) {
    ASSERT_EQ(history.outcome, Outcome::diverged);
    EXPECT_EQ(history.divergence->step, 0u);
    EXPECT_EQ(history.divergence->text, "step 0: " + network.layer_name(0) + ": parameters are not finite");
  }
}

TEST(TrainerDivergenceInFloat, LostParametersAreNeverTheBest) {
  auto network = relu_network<float>();
  Sgd<float> sgd({.learning_rate = 1e308});
  const History history =
      Trainer(network, MeanSquaredError{}, sgd, {.steps = 1, .restore_best = true}).fit(small_regression<float>(64));
  ASSERT_EQ(history.outcome, Outcome::diverged);
  EXPECT_FALSE(history.best_epoch);
}

/// A loss with a fixed value and a fixed slope.
template <class T>
class FixedLoss : public Loss<T> {
 public:
  FixedLoss(double value, double slope) : value_(value), slope_(slope) {}
  std::string describe() const override { return "fixed"; }
  double evaluate(const Matrix<T>& output, const Matrix<T>&, Matrix<T>& delta, const SampleWeights<T>&) const override {
    delta = zeros<T>(rows(output), columns(output));
    for (T& d : flat(delta)) d = static_cast<T>(slope_);
    return value_;
  }

 private:
  double value_, slope_;
};

template <class T>
History run_with(double loss, double slope) {
  auto network = relu_network<T>();
  Sgd<T> sgd;
  const LossPtr<T> fixed = std::make_shared<const FixedLoss<T>>(loss, slope);
  return Trainer(network, fixed, sgd, {.epochs = 2}).fit(small_regression<T>(64));
}

TYPED_TEST(TrainerDivergence, AGradientThatIsNotFiniteIsSeenWhereItComesFrom) {
  const History history = run_with<TypeParam>(1, std::numeric_limits<double>::infinity());
  ASSERT_EQ(history.outcome, Outcome::diverged);
  EXPECT_EQ(history.divergence->step, 0u);
  EXPECT_EQ(history.divergence->layer, 2u);
  EXPECT_EQ(history.divergence->text, "step 0: layer 2 (dense 8 -> 1, identity): gradient is not finite");
}

TYPED_TEST(TrainerDivergence, ALossThatIsNotFiniteIsSeenThoughAllElseIs) {
  for (const double loss : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const History history = run_with<TypeParam>(loss, 0.5);
    ASSERT_EQ(history.outcome, Outcome::diverged);
    EXPECT_EQ(history.divergence->text, "step 0: layer 2 (dense 8 -> 1, identity): loss is not finite");
    ASSERT_EQ(history.epochs.size(), 1u);
    EXPECT_FALSE(std::isfinite(history.epochs[0].train_loss));
  }
}

TYPED_TEST(TrainerDivergence, AFiniteRunIsNoDivergence) {
  const History history = run_with<TypeParam>(1, 1e-3);
  EXPECT_EQ(history.outcome, Outcome::finished);
  EXPECT_TRUE(history.succeeded());
  EXPECT_FALSE(history.divergence);
}

/// From epoch 2 on (counted from 0), returns a factor so large that the parameters overflow.
template <class T>
class Saboteur : public Schedule {
 public:
  std::string_view name() const override { return "saboteur"; }
  std::string describe() const override { return "saboteur"; }
  double factor(const RunProgress& progress) override { return progress.epoch < 2 ? 1 : huge_rate<T>; }
};

TYPED_TEST(TrainerDivergence, TheBestParametersAreRestoredAfterADivergenceToo) {
  using T = TypeParam;
  auto network = relu_network<T>();
  Sgd<T> sgd({.learning_rate = 0.01});
  const History history = Trainer(network, MeanSquaredError{}, sgd,
                                  {.epochs = 9, .schedule = std::make_shared<Saboteur<T>>(), .restore_best = true})
                              .fit(small_regression<T>(64), small_regression<T>(32, 2));
  EXPECT_EQ(history.outcome, Outcome::diverged);
  EXPECT_TRUE(all_finite(std::as_const(network).parameters()));
  EXPECT_EQ(sgd.learning_rate, 0.01);
  ASSERT_TRUE(history.best_epoch);
  const double now = evaluate(network, *make_loss<T>(MeanSquaredError{}), small_regression<T>(32, 2)).loss;
  EXPECT_EQ(now, history.epochs[*history.best_epoch].validation.loss);
}

}  // namespace
}  // namespace gradflow

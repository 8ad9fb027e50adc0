// Which calls observers get, in which order, with which values, and how they can stop a run.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerObservers : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerObservers, Numbers);

/// Calls a function of the test at each hook.
template <class T>
class Spy : public Observer<T> {
 public:
  std::function<Needs(std::size_t)> wants = [](std::size_t) { return Needs{}; };
  std::function<Next(const Step<T>&)> gradients = [](const Step<T>&) { return Next::proceed; };
  std::function<Next(const Step<T>&)> step = [](const Step<T>&) { return Next::proceed; };
  std::function<Next(const Epoch<T>&)> epoch = [](const Epoch<T>&) { return Next::proceed; };

  Needs needs(std::size_t number) const override { return wants(number); }
  Next on_gradients(const Step<T>& s) override { return gradients(s); }
  Next on_step(const Step<T>& s) override { return step(s); }
  Next on_epoch(const Epoch<T>& e) override { return epoch(e); }
};

/// Trains the small network on 40 samples in batches of 16, so each epoch has three steps.
template <class T>
History run(std::vector<Spy<T>*> spies, TrainerOptions options = {}, double learning_rate = 0.05) {
  auto network = small_network<T>();
  Sgd<T> sgd({.learning_rate = learning_rate});
  options.batch_size = 16;
  Trainer trainer(network, MeanSquaredError{}, sgd, options);
  for (Spy<T>* spy : spies) trainer.watch(*spy);
  return trainer.fit(small_regression<T>(40), small_regression<T>(20, 2));
}

TYPED_TEST(TrainerObservers, WhatTheUserAskedOfTheNetworkStays) {
  using T = TypeParam;
  auto network = small_network<T>();
  network.keep_z(true);
  Sgd<T> sgd;
  Spy<T> spy;
  spy.gradients = [](const Step<T>& step) {
    EXPECT_GT(step.network.trace(0).z.size(), 0u);
    return Next::proceed;
  };
  Trainer(network, MeanSquaredError{}, sgd, {.epochs = 1}).watch(spy).fit(small_regression<T>(40));
  EXPECT_TRUE(network.keeps_z());
}

TYPED_TEST(TrainerObservers, HooksComeInOrderWithTheRightNumbers) {
  using T = TypeParam;
  std::string calls;
  const auto note = [&calls](const std::string& what) {
    calls += what + " ";
    return Next::proceed;
  };
  const auto numbers = [](const Step<T>& s) {
    EXPECT_EQ(s.total, 6u);
    EXPECT_EQ(s.learning_rate, 0.05);
    EXPECT_TRUE(std::isfinite(s.loss));
    return std::to_string(s.number) + "/" + std::to_string(s.epoch);
  };
  Spy<T> a, b;
  a.gradients = [&](const Step<T>& s) { return note("g" + numbers(s)); };
  a.step = [&](const Step<T>& s) { return note("s" + numbers(s)); };
  a.epoch = [&](const Epoch<T>& e) { return note("e" + std::to_string(e.number) + "/" + std::to_string(e.step)); };
  b.gradients = b.step = [&](const Step<T>&) { return note("b"); };
  b.epoch = [&](const Epoch<T>&) { return note("b"); };
  run<T>({&a, &b}, {.epochs = 2});
  EXPECT_EQ(calls,
            "g0/0 b s0/0 b g1/0 b s1/0 b g2/0 b s2/0 b e0/2 b g3/1 b s3/1 b g4/1 b s4/1 b g5/1 b s5/1 b e1/5 b ");
}

TYPED_TEST(TrainerObservers, InOnGradientsParametersAndGradientsBelongTogether) {
  using T = TypeParam;
  for (const double clip : {std::numeric_limits<double>::infinity(), 1e-3}) {
    std::vector<T> before, gradients;
    double loss = 0;
    Spy<T> spy;
    spy.gradients = [&](const Step<T>& s) {
      before = copy_of(s.network.parameters());
      gradients = copy_of(s.network.gradients());
      loss = s.loss;
      EXPECT_GT(norm(gradients), 1e-3) << "expected the gradients of backward(), neither cleared nor clipped";
      return Next::proceed;
    };
    spy.step = [&](const Step<T>& s) {
      const double rate = 0.05 * std::min(1.0, clip / norm(gradients));
      for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_NEAR(s.network.parameters()[i], before[i] - rate * static_cast<double>(gradients[i]), 1e-6);
      EXPECT_TRUE(same_bits<T>(gradients, s.network.gradients()));
      EXPECT_EQ(s.loss, loss);
      return Next::proceed;
    };
    run<T>({&spy}, {.epochs = 2, .clip_norm = clip});
    EXPECT_FALSE(before.empty());
  }
}

TYPED_TEST(TrainerObservers, EachHookMayStopTheRun) {
  using T = TypeParam;
  Spy<T> at_gradients, at_step, at_epoch;
  at_gradients.gradients = [](const Step<T>& s) { return s.number == 4 ? Next::stop : Next::proceed; };
  at_step.step = at_gradients.gradients;
  at_epoch.epoch = [](const Epoch<T>& e) { return e.number == 1 ? Next::stop : Next::proceed; };
  for (Spy<T>* spy : {&at_gradients, &at_step}) {
    const History history = run<T>({spy}, {.epochs = 9});
    EXPECT_EQ(history.outcome, Outcome::stopped);
    EXPECT_EQ(history.steps, 5u) << "a step that has started must be finished";
    ASSERT_EQ(history.epochs.size(), 2u);
    EXPECT_EQ(history.epochs[1].steps, 5u);
  }
  const History history = run<T>({&at_epoch}, {.epochs = 9});
  EXPECT_EQ(history.outcome, Outcome::stopped);
  EXPECT_EQ(history.epochs.size(), 2u);
  EXPECT_EQ(history.steps, 6u);
}

TYPED_TEST(TrainerObservers, ARunThatIsStoppedAtItsEndIsFinished) {
  using T = TypeParam;
  Spy<T> at_step, at_epoch;
  at_step.step = [](const Step<T>& s) { return s.number == 5 ? Next::stop : Next::proceed; };
  at_epoch.epoch = [](const Epoch<T>& e) { return e.number == 1 ? Next::stop : Next::proceed; };
  for (Spy<T>* spy : {&at_step, &at_epoch}) {
    const History history = run<T>({spy}, {.epochs = 2});
    EXPECT_EQ(history.outcome, Outcome::finished);
    EXPECT_EQ(history.steps, 6u);
  }
}

TYPED_TEST(TrainerObservers, EveryObserverIsToldThoughOneBeforeItStops) {
  using T = TypeParam;
  int told = 0;
  Spy<T> first, second;
  first.gradients = first.step = [](const Step<T>&) { return Next::stop; };
  second.gradients = second.step = [&](const Step<T>&) { return ++told, Next::proceed; };
  second.epoch = [&](const Epoch<T>&) { return ++told, Next::proceed; };
  EXPECT_EQ(run<T>({&first, &second}, {.epochs = 2}).steps, 1u);
  EXPECT_EQ(told, 3);
}

TYPED_TEST(TrainerObservers, UpdateNormsComeWhereTheyWereAskedFor) {
  using T = TypeParam;
  std::vector<T> before;
  Spy<T> spy;
  spy.wants = [](std::size_t step) { return Needs{.update_norms = step % 2 == 0}; };
  spy.gradients = [&](const Step<T>& s) {
    EXPECT_TRUE(s.update_norms.empty());
    before = copy_of(s.network.parameters());
    return Next::proceed;
  };
  spy.step = [&](const Step<T>& s) {
    EXPECT_EQ(s.update_norms.size(), s.number % 2 == 0 ? s.network.blocks().size() : 0);
    for (std::size_t b = 0; b < s.update_norms.size(); ++b) {
      const PlacedBlock& placed = s.network.blocks()[b];
      const auto old = std::span<const T>(before).subspan(placed.block.offset, placed.block.size());
      std::vector<T> change = copy_of(s.network.parameters(placed));
      for (std::size_t i = 0; i < change.size(); ++i) change[i] -= old[i];
      EXPECT_NEAR(s.update_norms[b].gradient, norm(s.network.gradients(placed)), 1e-6);
      EXPECT_NEAR(s.update_norms[b].parameter, norm(old), 1e-6);
      EXPECT_NEAR(s.update_norms[b].update, norm(change), 1e-6);
    }
    return Next::proceed;
  };
  run<T>({&spy}, {.epochs = 2});
}

TYPED_TEST(TrainerObservers, ZIsKeptInTheStepsThatWereAskedFor) {
  using T = TypeParam;
  Spy<T> spy, other;
  spy.wants = [](std::size_t step) { return Needs{.z = step % 2 == 0}; };
  const Network<T>* network = nullptr;
  spy.gradients = [&](const Step<T>& s) {
    network = &s.network;
    EXPECT_EQ(s.network.trace(0).z.size(), s.number % 2 == 0 ? s.network.trace(0).a.size() : 0);
    return Next::proceed;
  };
  run<T>({&spy, &other}, {.epochs = 2});
  EXPECT_NE(network, nullptr);
}

TYPED_TEST(TrainerObservers, AnEpochKnowsItsLossAndItsValidation) {
  using T = TypeParam;
  std::vector<double> train, validation;
  Spy<T> spy;
  spy.epoch = [&](const Epoch<T>& e) {
    train.push_back(e.train_loss);
    validation.push_back(e.validation.loss);
    return Next::proceed;
  };
  const History history = run<T>({&spy}, {.epochs = 3});
  ASSERT_EQ(train.size(), 3u);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_EQ(train[e], history.epochs[e].train_loss);
    EXPECT_EQ(validation[e], history.epochs[e].validation.loss);
  }
}

// With batches of one sample and a learning rate of 0, the loss of a step tells which sample was used.
TYPED_TEST(TrainerObservers, EverySampleComesOnceAnEpochAndEveryEpochHasAnotherOrder) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(1, 1)};
  network.initialize(Zeros{}, 1);
  Sgd<T> still({.learning_rate = 0});
  std::vector<std::vector<double>> epochs(5);
  Spy<T> spy;
  spy.step = [&](const Step<T>& s) { return epochs[s.epoch].push_back(std::sqrt(s.loss)), Next::proceed; };
  const auto data = numbered_samples<T>(20);
  Trainer(network, MeanSquaredError{}, still, {.epochs = 5, .batch_size = 1}).watch(spy).fit(data);
  EXPECT_EQ(std::set<std::vector<double>>(epochs.begin(), epochs.end()).size(), 5u);
  for (auto& epoch : epochs) {
    std::ranges::sort(epoch);
    ASSERT_EQ(epoch.size(), 20u);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(epoch[i], static_cast<double>(i), 1e-9);
  }
}

}  // namespace
}  // namespace gradflow

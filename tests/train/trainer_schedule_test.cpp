// The learning rate during a run, and the parameters at its end.
#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerSchedule : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerSchedule, Numbers);

/// Records each argument of factor(), and returns 1, 1/2, 1/3, ...
class Recorder : public Schedule {
 public:
  std::vector<RunProgress> asked;
  std::string_view name() const override { return "recorder"; }
  std::string describe() const override { return "recorder"; }
  double factor(const RunProgress& progress) override {
    asked.push_back(progress);
    return 1 / static_cast<double>(asked.size());
  }
};

template <class T>
class Rates : public Observer<T> {
 public:
  std::vector<double> seen;
  std::vector<std::vector<T>> parameters;  ///< at the end of each epoch
  Next on_step(const Step<T>& step) override { return seen.push_back(step.learning_rate), Next::proceed; }
  Next on_epoch(const Epoch<T>& epoch) override {
    return parameters.push_back(copy_of(epoch.network.parameters())), Next::proceed;
  }
};

TYPED_TEST(TrainerSchedule, ARunThatAnExceptionEndsGivesBackTheLearningRate) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd({.learning_rate = 0.1});
  struct Throws : Recorder {
    double factor(const RunProgress& progress) override {
      if (progress.step == 3) throw std::runtime_error("refused");
      return 0.5;
    }
  };
  Trainer trainer(network, MeanSquaredError{}, sgd,
                  {.epochs = 3, .batch_size = 16, .schedule = std::make_shared<Throws>()});
  EXPECT_THROW(trainer.fit(small_regression<T>(40)), std::runtime_error);
  EXPECT_EQ(sgd.learning_rate, 0.1);
}

TYPED_TEST(TrainerSchedule, IsAskedBeforeEveryStepWithWhatIsKnownThen) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd({.learning_rate = 0.1});
  Rates<T> rates;
  const auto recorder = std::make_shared<Recorder>();
  const History history =
      Trainer(network, MeanSquaredError{}, sgd, {.epochs = 3, .batch_size = 16, .schedule = recorder})
          .watch(rates)
          .fit(small_regression<T>(40), small_regression<T>(20, 2));
  ASSERT_EQ(recorder->asked.size(), 9u);
  for (std::size_t s = 0; s < 9; ++s) {
    const RunProgress& progress = recorder->asked[s];
    EXPECT_EQ(progress.step, s);
    EXPECT_EQ(progress.total_steps(), 9u);
    EXPECT_EQ(progress.epoch, s / 3);
    if (s < 3)
      EXPECT_TRUE(std::isnan(progress.validation_loss));
    else
      EXPECT_EQ(progress.validation_loss, history.epochs[s / 3 - 1].validation.loss);
    EXPECT_EQ(rates.seen[s], 0.1 * (1 / static_cast<double>(s + 1)));
  }
  EXPECT_EQ(history.epochs[1].learning_rate, rates.seen[5]);
}

TYPED_TEST(TrainerSchedule, DrivesTheUpdateAndTheOptimisersOwnRateComesBack) {
  using T = TypeParam;
  const auto data = small_regression<T>(32);
  auto scheduled = small_network<T>(), by_hand = small_network<T>();
  Sgd<T> a({.learning_rate = 0.2}), b({.learning_rate = 0.2});
  const std::shared_ptr<Schedule> halving = make_schedule(ExponentialDecay{.gamma = 0.5});
  Trainer(scheduled, MeanSquaredError{}, a, {.epochs = 3, .shuffle = false, .schedule = halving}).fit(data);
  EXPECT_EQ(a.learning_rate, 0.2);
  for (const double rate : {0.2, 0.1, 0.05}) {
    b.learning_rate = rate;
    Trainer(by_hand, MeanSquaredError{}, b, {.epochs = 1, .shuffle = false}).fit(data);
  }
  EXPECT_TRUE(same_bits<T>(std::as_const(scheduled).parameters(), std::as_const(by_hand).parameters()));
}

TYPED_TEST(TrainerSchedule, EveryScheduleOfTheListRunsToTheEnd) {
  using T = TypeParam;
  for_each_type(Schedules{}, [](const auto& policy) {
    auto network = small_network<T>();
    Sgd<T> sgd({.learning_rate = 0.1});
    const std::shared_ptr<Schedule> schedule = make_schedule(policy);
    const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 3, .schedule = schedule})
                                .fit(small_regression<T>(40), small_regression<T>(20, 2));
    EXPECT_EQ(history.outcome, Outcome::finished) << policy.name;
  });
}

/// The validation targets have the wrong sign, so the validation loss soon rises.
TYPED_TEST(TrainerSchedule, RestoreBestEndsWithTheParametersOfTheBestEpoch) {
  using T = TypeParam;
  auto validation = small_regression<T>(20, 2);
  for (T& y : flat(validation.y)) y = -y;
  for (const bool restore : {true, false}) {
    auto network = small_network<T>();
    Adam<T> adam({.learning_rate = 0.03});
    Rates<T> rates;
    const History history = Trainer(network, MeanSquaredError{}, adam, {.epochs = 12, .restore_best = restore})
                                .watch(rates)
                                .fit(small_regression<T>(60), validation);
    ASSERT_TRUE(history.best_epoch);
    ASSERT_LT(*history.best_epoch, 11u) << "this test needs a run whose last epoch is not the best";
    const auto& expected = rates.parameters[restore ? *history.best_epoch : 11];
    EXPECT_TRUE(same_bits<T>(std::as_const(network).parameters(), expected));
  }
}

}  // namespace
}  // namespace gradflow

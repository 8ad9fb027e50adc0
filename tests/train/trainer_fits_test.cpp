// A second call of fit() continues the run: several fits end with the same bytes as one long fit.
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/state_values.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/errors.hpp>
#include <support/optimizers_and_schedules.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerFits : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerFits, Numbers);

/// The comparable results of a run.
struct Left {
  std::vector<double> parameters;
  State optimizer;
  std::map<std::size_t, std::vector<double>> epochs;  ///< the last record of each epoch, by epoch number
  std::size_t steps = 0, best_epoch = 0;

  bool operator==(const Left&) const = default;
};

double comparable(double number) { return std::isnan(number) ? -12345.678 : number; }

void add_records(Left& left, const History& history) {
  for (const auto& [epoch, steps, rate, loss, v] : history.epochs)
    left.epochs[epoch] = {static_cast<double>(steps),
                          rate,
                          loss,
                          comparable(v.loss),
                          comparable(v.accuracy),
                          comparable(v.mae),
                          comparable(v.r2)};
  left.steps = history.steps;
  left.best_epoch = history.best_epoch.value();
}

/// Calls fit() `count` times on one Trainer, each time with a new copy of the data: 50 samples, 4 batches an epoch.
template <class T>
Left fits(std::size_t count, const std::string& optimizer_text, const TrainerOptions& options) {
  auto network = small_network<T>();
  const auto optimizer = make_optimizer<T>(optimizer_text);
  optimizer->learning_rate = 0.03;
  Trainer<T> trainer(network, MeanSquaredError{}, *optimizer, options);
  auto validation = small_regression<T>(20, 2);
  for (T& y : flat(validation.y)) y = T(0.2) - y;  // makes the validation loss rise soon
  Left left;
  for (std::size_t i = 0; i < count; ++i) {
    const auto data = small_regression<T>(50), same_validation = validation;
    const History history = trainer.fit(data, same_validation);
    EXPECT_TRUE(history.succeeded());
    add_records(left, history);
  }
  const auto parameters = std::as_const(network).parameters();
  left.parameters.assign(parameters.begin(), parameters.end());
  StateVisitor state(left.optimizer);
  optimizer->visit_state(state);
  return left;
}

struct Kind {
  const char* name;
  TrainerOptions one, ten;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"plain", {.epochs = 1, .batch_size = 16, .seed = 5}, {.epochs = 10, .batch_size = 16, .seed = 5}},
      {"restore_best",
       {.epochs = 1, .batch_size = 16, .seed = 5, .restore_best = true},
       {.epochs = 10, .batch_size = 16, .seed = 5, .restore_best = true}},
      {"steps inside an epoch", {.steps = 7, .batch_size = 16, .seed = 5}, {.steps = 70, .batch_size = 16, .seed = 5}},
      {"steps inside an epoch, restore_best",
       {.steps = 7, .batch_size = 16, .seed = 5, .restore_best = true},
       {.steps = 70, .batch_size = 16, .seed = 5, .restore_best = true}}};
  return all;
}

template <class T>
void expect_ten_equal_one(const std::string& optimizer, const std::string& schedule, const Kind& kind) {
  SCOPED_TRACE(optimizer + " " + schedule + " " + kind.name);
  TrainerOptions one = kind.one, ten = kind.ten;
  one.schedule = make_schedule(schedule);
  ten.schedule = make_schedule(schedule);
  const Left often = fits<T>(10, optimizer, one), once = fits<T>(1, optimizer, ten);
  EXPECT_EQ(often.optimizer, once.optimizer);
  EXPECT_EQ(often.epochs, once.epochs);
  EXPECT_EQ(often.steps, once.steps);
  // A fit that ends inside an epoch also evaluates the parameters there. One long fit evaluates them only after epochs.
  const bool same_places = kind.one.steps == 0;
  if (same_places) {
    EXPECT_EQ(often.best_epoch, once.best_epoch);
  }
  if (same_places || !kind.one.restore_best) {
    EXPECT_EQ(often.parameters, once.parameters);
  }
}

TYPED_TEST(TrainerFits, TenLeaveTheBytesOfOneForEveryOptimiserAndSchedule) {
  for (const std::string& optimizer : all_optimizers())
    for (const std::string& schedule : all_schedules(30))
      for (const Kind& kind : kinds()) expect_ten_equal_one<TypeParam>(optimizer, schedule, kind);
}

TYPED_TEST(TrainerFits, TheBestIsOverAllOfThemAndNotTheLast) {
  const Kind& best = kinds()[1];
  const Left restored = fits<TypeParam>(10, "adam", best.one), last = fits<TypeParam>(10, "adam", kinds()[0].one);
  EXPECT_LT(restored.best_epoch, 9u);
  EXPECT_EQ(restored.epochs, last.epochs);
  EXPECT_NE(restored.parameters, last.parameters);
}

TYPED_TEST(TrainerFits, TheRecordOfAnEpochThatAFitHasCutGivesWayToThatOfTheWhole) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd;
  Trainer<T> trainer(network, MeanSquaredError{}, sgd, {.steps = 6, .batch_size = 16});
  const auto data = small_regression<T>(50);
  const History first = trainer.fit(data), second = trainer.fit(data);
  ASSERT_EQ(first.epochs.size(), 2u);
  EXPECT_EQ(first.epochs[1].epoch, 1u);
  EXPECT_EQ(first.epochs[1].steps, 6u);
  ASSERT_EQ(second.epochs.size(), 2u);
  EXPECT_EQ(second.epochs[0].epoch, 1u);
  EXPECT_EQ(second.epochs[0].steps, 8u);
  EXPECT_EQ(second.epochs[1].steps, 12u);
  EXPECT_EQ(second.steps, 12u);
}

TYPED_TEST(TrainerFits, ASecondFitOfAScheduleThatDependsOnTheLengthIsRefused) {
  using T = TypeParam;
  struct Mine final : Schedule {
    std::string_view name() const override { return "mine"; }
    std::string describe() const override { return "mine"; }
    double factor(const RunProgress& p) override {
      return 1 - static_cast<double>(p.step) / static_cast<double>(p.total_steps());
    }
  };
  const auto data = small_regression<T>(50);
  const auto refused = [&](std::shared_ptr<Schedule> schedule) {
    auto network = small_network<T>();
    Sgd<T> sgd;
    Trainer<T> trainer(network, MeanSquaredError{}, sgd, {.epochs = 1, .schedule = std::move(schedule)});
    trainer.fit(data);
    const std::string message = message_of<ValueError>([&] { trainer.fit(data); });
    EXPECT_EQ(sgd.steps(), 2u);
    return message;
  };
  EXPECT_EQ(
      refused(make_schedule("cosine")),
      "cosine: got another call of fit(), expected one call, because the learning rates depend on the length of the "
      "run; use cosine(steps=N), or make a new Trainer");
  EXPECT_EQ(refused(make_schedule("one_cycle")).find("one_cycle: got another call of fit(), "), 0u);
  EXPECT_EQ(refused(std::make_shared<Mine>()).find("mine: got another call of fit(), "), 0u);
}

/// A network after one epoch of training with restore_best.
template <class T>
struct Fitted {
  Fitted() { history = trainer.fit(data); }
  Dataset<T> data = small_regression<T>(50);
  Network<T> network = small_network<T>();
  Adam<T> adam{{.learning_rate = 0.03}};
  Trainer<T> trainer{network, MeanSquaredError{}, adam, {.epochs = 1, .batch_size = 16, .restore_best = true}};
  History history;
};

TYPED_TEST(TrainerFits, ParametersThatWereChangedInBetweenAreTrainedOn) {
  using T = TypeParam;
  Fitted<T> fitted;
  fitted.adam.learning_rate = 10;
  fitted.trainer.fit(fitted.data);  // the loss grows: the first epoch stays the best
  const auto best = copy_of(std::as_const(fitted.network).parameters());
  fitted.network.parameters()[0] += T(0.5);
  const auto changed = copy_of(std::as_const(fitted.network).parameters());
  struct First final : Observer<T> {
    Next on_gradients(const Step<T>& step) override {
      if (seen.empty()) seen = copy_of(step.network.parameters());
      return Next::proceed;
    }
    std::vector<T> seen;
  } first;
  const History history = fitted.trainer.watch(first).fit(fitted.data);
  EXPECT_EQ(first.seen, changed);
  EXPECT_EQ(history.best_epoch, 0u);
  EXPECT_EQ(copy_of(std::as_const(fitted.network).parameters()), best);
}

TYPED_TEST(TrainerFits, AnotherNumberOfSamplesBeginsANewEpochInANewOrder) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd;
  Trainer<T> trainer(network, MeanSquaredError{}, sgd, {.steps = 2, .batch_size = 16});
  trainer.fit(small_regression<T>(50));
  const auto more = small_regression<T>(60);
  struct Batch final : Observer<T> {
    Next on_step(const Step<T>& step) override {
      if (x.size() == 0) x = step.batch.x;
      return Next::proceed;
    }
    Matrix<T> x = zeros<T>(0, 0);
  } seen;
  const History history = trainer.watch(seen).fit(more);
  EXPECT_EQ(history.epochs[0].epoch, 1u) << "the rest of epoch 0 is dropped";
  EXPECT_EQ(history.epochs[0].steps, 4u);
  Batches<T> anew(more, {.size = 16});
  EXPECT_TRUE(same_bits(seen.x, anew.next()->x));
}

TYPED_TEST(TrainerFits, BeginAnewForANetworkThatWasInitialisedAnew) {
  using T = TypeParam;
  Fitted<T> fitted;
  const auto after_one = copy_of(std::as_const(fitted.network).parameters());
  fitted.network = small_network<T>();
  fitted.adam.reset();
  const History again = fitted.trainer.fit(fitted.data);
  EXPECT_EQ(again.epochs[0].epoch, 0u);
  EXPECT_EQ(again.epochs[0].train_loss, fitted.history.epochs[0].train_loss);
  EXPECT_EQ(copy_of(std::as_const(fitted.network).parameters()), after_one);
}

TYPED_TEST(TrainerFits, BeginAnewAfterARunThatDiverged) {
  using T = TypeParam;
  Fitted<T> fitted;
  fitted.adam.learning_rate = sizeof(T) == 4 ? 1e38 : 1e308;
  EXPECT_EQ(fitted.trainer.fit(fitted.data).outcome, Outcome::diverged);
  fitted.adam.learning_rate = 0.03;
  EXPECT_EQ(fitted.trainer.fit(fitted.data).epochs[0].epoch, 0u);
}

}  // namespace
}  // namespace gradflow

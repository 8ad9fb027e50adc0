#include <gradflow/observers/early_stopping.hpp>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/errors.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// Returns the epoch, from 0, after which the run is stopped.
template <class T>
std::optional<std::size_t> stop_after(EarlyStopping<T>& stopping, std::initializer_list<double> validation_losses) {
  const SmallRun<T> run;
  std::size_t number = 0;
  for (const double loss : validation_losses) {
    if (stopping.on_epoch({number, number, 0.1, 100, {.loss = loss}, run.network}) == Next::stop) return number;
    ++number;
  }
  return std::nullopt;
}

template <class T>
class EarlyStoppingTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(EarlyStoppingTest, Numbers);

TYPED_TEST(EarlyStoppingTest, StopsAfterPatienceEpochsWithoutImprovement) {
  EarlyStopping<TypeParam> stopping({.patience = 2});
  EXPECT_EQ(stop_after(stopping, {3, 2, 2.5, 1, 1, 1.5, 0}), 5U);
  EXPECT_TRUE(stopping.stopped());
  EXPECT_EQ(stopping.best_loss(), 1);
  EXPECT_EQ(stopping.best_epoch(), 3U);
}

TYPED_TEST(EarlyStoppingTest, LetsARunThatImprovesGoOnAndStartsAnewWithTheNext) {
  EarlyStopping<TypeParam> stopping({.patience = 1});
  EXPECT_EQ(stopping.best_loss(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(stop_after(stopping, {3, 2, 1}), std::nullopt);
  EXPECT_FALSE(stopping.stopped());
  EXPECT_EQ(stop_after(stopping, {30, 20, 25}), 2U);
  EXPECT_EQ(stopping.best_loss(), 20);
}

TYPED_TEST(EarlyStoppingTest, AnImprovementIsMoreThanMinDelta) {
  EarlyStopping<TypeParam> stopping({.patience = 2, .min_delta = 0.5});
  EXPECT_EQ(stop_after(stopping, {3, 2.75, 2.5}), 2U);
  EXPECT_EQ(stopping.best_epoch(), 0U);
}

TYPED_TEST(EarlyStoppingTest, LooksAtTheTrainingLossWithoutValidation) {
  EarlyStopping<TypeParam> stopping({.patience = 1});
  const SmallRun<TypeParam> run;
  EXPECT_EQ(stopping.on_epoch({0, 0, 0.1, 2, {}, run.network}), Next::proceed);
  EXPECT_EQ(stopping.on_epoch({1, 1, 0.1, 1, {}, run.network}), Next::proceed);
  EXPECT_EQ(stopping.on_epoch({2, 2, 0.1, 1, {}, run.network}), Next::stop);
  EXPECT_EQ(stopping.best_loss(), 1);
}

TEST(EarlyStopping, RefusesOptionsThatAreNoUsableNumbers) {
  EXPECT_EQ(message_of<ValueError>([] { EarlyStopping<float> stopping({.patience = 0}); }),
            "early_stopping: patience: got 0, expected at least 1");
  for (const double wrong : {-1.0, std::nan("")})
    EXPECT_THROW(EarlyStopping<float> stopping({.min_delta = wrong}), ValueError);
}

}  // namespace
}  // namespace gradflow

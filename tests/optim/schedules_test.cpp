#include <gradflow/optim/schedules.hpp>

#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

constexpr double tolerance = 1e-14;

double at_step(std::string_view text, std::size_t step, std::size_t total_steps = 100) {
  return make_schedule(text)->factor({.step = step, .total_steps = total_steps});
}

double at_epoch(std::string_view text, std::size_t epoch) { return make_schedule(text)->factor({.epoch = epoch}); }

/// Returns the factor after each epoch of a run with these losses.
std::vector<double> plateau(Schedule& schedule, const std::vector<double>& losses) {
  std::vector<double> factors;
  schedule.factor({.step = 0});
  for (std::size_t epoch = 1; epoch <= losses.size(); ++epoch)
    for (const std::size_t batch : {0u, 1u, 2u}) {
      const double f =
          schedule.factor({.step = 3 * epoch + batch, .epoch = epoch, .validation_loss = losses[epoch - 1]});
      if (batch == 2) factors.push_back(f);
    }
  return factors;
}

TEST(Schedules, ConstantIsOne) {
  for (const std::size_t step : {0u, 1u, 1000u}) EXPECT_EQ(at_step("constant", step), 1);
}

TEST(Schedules, StepFallsAfterEverySoManyEpochs) {
  EXPECT_EQ(at_epoch("step(every=3, gamma=0.5)", 0), 1);
  EXPECT_EQ(at_epoch("step(every=3, gamma=0.5)", 2), 1);
  EXPECT_EQ(at_epoch("step(every=3, gamma=0.5)", 3), 0.5);
  EXPECT_EQ(at_epoch("step(every=3, gamma=0.5)", 11), 0.125);
}

TEST(Schedules, ExponentialFallsWithEveryEpoch) {
  for (const int epoch : {0, 1, 7, 100})
    EXPECT_NEAR(at_epoch("exponential(gamma=0.9)", static_cast<std::size_t>(epoch)), std::pow(0.9, epoch), tolerance);
}

TEST(Schedules, CosineFallsFromOneToItsMinimumAndStaysThere) {
  EXPECT_EQ(at_step("cosine", 0), 1);
  EXPECT_NEAR(at_step("cosine", 25), (1 + std::numbers::sqrt2 / 2) / 2, tolerance);
  EXPECT_NEAR(at_step("cosine", 50), 0.5, tolerance);
  EXPECT_NEAR(at_step("cosine(minimum=0.2)", 50), 0.6, tolerance);
  EXPECT_NEAR(at_step("cosine(steps=20)", 10), 0.5, tolerance);
  EXPECT_EQ(at_step("cosine(steps=20, minimum=0.2)", 20), 0.2);
  EXPECT_EQ(at_step("cosine(steps=20, minimum=0.2)", 90), 0.2);
}

TEST(Schedules, LinearWarmupRisesToOneAndStaysThere) {
  EXPECT_EQ(at_step("linear_warmup(steps=4)", 0), 0.25);
  EXPECT_EQ(at_step("linear_warmup(steps=4)", 1), 0.5);
  EXPECT_EQ(at_step("linear_warmup(steps=4)", 3), 1);
  EXPECT_EQ(at_step("linear_warmup(steps=4)", 50), 1);
}

TEST(Schedules, OneCycleRisesToOneAndFallsBelowItsStart) {
  // The factor rises in 30 of 100 steps and peaks at step 29. It is half-way up at step 14.5, half-way down at step 64.
  EXPECT_NEAR(at_step("one_cycle", 0), 1.0 / 25, tolerance);
  EXPECT_NEAR(at_step("one_cycle", 29), 1, tolerance);
  EXPECT_NEAR(at_step("one_cycle", 64), (1 + 1 / 25e4) / 2, tolerance);
  EXPECT_NEAR(at_step("one_cycle", 99), 1 / 25e4, tolerance);
  EXPECT_NEAR(at_step("one_cycle", 500), 1 / 25e4, tolerance);
  const double rising = 1 + (0.1 - 1) * (1 + std::cos(std::numbers::pi * 2 / 4)) / 2;
  EXPECT_NEAR(at_step("one_cycle(steps=10, rising=0.5, divisor=10)", 2), rising, tolerance);
}

TEST(Schedules, OneCycleIsANumberInTheShortestRuns) {
  for (const std::size_t total : {0u, 1u, 2u, 3u, 10u})
    for (std::size_t step = 0; step <= total; ++step)
      for (const char* text : {"one_cycle", "one_cycle(rising=0)", "one_cycle(rising=1)", "one_cycle(rising=0.1)"}) {
        const double f = at_step(text, step, total);
        EXPECT_TRUE(f >= 0 && f <= 1) << text << " step " << step << " of " << total << ": " << f;
      }
}

TEST(Schedules, OnPlateauFallsWhenPatienceIsExceededAndCountsAnew) {
  // PyTorch: ReduceLROnPlateau(factor=0.5, patience=2). No later loss is better than the first.
  const auto schedule = make_schedule("on_plateau(gamma=0.5, patience=2)");
  EXPECT_EQ(plateau(*schedule, {1, 1, 1, 1, 1, 1, 1, 1}), (std::vector<double>{1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25}));
}

TEST(Schedules, OnPlateauTakesOnlyARealImprovementForOne) {
  const auto schedule = make_schedule("on_plateau(gamma=0.5, patience=0, threshold=0.1)");
  EXPECT_EQ(plateau(*schedule, {1, 0.8, 0.73, 0.71, 0.5}), (std::vector<double>{1, 1, 0.5, 0.5, 0.5}));
}

TEST(Schedules, OnPlateauBeginsAnewWithARun) {
  const auto schedule = make_schedule("on_plateau(gamma=0.5, patience=0)");
  EXPECT_EQ(plateau(*schedule, {1, 2, 3}), (std::vector<double>{1, 0.5, 0.25}));
  EXPECT_EQ(plateau(*schedule, {9, 8, 7}), (std::vector<double>{1, 1, 1}));
}

TEST(Schedules, OnPlateauRefusesARunWithoutValidation) {
  const auto schedule = make_schedule("on_plateau");
  EXPECT_EQ(schedule->factor({}), 1);
  EXPECT_THROW(schedule->factor({.step = 10, .epoch = 1}), ValueError);
}

TEST(Schedules, EachIsReadBackFromItsDescription) {
  for_each_type(Schedules{}, []<class Policy>(Policy policy) {
    EXPECT_EQ(make_schedule(Policy::name)->name(), Policy::name);
    EXPECT_EQ(make_schedule(Policy::name)->describe(), Policy::name);
    for (const Parameter<Policy>& parameter : detail::parameters_of<Policy>()) parameter.member.set(policy, 1);
    if constexpr (requires { policy.threshold; }) policy.threshold = 0.5;
    const std::string text = make_schedule(policy)->describe();
    EXPECT_EQ(make_schedule(text)->describe(), text);
    for (const RunProgress& p : {RunProgress{.step = 0, .total_steps = 9}, RunProgress{.step = 3, .total_steps = 9}})
      EXPECT_EQ(make_schedule(text)->factor(p), make_schedule(policy)->factor(p)) << text;
  });
}

TEST(Schedules, WrongNamesAndNumbersAreRefused) {
  EXPECT_THROW(make_schedule("cosin"), NameError);
  EXPECT_THROW(make_schedule("cosine(step=3)"), NameError);
  EXPECT_THROW(make_schedule("cosine(minimum=2)"), ValueError);
  EXPECT_THROW(make_schedule("cosine(steps=2.5)"), ValueError);
  EXPECT_THROW(make_schedule("step(every=0)"), ValueError);
  EXPECT_THROW(make_schedule(OnPlateau{.gamma = -1}), ValueError);
}

}  // namespace
}  // namespace gradflow

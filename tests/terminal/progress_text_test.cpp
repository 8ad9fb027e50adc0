#include <gradflow/terminal/progress_text.hpp>

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace gradflow::detail {
namespace {

const Progress half = {.label = "relu",
                       .done = 2700,
                       .total = 5400,
                       .loss = 0.34125,
                       .metric_name = "accuracy",
                       .metric = 0.9531,
                       .rate = 812.4,
                       .seconds = 3.3};

TEST(ProgressText, SaysStepsLossMetricRateAndTimeLeft) {
  EXPECT_EQ(progress_text(half), "relu  2700/5400  loss 0.3412    accuracy 0.953  812 steps/s  0:03 left");
}

TEST(ProgressText, SaysTheTimeTakenAtTheEnd) {
  Progress end = half;
  end.finished = true;
  end.done = 5400;
  end.seconds = 3725;
  EXPECT_EQ(progress_text(end), "relu  5400/5400  loss 0.3412    accuracy 0.953  812 steps/s  in 1:02:05");
}

TEST(ProgressText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(progress_text({.done = 1, .total = 200, .loss = 2}), "  1/200  loss 2       ");
  EXPECT_EQ(progress_text({.done = 50, .total = 100, .loss = 2, .rate = 0.25}),
            " 50/100  loss 2         0.25 steps/s  3:20 left");
}

TEST(ProgressText, CountsOtherThingsThanStepsToo) {
  EXPECT_EQ(progress_text({.label = "sweep", .done = 12, .total = 108, .unit = "runs", .rate = 4}),
            "sweep   12/108  4 runs/s  0:24 left");
}

TEST(ProgressBarText, FillsTheBarAsFarAsTheRunIs) {
  EXPECT_EQ(progress_bar(half, 100),
            "relu  [#############-------------]  2700/5400  loss 0.3412    accuracy 0.953  812 steps/s  0:03 left");
  const std::string widest = progress_bar(half, 1000);
  EXPECT_EQ(std::count(widest.begin(), widest.end(), '#'), 20);
  EXPECT_EQ(std::count(widest.begin(), widest.end(), '-'), 20);
}

TEST(ProgressBarText, IsNeverWiderThanAsked) {
  for (std::size_t width = 0; width < 120; ++width) EXPECT_LE(progress_bar(half, width).size(), width);
  EXPECT_EQ(progress_bar(half, 20), "relu  2700/5400  los");
}

TEST(ProgressBarText, LeavesOutTheBarAndThenTheRateBeforeTheTimeLeft) {
  EXPECT_EQ(progress_bar(half, 70), "relu  2700/5400  loss 0.3412    accuracy 0.953  812 steps/s  0:03 left");
  EXPECT_EQ(progress_bar(half, 69), "relu  2700/5400  loss 0.3412    accuracy 0.953  0:03 left");
}

TEST(ProgressBarText, DoesNotCutACharacterInTwo) {
  Progress p = half;
  p.label = "größe";
  EXPECT_EQ(progress_bar(p, 4), "größ");
}

}  // namespace
}  // namespace gradflow::detail

// Compares every schedule with PyTorch: the factor at each of 200 steps in 20 epochs, and the result of sgd with it.
#include <gradflow/optim/schedules.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/optim/optimizers.hpp>
#include <reference/quadratic.hpp>

namespace gradflow {
namespace {

/// Returns the progress that a trainer passes to a schedule before this step.
RunProgress progress_at(std::size_t step, const reference::Arrays& arrays) {
  constexpr std::size_t total = 200, steps_in_epoch = 10;
  const std::size_t epoch = step / steps_in_epoch;
  const double before = std::numeric_limits<double>::quiet_NaN();
  return {step, total, epoch, epoch == 0 ? before : flat(arrays["validation losses"])[epoch - 1]};
}

class SchedulesReference : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("schedules.txt");
  const std::vector<std::string> cases = arrays.cases("; factors");
};

TEST_F(SchedulesReference, EveryOneOfTheListIsThere) {
  EXPECT_EQ(reference::not_among(cases, Schedules{}), std::vector<std::string>{});
}

TEST_F(SchedulesReference, FactorsAreThoseOfPyTorch) {
  constexpr double tolerance = 2e-14;
  for (const std::string& name : cases) {
    const auto schedule = make_schedule(name);
    const auto expected = flat(arrays[name + "; factors"]);
    ASSERT_EQ(expected.size(), 200u);
    double worst = 0;
    for (std::size_t step = 0; step < expected.size(); ++step) {
      const double off = std::abs(schedule->factor(progress_at(step, arrays)) - expected[step]);
      EXPECT_LE(off, tolerance) << name << ", step " << step;
      worst = std::max(worst, off);
    }
    std::printf("%s: factor %.0e (at most %.0e)\n", name.c_str(), worst, tolerance);
  }
}

TEST_F(SchedulesReference, SgdGetsWhereItGetsInPyTorch) {
  constexpr double tolerance = 1e-13;
  const double rate = arrays["learning rate"](0, 0);
  for (const std::string& name : cases) {
    const auto schedule = make_schedule(name);
    reference::Quadratic<double> quadratic(arrays);
    Sgd<double> sgd;
    std::vector<double> losses;
    for (std::size_t step = 0; step < 200; ++step) {
      losses.push_back(quadratic.loss());
      sgd.learning_rate = rate * schedule->factor(progress_at(step, arrays));
      sgd.step(quadratic.parameters, quadratic.gradients());
    }
    const double loss = reference::distance<double>(losses, flat(arrays[name + "; losses"]));
    const double parameters = reference::distance<double>(quadratic.parameters, flat(arrays[name + "; parameters"]));
    std::printf("%s: losses %.0e, parameters %.0e (at most %.0e)\n", name.c_str(), loss, parameters, tolerance);
    EXPECT_LE(loss, tolerance) << name;
    EXPECT_LE(parameters, tolerance) << name;
  }
}

}  // namespace
}  // namespace gradflow

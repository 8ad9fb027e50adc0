// Tests that optimisers and schedules allocate no memory after the first step.
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/dense.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <support/allocations.hpp>

namespace gradflow {
namespace {

TEST(NoAllocation, InAnyOptimizerAfterTheFirstStep) {
  std::vector<float> w(5000, 1), g(5000, 1);
  const std::array ranges{Range{10, 4000}};
  std::array<RangeNorms, 1> norms;
  for (const std::string_view name : names_of(Optimizers{})) {
    const auto optimizer = make_optimizer(name);
    const std::size_t before = allocations();
    optimizer->step(w, g);
    const std::size_t after_first = allocations();
    EXPECT_EQ(after_first - before, optimizer->buffers()) << name;
    for (int t = 0; t < 3; ++t)
      optimizer->step(w, g, {.gradient_scale = 0.5, .clip_value = 1, .ranges = ranges, .norms = norms});
    EXPECT_EQ(allocations(), after_first) << name;
  }
}

TEST(NoAllocation, WithGroupsAfterTheFirstStep) {
  Network<float> network{dense<Tanh>(30, 100), dense<Tanh>(100, 10)};
  const std::vector<float> g(std::as_const(network).parameters().size(), 1);
  const std::array ranges{Range{10, 4000}};
  std::array<RangeNorms, 1> norms;
  for (const std::string_view name : names_of(Optimizers{})) {
    const auto optimizer = make_optimizer(name);
    optimizer->set_groups({{.layer = 0, .rate = 0.5}, {.block = "bias", .weight_decay = 0}, {.layer = 1, .rate = 0}});
    optimizer->step(network, g);
    const std::size_t after_first = allocations();
    for (int t = 0; t < 3; ++t)
      optimizer->step(network, g,
                      {.gradient_scale = optimizer->gradient_norm(network), .ranges = ranges, .norms = norms});
    EXPECT_EQ(allocations(), after_first) << name;
  }
}

TEST(NoAllocation, InAnySchedule) {
  for (const std::string_view name : names_of(Schedules{})) {
    const auto schedule = make_schedule(name);
    const std::size_t before = allocations();
    for (std::size_t t = 0; t < 5; ++t)
      schedule->factor({.step = t, .total_steps = 5, .epoch = t, .validation_loss = 1});
    EXPECT_EQ(allocations(), before) << name;
  }
}

}  // namespace
}  // namespace gradflow

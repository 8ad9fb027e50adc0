#include <gradflow/observers/loss_log.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/errors.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/log/memory_sink.hpp>

namespace gradflow {
namespace {

std::vector<std::string> quantities(const MemorySink& memory) {
  std::vector<std::string> names;
  for (const Record& record : memory.records()) names.emplace_back(record.quantity);
  return names;
}

template <class T>
class LossLogTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LossLogTest, Numbers);

TYPED_TEST(LossLogTest, RecordsLossAndLearningRateOfSteps) {
  MemorySink memory;
  LossLog<TypeParam> log(memory, {.every = 6});
  SmallRun<TypeParam> run;
  for (std::size_t number = 0; number < run.total; ++number) log.on_step(run.step(number));
  const auto records = memory.records();
  ASSERT_EQ(records.size(), 6U);  // two records for each of the steps 0, 6 and 9 (the last)
  EXPECT_EQ(records[2].step, 6U);
  EXPECT_EQ(records[2].quantity, "batch_loss");
  EXPECT_EQ(records[2].value, run.loss);
  EXPECT_EQ(records[2].layer, -1);
  EXPECT_EQ(records[3].quantity, "learning_rate");
  EXPECT_EQ(records[3].value, 0.1);
  EXPECT_EQ(records[5].step, 9U);
}

TYPED_TEST(LossLogTest, RecordsTheMetricsOfAnEpochThatApply) {
  MemorySink memory;
  LossLog<TypeParam> log(memory);
  const SmallRun<TypeParam> run;
  log.on_epoch({0, 49, 0.1, 0.5, {}, run.network});
  EXPECT_EQ(quantities(memory), (std::vector<std::string>{"train_loss"}));
  log.on_epoch({1, 99, 0.1, 0.25, {.loss = 0.75, .accuracy = 0.875}, run.network});
  const auto records = memory.records();
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[1].value, 0.25);
  EXPECT_EQ(records[2].quantity, "validation_loss");
  EXPECT_EQ(records[3].quantity, "validation_accuracy");
  EXPECT_EQ(records[3].value, 0.875);
  EXPECT_EQ(records[3].step, 99U);
}

TYPED_TEST(LossLogTest, RecordsTheMetricsOfRegression) {
  MemorySink memory;
  LossLog<TypeParam> log(memory);
  const SmallRun<TypeParam> run;
  log.on_epoch({0, 49, 0.1, 0.5, {.loss = 3, .mae = 1, .r2 = 0.5}, run.network});
  EXPECT_EQ(quantities(memory),
            (std::vector<std::string>{"train_loss", "validation_loss", "validation_mae", "validation_r2"}));
}

TEST(LossLog, RefusesEveryZero) {
  MemorySink memory;
  EXPECT_EQ(message_of<ValueError>([&] { LossLog log(memory, {.every = 0}); }),
            "loss_log: every: got 0, expected at least 1");
}

}  // namespace
}  // namespace gradflow

#include <gradflow/train/history.hpp>

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

/// Returns a history with one epoch for each training loss in `losses`. Each epoch has ten steps.
History history_of(const std::vector<double>& losses, Outcome outcome = Outcome::finished) {
  History history;
  for (const double loss : losses)
    history.epochs.push_back({.epoch = history.epochs.size(),
                              .steps = 10 * (history.epochs.size() + 1),
                              .learning_rate = 0.1,
                              .train_loss = loss,
                              .validation = {}});
  history.steps = 10 * losses.size();
  history.outcome = outcome;
  return history;
}

TEST(HistoryTest, SucceededWhereTheRunCameToItsEnd) {
  EXPECT_TRUE(history_of({1}).succeeded());
  EXPECT_TRUE(history_of({1}, Outcome::stopped).succeeded());
  EXPECT_FALSE(history_of({1}, Outcome::interrupted).succeeded());
  EXPECT_FALSE(history_of({1}, Outcome::diverged).succeeded());
}

TEST(RunFacts, HaveTheLossesOfTheLastQuarter) {
  const RunFacts facts = run_facts(history_of({8, 7, 6, 5, 4, 3, 2, 1}), 10, 0.5);
  EXPECT_EQ(facts.chance_loss, 10);
  EXPECT_EQ(facts.loss, 0.5);
  EXPECT_EQ(facts.earlier_loss, 3) << "expected the loss of the sixth of eight epochs";
  EXPECT_EQ(facts.last_loss, 1);
  EXPECT_EQ(run_facts(history_of({2, 1}), 10, 1).earlier_loss, 2);
}

TEST(RunFacts, OfOneEpochOrOfARunThatWasStoppedHaveNoTrend) {
  EXPECT_TRUE(std::isnan(run_facts(history_of({1}), 10, 1).last_loss));
  EXPECT_TRUE(std::isnan(run_facts(history_of({}), 10, 1).last_loss));
  EXPECT_TRUE(std::isnan(run_facts(history_of({3, 2, 1}, Outcome::stopped), 10, 1).last_loss));
  EXPECT_EQ(run_facts(history_of({3, 2, 1}, Outcome::interrupted), 10, 1).last_loss, 1);
}

TEST(RunFacts, SayThatARunDiverged) {
  EXPECT_TRUE(run_facts(history_of({1}, Outcome::diverged), 10, 1).diverged);
  EXPECT_FALSE(run_facts(history_of({1}), 10, 1).diverged);
}

}  // namespace
}  // namespace gradflow

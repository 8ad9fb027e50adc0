// A finished run is extended. It ends with the same bytes as a single run of the longer length.
#include <gradflow/io/checkpoints.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/interrupt_after.hpp>
#include <support/optimizers_and_schedules.hpp>
#include <support/text.hpp>
#include <support/training.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/log/csv_sink.hpp>
#include <gradflow/observers/early_stopping.hpp>
#include <gradflow/observers/loss_log.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

/// A run with checkpoints in a folder. Each epoch has four steps.
template <class T>
struct FolderRun {
  std::string folder, optimizer = "adam", schedule = "constant";
  bool restore_best = false, extend = false;
  std::size_t patience = 100, until = 0;

  /// Starts a run, or resumes the one in the folder.
  History operator()(TrainerOptions length) {
    const auto data = small_regression<T>(50), validation = small_regression<T>(20, 2);
    const auto made = make_optimizer<T>(optimizer);
    made->learning_rate = 0.03;
    Checkpoints<T> checkpoints(folder, {.seconds = never, .newest = 1, .resume = true, .extend = extend});
    CsvSink losses(folder + "/losses.csv", {.append = true});
    LossLog<T> loss_log(losses, {.every = 1});
    EarlyStopping<T> early({.patience = patience});
    InterruptAfter<T> interrupt(until);
    length.batch_size = 16;
    length.schedule = make_schedule(schedule);
    length.restore_best = restore_best;
    Trainer<T> trainer(network, MeanSquaredError{}, *made, length);
    trainer.watch(loss_log).watch(early).watch(interrupt).watch(checkpoints);
    const History history = trainer.fit(data, validation);
    EXPECT_EQ(checkpoints.failure(), nullptr);
    change = checkpoints.change();
    return history;
  }

  Network<T> network = small_network<T>();
  std::string change = {};
};

/// The results of a run: the name and the bytes of its last checkpoint, best.safetensors and losses.csv. The checkpoint
/// holds the whole state of the run, with its history.
std::vector<std::string> left_in(const std::string& folder) {
  std::vector<std::string> left = {list_checkpoints(folder).back().substr(folder.size())};
  for (const std::string& path :
       {list_checkpoints(folder).back(), folder + "/best.safetensors", folder + "/losses.csv"})
    left.push_back(text_of_file(path));
  return left;
}

template <class T>
class LongerRun : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LongerRun, Numbers);

TYPED_TEST(LongerRun, EndsAsALongOneForEveryOptimiserAndSchedule) {
  for (const std::string& optimizer : all_optimizers())
    for (const std::string& schedule : all_schedules(20))
      for (const bool restore_best : {false, true}) {
        SCOPED_TRACE(optimizer + " " + schedule + (restore_best ? " restore_best" : ""));
        const TemporaryFolder parts, whole;
        const auto run = [&](const TemporaryFolder& folder, std::size_t epochs) {
          FolderRun<TypeParam> of{.folder = folder.path(), .optimizer = optimizer, .schedule = schedule};
          of.restore_best = restore_best;
          EXPECT_EQ(of({.epochs = epochs}).steps, 4 * epochs);
          EXPECT_EQ(of.change, "");
          return copy_of(std::as_const(of.network).parameters());
        };
        run(parts, 3);
        EXPECT_EQ(run(parts, 6), run(whole, 6));
        EXPECT_EQ(left_in(parts.path()), left_in(whole.path()));
      }
}

TYPED_TEST(LongerRun, OfOneThatWasInterruptedOrEndedInsideAnEpochHasTheSameParametersAndRecords) {
  for (const std::size_t steps : {7u, 8u}) {
    const TemporaryFolder parts, interrupted, whole;
    FolderRun<TypeParam> in_parts{.folder = parts.path()}, first{.folder = interrupted.path()},
        at_once{.folder = whole.path()};
    in_parts({.steps = steps});
    first.until = steps;
    first({.steps = 15});
    first.until = 0;
    const History got = in_parts({.steps = 20}), expected = at_once({.steps = 20});
    first({.steps = 20});
    EXPECT_EQ(left_in(interrupted.path()), left_in(whole.path())) << steps;
    EXPECT_TRUE(same_bits<TypeParam>(std::as_const(in_parts.network).parameters(),
                                     std::as_const(at_once.network).parameters()));
    ASSERT_EQ(got.epochs.size(), expected.epochs.size());
    for (std::size_t i = 0; i < got.epochs.size(); ++i) {
      EXPECT_EQ(got.epochs[i].steps, expected.epochs[i].steps);
      EXPECT_EQ(got.epochs[i].train_loss, expected.epochs[i].train_loss);
      EXPECT_EQ(got.epochs[i].validation.loss, expected.epochs[i].validation.loss);
    }
  }
}

TYPED_TEST(LongerRun, WithAScheduleThatDependsOnTheLengthSaysWhatChangesAndIsAskedFor) {
  for (const std::string schedule : {"cosine", "one_cycle"}) {
    const TemporaryFolder folder;
    FolderRun<TypeParam> run{.folder = folder.path(), .schedule = schedule};
    run({.epochs = 3});
    const std::string rates = "with " + schedule + ", steps 0 to 11 have the learning rates of a run of 12 steps";
    EXPECT_EQ(message_of<FormatError>([&] { run({.epochs = 6}); }), folder.file("step-000000000012.safetensors") +
                                                                        ": run.total_steps: got 12, expected 24; " +
                                                                        rates + "; extend = true continues anyway");
    run.extend = true;
    EXPECT_EQ(run({.epochs = 6}).steps, 24u);
    EXPECT_EQ(run.change, rates + ", and later steps those of a run of 24 steps");
    EXPECT_EQ(run({.epochs = 6}).steps, 24u);
    EXPECT_EQ(run.change, "") << "the second run has the same length, so no rates change";
  }
}

TYPED_TEST(LongerRun, ThatWasStoppedEarlyStaysStopped) {
  const TemporaryFolder folder;
  FolderRun<TypeParam> run{.folder = folder.path(), .optimizer = "sgd"};
  run.patience = 1;
  auto stopped = run({.epochs = 500});
  ASSERT_EQ(stopped.outcome, Outcome::stopped);
  EXPECT_EQ(run({.epochs = 1000}).steps, stopped.steps);
}

TYPED_TEST(LongerRun, IsOneOfSeveralFitsToo) {
  const TemporaryFolder folder, whole;
  const auto data = small_regression<TypeParam>(50);
  const auto make = [](Network<TypeParam>& network, Optimizer<TypeParam>& adam, std::size_t epochs) {
    return Trainer<TypeParam>(network, MeanSquaredError{}, adam, {.epochs = epochs, .batch_size = 16});
  };
  auto often = small_network<TypeParam>(), once = small_network<TypeParam>();
  Adam<TypeParam> a, b;
  Checkpoints<TypeParam> in_parts(folder.path(), {.seconds = never, .resume = true}),
      at_once(whole.path(), {.seconds = never});
  auto trainer = make(often, a, 1);
  trainer.watch(in_parts);
  for (int i = 0; i < 3; ++i) trainer.fit(data);
  make(once, b, 3).watch(at_once).fit(data);
  EXPECT_EQ(text_of_file(in_parts.newest()), text_of_file(at_once.newest()));
}

}  // namespace
}  // namespace gradflow

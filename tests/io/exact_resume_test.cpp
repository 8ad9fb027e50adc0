// A run that is interrupted at any step and resumed ends with the same bytes as an uninterrupted run.
#include <gradflow/io/checkpoints.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/interrupt_after.hpp>
#include <support/layers.hpp>
#include <support/text.hpp>
#include <support/training.hpp>

#include <gradflow/log/csv_sink.hpp>
#include <gradflow/log/json_lines_sink.hpp>
#include <gradflow/observers/early_stopping.hpp>
#include <gradflow/observers/flow_history.hpp>
#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/observers/loss_log.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

struct Kind {
  std::string optimizer, schedule;
  bool early_stopping;
  std::vector<ParameterGroup> groups = {};
  bool every_layer = false;  ///< a network with every kind of layer
};

/// The comparable results of a run: the network's values, optimiser state, measurements, history and log files.
struct Left {
  std::vector<double> values, state, snapshots;
  std::vector<std::vector<double>> epochs;
  std::size_t steps;
  std::string outcome, losses, flow;

  bool operator==(const Left&) const = default;
};

std::vector<double> bits(std::span<const double> numbers) { return {numbers.begin(), numbers.end()}; }
std::vector<double> bits(std::span<const float> numbers) { return {numbers.begin(), numbers.end()}; }

/// Replaces NaN by a fixed number, so that two NaN compare equal.
std::vector<double> comparable(std::vector<double> numbers) {
  for (double& x : numbers)
    if (std::isnan(x)) x = -12345.678;
  return numbers;
}

constexpr std::size_t steps_in_all = 24;  // six epochs of four batches; the last batch is short

/// Starts a run in the folder, or resumes the one there. Ends after step `until`, or at its end if `until` is 0.
template <class T>
Left run(const Kind& kind, const std::string& folder, std::size_t until) {
  auto data = small_regression<T>(50);
  const auto validation = small_regression<T>(20, 2);
  for (std::size_t i = 0; i < samples(data); ++i) data.weights.push_back(1 + static_cast<T>(i % 3) / 8);
  auto network = kind.every_layer ? test::network_of_all_layers<T>(3, 1) : small_network<T>();
  if (kind.every_layer) test::draw_all(network, 1);
  const auto optimizer = make_optimizer<T>(kind.optimizer);
  optimizer->set_groups(kind.groups);
  Checkpoints<T> checkpoints(folder, {.seconds = never, .resume = true});
  CsvSink losses(folder + "/losses.csv", {.columns = {{"run", "1"}}, .append = true});
  JsonLinesSink flow_lines(folder + "/flow.jsonl", {.append = true});
  LossLog<T> loss_log(losses, {.every = 3});
  GradientNorms<T> norms(losses, {.every = 5});
  FlowHistory<T> flow_log(flow_lines, {.every = 4});
  FlowHistory<T> flow_history;
  EarlyStopping<T> early({.patience = 2, .min_delta = 0.001});
  InterruptAfter<T> interrupt(until);
  Trainer<T> trainer(network, MeanSquaredError{}, *optimizer,
                     {.epochs = 6,
                      .batch_size = 16,
                      .seed = 5,
                      .clip_norm = 0.5,
                      .schedule = kind.schedule == "none" ? nullptr : make_schedule(kind.schedule),
                      .restore_best = kind.early_stopping});
  trainer.watch(loss_log).watch(norms).watch(flow_log).watch(flow_history).watch(interrupt).watch(checkpoints);
  if (kind.early_stopping) trainer.watch(early);
  const History history = trainer.fit(data, validation);
  EXPECT_EQ(checkpoints.failure(), nullptr);
  EXPECT_EQ(checkpoints.skipped(), std::vector<std::string>{});

  Left left{bits(std::as_const(network).values()),
            {},
            {},
            {},
            history.steps,
            std::string(name(history.outcome)),
            text_of_file(folder + "/losses.csv"),
            text_of_file(folder + "/flow.jsonl")};
  for (std::size_t i = 0; i < optimizer->buffers(); ++i)
    for (const T x : optimizer->state(i)) left.state.push_back(static_cast<double>(x));
  left.state.push_back(optimizer->learning_rate);
  left.state.push_back(static_cast<double>(optimizer->steps()));
  for (const FlowSnapshot& snapshot : flow_history.snapshots())
    for (const double x : comparable(packed(snapshot))) left.snapshots.push_back(x);
  for (const auto& [epoch, steps, rate, loss, v] : history.epochs)
    left.epochs.push_back(comparable(
        {static_cast<double>(epoch), static_cast<double>(steps), rate, loss, v.loss, v.accuracy, v.mae, v.r2}));
  return left;
}

std::vector<Kind> all_kinds() {
  std::vector<std::string> optimizers = {"sgd(momentum=0.9)", "sgd(momentum=0.9,nesterov=true)",
                                         "rmsprop(momentum=0.5)"};
  for (const std::string_view name : names_of(Optimizers{})) optimizers.emplace_back(name);
  std::vector<Kind> kinds;
  for (std::string optimizer : optimizers)
    for (const char* schedule : {"none", "cosine", "on_plateau(patience=1,threshold=0.5)"})
      for (const bool early : {false, true}) {
        const std::string rate = "learning_rate=0.03";
        const std::size_t open = optimizer.find('(');
        kinds.push_back({open == optimizer.npos
                             ? optimizer + "(" + rate + ")"
                             : optimizer.substr(0, open + 1) + rate + "," + optimizer.substr(open + 1),
                         schedule, early});
      }
  return kinds;
}

template <class T>
class ExactResume : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(ExactResume, Numbers);

TYPED_TEST(ExactResume, OfEveryOptimizerScheduleAndWithEarlyStopping) {
  std::set<std::string> outcomes;
  for (const Kind& kind : all_kinds()) {
    const TemporaryFolder whole;
    const Left expected = run<TypeParam>(kind, whole.path(), 0);
    outcomes.insert(expected.outcome);
    for (const std::size_t first : {1u, 6u, 8u, 11u}) {  // inside an epoch, and at the end of epoch 1
      SCOPED_TRACE(kind.optimizer + " " + kind.schedule + (kind.early_stopping ? " early stopping " : " ") +
                   std::to_string(first));
      const TemporaryFolder parts;
      const Left part = run<TypeParam>(kind, parts.path(), first);
      EXPECT_EQ(part.outcome, "interrupted");
      EXPECT_EQ(part.steps, first);
      const Left got = run<TypeParam>(kind, parts.path(), 0);
      EXPECT_TRUE(got == expected);
      EXPECT_EQ(got.values, expected.values);
      EXPECT_EQ(got.losses, expected.losses);
      EXPECT_EQ(list_checkpoints(parts.path()).back(),
                parts.path() + list_checkpoints(whole.path()).back().substr(whole.path().size()));
      EXPECT_EQ(text_of_file(list_checkpoints(parts.path()).back()),
                text_of_file(list_checkpoints(whole.path()).back()));
      EXPECT_EQ(text_of_file(parts.file("best.safetensors")), text_of_file(whole.file("best.safetensors")));
    }
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"finished", "stopped"}));
}

TYPED_TEST(ExactResume, AnywhereInARun) {
  const Kind kind{"adam(learning_rate=0.03)", "one_cycle", false};
  const TemporaryFolder whole;
  const Left expected = run<TypeParam>(kind, whole.path(), 0);
  for (std::size_t first = 1; first < steps_in_all; ++first) {
    const TemporaryFolder parts;
    run<TypeParam>(kind, parts.path(), first);
    run<TypeParam>(kind, parts.path(), first + 1);  // interrupted a second time
    const Left got = run<TypeParam>(kind, parts.path(), 0);
    EXPECT_TRUE(got == expected) << first;
    EXPECT_EQ(got.losses, expected.losses);
    EXPECT_EQ(got.flow, expected.flow);
    EXPECT_EQ(got.snapshots, expected.snapshots);
  }
}

/// Random layers draw the same numbers again, and running statistics continue.
TYPED_TEST(ExactResume, WithEveryKindOfLayer) {
  for (Kind kind : all_kinds()) {
    if (kind.schedule != "none" || (kind.early_stopping && !kind.optimizer.starts_with("adam("))) continue;
    kind.every_layer = true;
    const TemporaryFolder whole;
    const Left expected = run<TypeParam>(kind, whole.path(), 0);
    for (std::size_t first = 1; first < std::min(expected.steps, steps_in_all); ++first) {
      const TemporaryFolder parts;
      run<TypeParam>(kind, parts.path(), first);
      EXPECT_TRUE(run<TypeParam>(kind, parts.path(), 0) == expected) << kind.optimizer << " " << first;
      EXPECT_EQ(text_of_file(parts.file("best.safetensors")), text_of_file(whole.file("best.safetensors")));
    }
  }
}

TYPED_TEST(ExactResume, WithGroupsOfParametersThatMustBeTheSame) {
  for (Kind kind : all_kinds()) {
    kind.groups = {{.layer = 0, .rate = 0.5}, {.layer = 0, .block = "bias", .rate = 0}, {.weight_decay = 0.01}};
    const TemporaryFolder whole, parts;
    const Left expected = run<TypeParam>(kind, whole.path(), 0);
    run<TypeParam>(kind, parts.path(), 6);
    const std::vector<ParameterGroup> groups = std::exchange(kind.groups, {});
    const std::string message = message_of<FormatError>([&] { run<TypeParam>(kind, parts.path(), 0); });
    EXPECT_NE(message.find("optimizer.groups: got 'layer=0 rate=0.5, layer=0 block=bias rate=0, weight_decay=0.01', "
                           "expected 'none'"),
              std::string::npos)
        << message;
    kind.groups = groups;
    EXPECT_TRUE(run<TypeParam>(kind, parts.path(), 0) == expected) << kind.optimizer << " " << kind.schedule;
  }
}

TYPED_TEST(ExactResume, OfARunThatHadEndedChangesNothing) {
  const Kind kind{"adam", "none", true};
  const TemporaryFolder folder;
  const Left expected = run<TypeParam>(kind, folder.path(), 0);
  const std::string bytes = text_of_file(list_checkpoints(folder.path()).back());
  EXPECT_TRUE(run<TypeParam>(kind, folder.path(), 0) == expected);
  EXPECT_EQ(text_of_file(list_checkpoints(folder.path()).back()), bytes);
}

}  // namespace
}  // namespace gradflow

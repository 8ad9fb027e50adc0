#include <gradflow/observers/flow_history.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/allocations.hpp>
#include <support/errors.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/toy.hpp>
#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/flow/predicted_factor.hpp>
#include <gradflow/log/memory_sink.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
namespace {

/// Trains a network on moons.
template <class T>
struct MoonsRun {
  Network<T> network{dense<Tanh, T>(2, 8, {.bias = false}), dense<Sigmoid, T>(8, 4), dense<Identity, T>(4, 1)};
  Sgd<T> sgd{{.learning_rate = 0.1}};

  void fit(Observer<T>& observer, std::size_t steps, Observer<T>* another = nullptr) {
    network.initialize(AutoInit{}, 1);
    sgd.reset();
    Trainer<T> trainer(network, BinaryCrossEntropy{}, sgd, {.steps = steps, .batch_size = 20});
    const auto moons = make_toy("moons", {.samples = 100});
    Dataset<T> data{zeros<T>(100, 2), zeros<T>(100, 1), {}, {}};
    std::ranges::copy(moons.x, data.x.begin());
    std::ranges::copy(moons.y, data.y.begin());
    trainer.watch(observer);
    if (another) trainer.watch(*another);
    trainer.fit(data);
  }
};

std::set<std::size_t> steps_of(const MemorySink& memory) {
  std::set<std::size_t> steps;
  for (const Record& record : memory.records()) steps.insert(record.step);
  return steps;
}

template <class T>
class FlowHistoryTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(FlowHistoryTest, Numbers);

/// Measures the same quantities as FlowHistory at every step, and keeps them.
template <class T>
struct Beside : Observer<T> {
  FlowMeter<T> meter;
  std::vector<std::vector<LayerFlow>> flows;
  std::vector<double> losses;
  std::vector<std::vector<double>> z_means;
  std::vector<std::vector<double>> ratios;  // update ratios, from the parameters before and after the step
  std::vector<PredictedFactor> predicted;
  Needs needs(std::size_t) const override { return {.z = true, .update_norms = true}; }
  Next on_gradients(const Step<T>& step) override {
    const auto now = meter.measure(step.network);
    flows.emplace_back(now.begin(), now.end());
    losses.push_back(step.loss);
    z_means.emplace_back();
    for (std::size_t layer = 0; layer < step.network.size(); ++layer) {
      const auto z = flat(step.network.trace(layer).z);
      z_means.back().push_back(std::accumulate(z.begin(), z.end(), 0.0) / static_cast<double>(z.size()));
    }
    if (step.number == 0) predicted = predicted_factors(step.network, step.batch.x);
    before_.assign(step.network.parameters().begin(), step.network.parameters().end());
    return Next::proceed;
  }
  Next on_step(const Step<T>& step) override {
    ratios.emplace_back();
    std::size_t begin = 0;  // index of the layer's first parameter
    for (std::size_t layer = 0; layer < step.network.size(); ++layer) {
      const auto after = step.network.parameters(layer);
      double change = 0, size = 0;
      for (std::size_t i = 0; i < step.network.layer(layer).blocks()[0].size(); ++i) {
        const auto old = static_cast<double>(before_[begin + i]);
        change += std::pow(static_cast<double>(after[i]) - old, 2);
        size += old * old;
      }
      ratios.back().push_back(std::sqrt(change / size));
      begin += after.size();
    }
    return Next::proceed;
  }

 private:
  std::vector<T> before_;
};

TYPED_TEST(FlowHistoryTest, WritesWhatTheMeterMeasures) {
  using T = TypeParam;
  MemorySink memory;
  FlowHistory<T> log(memory, {.every = 1, .z = true});
  Beside<T> beside;
  MoonsRun<T> run;
  struct Both : Observer<T> {
    Observer<T>&a, &b;
    Both(Observer<T>& first, Observer<T>& second) : a(first), b(second) {}
    Needs needs(std::size_t step) const override { return b.needs(step); }
    Next on_gradients(const Step<T>& step) override { return a.on_gradients(step), b.on_gradients(step); }
    Next on_step(const Step<T>& step) override { return a.on_step(step), b.on_step(step); }
  } both(log, beside);
  run.fit(both, 7);
  std::map<std::string, std::size_t> counts;
  for (const Record& r : memory.records()) {
    ++counts[std::string(r.quantity)];
    if (r.quantity == "batch_loss") {
      EXPECT_EQ(r.value, beside.losses[r.step]);
    }
    if (r.layer < 0) continue;
    const auto layer = static_cast<std::size_t>(r.layer);
    const LayerFlow& flow = beside.flows[r.step][layer];
    const std::map<std::string_view, double> expected{{"delta_norm", flow.delta_norm},
                                                      {"weight_gradient_norm", flow.weight_gradient_norm},
                                                      {"bias_gradient_norm", flow.bias_gradient_norm},
                                                      {"factor", flow.factor},
                                                      {"slope_factor", flow.slope_factor},
                                                      {"weight_factor", flow.weight_factor},
                                                      {"activation_mean", flow.activation_mean},
                                                      {"activation_deviation", flow.activation_deviation},
                                                      {"spread", flow.spread},
                                                      {"slope_mean", flow.slope_mean},
                                                      {"saturated", flow.saturated},
                                                      {"dead", flow.dead},
                                                      {"numerically_dead", flow.numerically_dead}};
    if (expected.contains(r.quantity)) {
      EXPECT_DOUBLE_EQ(r.value, expected.at(r.quantity)) << r.quantity;
    }
    if (r.quantity == "update_ratio") {
      EXPECT_NEAR(r.value / beside.ratios[r.step][layer], 1, 1e-6) << layer;
    }
    if (r.quantity == "predicted_factor") {
      EXPECT_EQ(r.value, beside.predicted[layer].factor);
    }
    if (r.quantity == "predicted_deviation") {
      EXPECT_EQ(r.value, beside.predicted[layer].deviation);
    }
    if (r.quantity == "slopes") {
      EXPECT_TRUE(std::ranges::equal(r.bins, flow.slopes.shares));
      EXPECT_EQ(std::pair(r.low, r.high), std::pair(flow.slopes.low, flow.slopes.high));
    }
    if (r.quantity == "z") {
      EXPECT_TRUE(std::ranges::equal(r.bins, flow.z.shares));
      EXPECT_EQ(std::pair(r.low, r.high), std::pair(-10.0, 10.0));
      EXPECT_NEAR(r.value, beside.z_means[r.step][layer], 20.0 / static_cast<double>(r.bins.size()) / 2);
    }
  }
  const std::map<std::string, std::size_t> expected_counts{{"activation_deviation", 21},
                                                           {"activation_mean", 21},
                                                           {"batch_loss", 7},
                                                           {"bias_gradient_norm", 14},
                                                           {"dead", 21},
                                                           {"delta_norm", 21},
                                                           {"factor", 14},
                                                           {"numerically_dead", 21},
                                                           {"predicted_deviation", 2},
                                                           {"predicted_factor", 2},
                                                           {"saturated", 21},
                                                           {"slope_factor", 21},
                                                           {"slope_mean", 21},
                                                           {"slopes", 21},
                                                           {"spread", 21},
                                                           {"update_ratio", 21},
                                                           {"weight_factor", 14},
                                                           {"z", 21},
                                                           {"weight_gradient_norm", 21}};
  EXPECT_EQ(counts, expected_counts);
}

TYPED_TEST(FlowHistoryTest, MeasuresEverySoManyStepsAndTheLast) {
  using T = TypeParam;
  MemorySink memory;
  FlowHistory<T> log(memory, {.every = 4});
  MoonsRun<T>().fit(log, 11);
  EXPECT_EQ(steps_of(memory), (std::set<std::size_t>{0, 4, 8, 10}));
}

TYPED_TEST(FlowHistoryTest, OrAtStepsThatAreLogSpacedAndNoMoreThanAsked) {
  using T = TypeParam;
  MemorySink memory;
  FlowHistory<T> log(memory, {.steps = 20});
  MoonsRun<T>().fit(log, 1000);
  const auto steps = steps_of(memory);
  EXPECT_LE(steps.size(), 21u);
  EXPECT_GE(steps.size(), 15u);
  EXPECT_TRUE(steps.contains(0) && steps.contains(1) && steps.contains(999));
  for (auto a = steps.begin(), b = std::next(a); b != steps.end(); ++a, ++b)
    EXPECT_LE(static_cast<double>(*b + 1), std::ceil(static_cast<double>(*a + 1) * std::pow(1000, 1 / 20.0)) + 1);
}

TYPED_TEST(FlowHistoryTest, TheHistoryKeepsTheLogSpacedStepsHoweverOftenItMeasures) {
  using T = TypeParam;
  const auto kept = [](const FlowOptions& options) {
    MemorySink memory;
    FlowHistory<T> history(memory, options);
    MoonsRun<T>().fit(history, 1000);
    std::set<std::size_t> steps;
    for (const FlowSnapshot& snapshot : history.snapshots()) steps.insert(snapshot.step);
    EXPECT_EQ(steps.size(), history.snapshots().size());
    EXPECT_EQ(steps_of(memory).size(), options.every == 1 ? 1000 : options.every == 0 ? steps.size() : 144);
    return steps;
  };
  const auto spaced = kept({.steps = 20});
  EXPECT_EQ(kept({.every = 1, .steps = 20}), spaced);
  const auto sevenths = kept({.every = 7, .steps = 20});  // a subset of the steps 0, 7, ..., 994 and 999
  EXPECT_LE(sevenths.size(), spaced.size());
  EXPECT_TRUE(sevenths.contains(0) && sevenths.contains(7) && sevenths.contains(14) && sevenths.contains(999));
}

TYPED_TEST(FlowHistoryTest, TheHistoryEndsWithWhatWasMeasuredLastWhereverTheRunEnds) {
  using T = TypeParam;
  struct StopAt : Observer<T> {
    std::size_t last;
    explicit StopAt(std::size_t step) : last(step) {}
    Next on_step(const Step<T>& step) override { return step.number == last ? Next::stop : Next::proceed; }
  };
  for (const std::size_t last : {0u, 1u, 499u, 600u, 601u}) {
    FlowHistory<T> history({.every = 1, .steps = 20});
    StopAt stop(last);
    MoonsRun<T>().fit(history, 1000, &stop);
    EXPECT_EQ(history.snapshots().back().step, last);
    EXPECT_LE(history.snapshots().size(), 22u);
  }
}

TYPED_TEST(FlowHistoryTest, ASecondRunBeginsAnew) {
  using T = TypeParam;
  MemorySink first, second;
  MoonsRun<T> run;
  FlowHistory<T> log(first, {.steps = 10});
  run.fit(log, 100);
  const std::size_t once = first.records().size();
  run.fit(log, 100);
  EXPECT_EQ(first.records().size(), 2 * once);
}

/// The second network has the address of the first and is larger.
TYPED_TEST(FlowHistoryTest, ASecondRunMayBeOfAnotherNetworkInThePlaceOfTheFirst) {
  using T = TypeParam;
  FlowHistory<T> history;
  std::optional<SmallRun<T>> run;
  for (const std::vector<LayerPtr<T>>& layers :
       {std::vector<LayerPtr<T>>{dense<Relu, T>(3, 2)},
        {dense<Relu, T>(3, 50), dense<Tanh, T>(50, 40), dense<Identity, T>(40, 2)}}) {
    run.emplace(layers);
    history.on_gradients(run->step(0));
    history.on_step(run->step(0));
    const auto& flows = history.snapshots().back().layers;
    const GradientFlow expected = gradient_flow(run->network);
    ASSERT_EQ(flows.size(), layers.size());
    for (std::size_t i = 0; i < flows.size(); ++i) EXPECT_EQ(flows[i].delta_norm, expected.delta_norms[i]);
  }
}

TYPED_TEST(FlowHistoryTest, UnitsOfASecondRunAreDeadByItsOwnBatches) {
  using T = TypeParam;
  FlowHistory<T> history;
  SmallRun<T> run({dense<Relu, T>(3, 4, {.bias = false})});
  const auto dead_at_start = [&](T input) {
    std::ranges::fill(run.network.parameters(), T(1));
    std::ranges::fill(run.data.x, input);
    history.on_gradients(run.step(0));
    history.on_step(run.step(0));
    return history.snapshots().back().layers[0].dead;
  };
  EXPECT_EQ(dead_at_start(1), 0);
  EXPECT_EQ(dead_at_start(-1), 1);
}

TYPED_TEST(FlowHistoryTest, AHistoryHoldsTheLastRunAlone) {
  using T = TypeParam;
  FlowHistory<T> history({.every = 1});
  MoonsRun<T> run;
  run.fit(history, 5);
  run.fit(history, 3);
  ASSERT_EQ(history.snapshots().size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(history.snapshots()[i].step, i);
}

/// The features are 2 +- 1, 0 and 0. Their mean square is (1 + 9) / 2 / 3.
TYPED_TEST(FlowHistoryTest, ASnapshotHasTheScaleOfTheFirstBatchesInputs) {
  using T = TypeParam;
  FlowHistory<T> history;
  SmallRun<T> run;
  for (std::size_t i = 0; i < run.batch; ++i) {
    std::ranges::fill(row(run.data.x, i), T(0));
    row(run.data.x, i)[0] = i % 2 == 0 ? T(1) : T(3);
  }
  history.on_gradients(run.step(0));
  history.on_step(run.step(0));
  EXPECT_NEAR(history.snapshots()[0].input_size, std::sqrt(5.0 / 3), 1e-6);
  EXPECT_NEAR(history.snapshots()[0].input_offset, 2, 1e-6);
}

TEST(FlowWriter, WritesAnInfinityAndLeavesOutWhatIsNotThere) {
  FlowSnapshot snapshot{.step = 7, .layers = {LayerFlow{}}};
  snapshot.layers[0].delta_norm = std::numeric_limits<double>::infinity();
  MemorySink memory;
  FlowWriter().write(snapshot, memory);
  ASSERT_EQ(memory.records().size(), 1u);
  EXPECT_EQ(memory.records()[0].quantity, "delta_norm");
  EXPECT_EQ(memory.records()[0].step, 7u);
  EXPECT_EQ(memory.records()[0].layer, 0);
  EXPECT_EQ(memory.records()[0].value, std::numeric_limits<double>::infinity());
}

TYPED_TEST(FlowHistoryTest, MeasuresEveryStepWhereMoreAreAskedForThanThereAre) {
  using T = TypeParam;
  FlowHistory<T> history({.steps = 1'000'000'000'000'000'000});
  MoonsRun<T>().fit(history, 20);
  EXPECT_EQ(history.snapshots().size(), 20u);
}

TYPED_TEST(FlowHistoryTest, WithoutZItIsAskedForAtTheStartAndAfterSlopesOfZero) {
  using T = TypeParam;
  MemorySink memory;
  FlowHistory<T> log(memory, {.every = 1});
  MoonsRun<T>().fit(log, 3);
  for (const Record& record : memory.records())
    if (record.quantity == "z") {
      EXPECT_EQ(record.step, 0u);
    }
  SmallRun<T> small({dense<Relu, T>(3, 5), dense<Identity, T>(5, 2)});
  FlowHistory<T> other(memory, {.every = 1});
  const std::size_t last = small.total - 1;
  other.on_gradients(small.step(0));
  EXPECT_TRUE(other.needs(last).z);
  SmallRun<T> smooth;
  other.on_gradients(smooth.step(last));
  EXPECT_FALSE(other.needs(last).z);
}

/// A sink that only counts records.
class CountingSink final : public Sink {
 public:
  std::size_t records = 0;

 private:
  void write_records(std::span<const Record> of_step) override { records += of_step.size(); }
};

TYPED_TEST(FlowHistoryTest, AllocatesInTheFirstMeasuredStepsOnly) {
  CountingSink sink;
  FlowHistory<TypeParam> log(sink, {.every = 1, .steps = 1});
  SmallRun<TypeParam> run;
  const auto step = [&](std::size_t number) {
    Step<TypeParam> now = run.step(number);
    now.total = 1000;
    log.on_gradients(now);
    log.on_step(now);
  };
  for (std::size_t number = 0; number < 3; ++number) step(number);
  const std::size_t before = allocations();
  for (std::size_t number = 3; number < 53; ++number) step(number);
  EXPECT_EQ(allocations(), before);
  EXPECT_GT(sink.records, 1000u);
}

TEST(FlowHistory, RefusesNoStepsAtAll) {
  MemorySink memory;
  EXPECT_EQ(message_of<ValueError>([&] { FlowHistory log(memory, {.steps = 0}); }),
            "flow_history: steps: got 0, expected at least 1");
}

}  // namespace
}  // namespace gradflow

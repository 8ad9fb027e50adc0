// From the third step on, training allocates no memory. This holds for every loss, optimiser, activation, schedule and
// observer, with the Trainer and in a loop written by hand.
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/activations.hpp>
#include <gradflow/observers/early_stopping.hpp>
#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/observers/interrupt.hpp>
#include <gradflow/observers/loss_log.hpp>
#include <gradflow/observers/progress_bar.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/allocations.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerAllocations : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerAllocations, Numbers);

/// Counts the allocations in all steps after the second. Leaves out the end of an epoch, where the history grows.
template <class T>
class Allocations : public Observer<T> {
 public:
  std::size_t total = 0, steps = 0, steps_that_allocate = 0;
  Needs needs(std::size_t step) const override { return {.z = step % 3 != 0, .update_norms = step % 2 != 0}; }
  Next on_step(const Step<T>& step) override {
    if (step.number >= 2) {
      const std::size_t now = allocations() - mark_;
      total += now;
      steps_that_allocate += now > 0;
      ++steps;
    }
    mark_ = allocations();
    return Next::proceed;
  }
  Next on_epoch(const Epoch<T>&) override { return mark_ = allocations(), Next::proceed; }

 private:
  std::size_t mark_ = 0;
};

class CountingSink final : public Sink {
 public:
  std::size_t records = 0;

 private:
  void write_records(std::span<const Record> given) override { records += given.size(); }
};

constexpr std::size_t samples_of_a_run = 90, batch_size = 16;  // the last batch of an epoch is short

template <class T>
Dataset<T> with_one_hot_targets() {
  Dataset<T> data = small_regression<T>(samples_of_a_run);
  data.y = zeros<T>(samples_of_a_run, 2);
  for (std::size_t i = 0; i < samples_of_a_run; ++i) data.y(i, i % 2) = 1;
  return data;
}

template <class T>
Dataset<T> with_class_indices() {
  Dataset<T> data = small_regression<T>(samples_of_a_run);
  for (std::size_t i = 0; i < samples_of_a_run; ++i) data.y(i, 0) = static_cast<T>(i % 2);
  return data;
}

template <class T>
Network<T> network_of(std::string_view activation) {
  Network<T> network{dense<T>(activation, 3, 17), dense<T>(activation, 17, 9), dense<Identity, T>(9, 2)};
  network.initialize(AutoInit{}, 1);
  return network;
}

struct Names {
  std::string_view activation = "tanh", loss = "cross_entropy", optimizer = "sgd";
};

template <class T>
struct Watched {
  Dataset<T> data = with_one_hot_targets<T>();
  std::vector<Observer<T>*> observers = {};
};

template <class T>
void expect_no_allocation(const Names& names, TrainerOptions options = {}, const Watched<T>& watched = {}) {
  Network<T> network = network_of<T>(names.activation);
  const auto optimizer = make_optimizer<T>(names.optimizer);
  options.epochs = 3;
  options.batch_size = batch_size;
  Trainer<T> trainer(network, make_loss<T>(names.loss), *optimizer, options);
  for (Observer<T>* observer : watched.observers) trainer.watch(*observer);
  Allocations<T> counter;
  trainer.watch(counter).fit(watched.data, watched.data);
  const std::size_t steps = 18;
  EXPECT_EQ(counter.steps, steps - 2);
  EXPECT_EQ(counter.total, 0u) << names.activation << ", " << names.loss << ", " << names.optimizer;
}

/// All optimisers by name, and variants with other state buffers (momentum, Nesterov).
std::vector<std::string> optimizer_forms() {
  std::vector<std::string> forms{"sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=1)", "rmsprop(momentum=0.9)"};
  for (const std::string_view name : names_of(Optimizers{})) forms.emplace_back(name);
  return forms;
}

TYPED_TEST(TrainerAllocations, NoneWithEveryLossAndFormOfOptimiser) {
  for (const std::string_view loss : names_of(Losses{}))
    for (const std::string& optimizer : optimizer_forms())
      expect_no_allocation<TypeParam>({.loss = loss, .optimizer = optimizer});
}

TYPED_TEST(TrainerAllocations, NoneWithEveryActivation) {
  for (const std::string_view activation : names_of(Activations{}))
    expect_no_allocation<TypeParam>({.activation = activation});
}

TYPED_TEST(TrainerAllocations, NoneWithClassIndices) {
  expect_no_allocation<TypeParam>({}, {}, {.data = with_class_indices<TypeParam>()});
}

TYPED_TEST(TrainerAllocations, NoneWithEverySchedule) {
  for (const std::string_view schedule : names_of(Schedules{})) {
    TrainerOptions options;
    options.schedule = make_schedule(schedule);
    expect_no_allocation<TypeParam>({}, options);
  }
}

TYPED_TEST(TrainerAllocations, NoneWithClippingShuffledOrNotAndTheBestKept) {
  for (const std::string& optimizer : optimizer_forms()) {
    expect_no_allocation<TypeParam>({.optimizer = optimizer}, {.clip_norm = 0.1, .restore_best = true});
    expect_no_allocation<TypeParam>({.optimizer = optimizer}, {.shuffle = false, .clip_value = 0.01});
  }
}

TYPED_TEST(TrainerAllocations, NoneByObserversThatMeasureAtEveryStepOrSome) {
  using T = TypeParam;
  for (const std::size_t every : {1u, 5u}) {
    CountingSink sink;
    GradientNorms<T> norms(sink, {.every = every});
    LossLog<T> losses(sink, {.every = every});
    EarlyStopping<T> stopping({.patience = 100});
    Interrupt<T> interrupt;
    expect_no_allocation<T>({}, {}, {.observers = {&norms, &losses, &stopping, &interrupt}});
    EXPECT_GT(sink.records, 18 / every * (9 + 2));
  }
}

/// Without a terminal, the progress bar prints a line after each tenth of the run: at most 10 steps may allocate.
TYPED_TEST(TrainerAllocations, NoneByTheProgressBarSaveInStepsWhoseLineItPrints) {
  using T = TypeParam;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  ProgressBar<T> bar(ProgressOptions{.file = file.get()});
  Network<T> network = small_network<T>();
  Sgd<T> sgd;
  Allocations<T> counter;
  Trainer(network, MeanSquaredError{}, sgd, {.steps = 1000}).watch(bar).watch(counter).fit(small_regression<T>(90));
  EXPECT_LE(counter.steps_that_allocate, 10u);
}

TYPED_TEST(TrainerAllocations, NoneInTheLoopByHand) {
  using T = TypeParam;
  const auto data = with_one_hot_targets<T>();
  for (const std::string_view loss_name : names_of(Losses{})) {
    Network<T> network = network_of<T>("sigmoid");
    const LossPtr<T> loss = make_loss<T>(loss_name);
    Adam<T> adam;
    Batches<T> batches(data, {.size = batch_size});
    Matrix<T> delta;
    std::size_t steps = 0, mark = 0;
    for (int epoch = 0; epoch < 3; ++epoch)
      while (const Dataset<T>* batch = batches.next()) {
        loss->evaluate(network.forward(batch->x), batch->y, delta);
        network.backward(batch->x, delta);
        adam.step(network);
        if (++steps == 2) mark = allocations();
      }
    EXPECT_EQ(allocations(), mark) << loss_name;
  }
}

// Shows that the counter works.
TYPED_TEST(TrainerAllocations, AnObserverThatAllocatesIsCounted) {
  using T = TypeParam;
  class Wasteful : public Observer<T> {
    Next on_gradients(const Step<T>&) override { return kept_ = std::make_unique<int>(1), Next::proceed; }
    std::unique_ptr<int> kept_;
  } wasteful;
  auto network = small_network<T>();
  Sgd<T> sgd;
  Allocations<T> counter;
  Trainer(network, MeanSquaredError{}, sgd, {.epochs = 2}).watch(wasteful).watch(counter).fit(small_regression<T>(90));
  EXPECT_EQ(counter.total, counter.steps);
}

}  // namespace
}  // namespace gradflow

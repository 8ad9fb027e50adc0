// From the third step on, training allocates nothing: with every loss, every optimiser and observers that measure.
#include <cstddef>
#include <memory>

#include <gtest/gtest.h>

#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/allocations.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerAllocations : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerAllocations, Numbers);

/// What is allocated in the steps after the second, the end of an epoch left out: there the history grows.
template <class T>
class Allocations : public Observer<T> {
 public:
  std::size_t total = 0, steps = 0;
  Needs needs(std::size_t step) const override { return {.z = step % 3 != 0, .update_norms = step % 2 != 0}; }
  Next on_step(const Step<T>& step) override {
    if (step.number >= 2) {
      total += allocations() - mark_;
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

/// 90 samples in batches of 16: the last batch of an epoch is short.
template <class T>
Dataset<T> with_one_hot_targets() {
  Dataset<T> data = small_regression<T>(90);
  data.y = zeros<T>(90, 2);
  for (std::size_t i = 0; i < 90; ++i) data.y(i, i % 2) = 1;
  return data;
}

template <class T>
void expect_no_allocation(const LossPtr<T>& loss, Optimizer<T>& optimizer, const Dataset<T>& data) {
  Network<T> network{dense<Tanh, T>(3, 17), dense<Relu, T>(17, 9), dense<Identity, T>(9, 2)};
  network.initialize(AutoInit{}, 1);
  CountingSink sink;
  GradientNorms<T> norms(sink, {.every = 1});
  Allocations<T> counter;
  Trainer trainer(network, loss, optimizer, {.epochs = 3, .batch_size = 16, .clip_norm = 1, .restore_best = true});
  trainer.watch(norms).watch(counter).fit(data);
  EXPECT_EQ(counter.total, 0u) << loss->describe() << ", " << optimizer.describe();
  EXPECT_EQ(counter.steps, 16u);
  EXPECT_EQ(sink.records, 18u * 9);
}

TYPED_TEST(TrainerAllocations, NoneFromTheThirdStepOnWithEveryLossAndOptimiser) {
  using T = TypeParam;
  const auto data = with_one_hot_targets<T>();
  for_each_type(Losses{}, [&](const auto& loss) {
    for_each_type(Optimizers{}, [&](const auto& rule) {
      expect_no_allocation<T>(make_loss<T>(loss), *make_optimizer<T>(rule.name), data);
    });
  });
}

TYPED_TEST(TrainerAllocations, NoneWithClassIndicesMomentumAndNesterov) {
  using T = TypeParam;
  auto data = with_one_hot_targets<T>();
  data.y = zeros<T>(90, 1);
  for (const char* optimizer : {"sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=1)", "rmsprop(momentum=0.9)"})
    expect_no_allocation<T>(make_loss<T>(CrossEntropy{}), *make_optimizer<T>(optimizer), data);
}

// So that the counter is known to count.
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

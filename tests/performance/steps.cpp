// Measures whole steps of the workloads: in a loop by hand, with the Trainer, and with the Trainer while the norms of
// every layer's gradients are logged at every step. items_per_second counts steps. For the Trainer, the time is that of
// a whole fit().
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include <gradflow/data/batches.hpp>
#include <gradflow/log/memory_sink.hpp>
#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/train/trainer.hpp>

#include "performance/setup.hpp"

using namespace gradflow;
using performance::Workload;

namespace {

constexpr std::size_t batches_of_an_epoch = 64;

template <class T>
void by_hand(benchmark::State& state, const Workload& w) {
  const auto batch = performance::samples_of<T>(w, w.batch);
  performance::Steps<T> step(w);
  for (auto _ : state) benchmark::DoNotOptimize(step(batch));
  state.SetItemsProcessed(state.iterations());
}

/// Steps on batches that are gathered from a shuffled data set.
template <class T>
void by_hand_over_batches(benchmark::State& state, const Workload& w) {
  const auto data = performance::samples_of<T>(w, batches_of_an_epoch * w.batch);
  performance::Steps<T> step(w);
  Batches<T> batches(data, {.size = w.batch});
  for (auto _ : state) {
    const Dataset<T>* batch = batches.next();
    benchmark::DoNotOptimize(step(batch != nullptr ? *batch : *batches.next()));
  }
  state.SetItemsProcessed(state.iterations());
}

class DroppingSink final : public Sink {
  void write_records(std::span<const Record>) override {}
};
struct NoSink {};

/// Kept: the sink for the norms, DroppingSink or MemorySink; NoSink means no observer.
template <class T, class Kept>
void by_trainer(benchmark::State& state, const Workload& w) {
  constexpr std::size_t epochs = 4;
  const auto data = performance::samples_of<T>(w, batches_of_an_epoch * w.batch);
  auto network = performance::network_of<T>(w);
  const auto optimizer = make_optimizer<T>(w.optimizer);
  for (auto _ : state) {
    Trainer<T> trainer(network, make_loss<T>(w.loss), *optimizer, {.epochs = epochs, .batch_size = w.batch});
    if constexpr (std::is_same_v<Kept, NoSink>) {
      trainer.fit(data);
    } else {
      Kept sink;
      GradientNorms<T> norms(sink, {.every = 1});
      trainer.watch(norms).fit(data);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(epochs * batches_of_an_epoch));
}

template <class T>
void add_all(const std::string& number, const Workload& w) {
  const auto add = [&](const std::string& what, void (*function)(benchmark::State&, const Workload&)) {
    benchmark::RegisterBenchmark((std::string(w.name) + "/" + number + "/" + what).c_str(), function, w);
  };
  add("by_hand", by_hand<T>);
  add("by_hand_over_batches", by_hand_over_batches<T>);
  add("trainer", by_trainer<T, NoSink>);
  add("trainer_norms_dropped", by_trainer<T, DroppingSink>);
  add("trainer_norms_kept", by_trainer<T, MemorySink>);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Workload& w : performance::workloads()) {
    if (w.norms) continue;  // W3n: below, observers of the Trainer measure the norms
    add_all<float>("float", w);
    add_all<double>("double", w);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

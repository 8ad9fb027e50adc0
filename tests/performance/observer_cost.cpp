// What it costs to log the norms of every layer's gradients, or all that FlowLog measures, at every step, into a sink
// that keeps them, against a run without an observer: Trainer::fit on W2 and W3, the two in turn.
//   observer_cost [ROUNDS] [SECONDS of a turn]
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <gradflow/log/memory_sink.hpp>
#include <gradflow/observers/flow_log.hpp>
#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/train/trainer.hpp>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

using namespace gradflow;

namespace {

constexpr std::size_t batches = 64;

/// So many steps of a workload, by the Trainer.
class Runs {
 public:
  explicit Runs(const performance::Workload& w)
      : workload_(w),
        data_(performance::samples_of<float>(w, batches * w.batch)),
        network_(performance::network_of<float>(w)),
        optimizer_(make_optimizer(w.optimizer)) {}

  void without(std::size_t steps) { trainer(steps).fit(data_); }
  void with_norms(std::size_t steps) {
    MemorySink sink;
    GradientNorms norms(sink, {.every = 1});
    trainer(steps).watch(norms).fit(data_);
  }
  void with_all(std::size_t steps) {
    MemorySink sink;
    FlowLog log(sink, {.every = 1});
    trainer(steps).watch(log).fit(data_);
  }

 private:
  Trainer<float> trainer(std::size_t steps) {
    return {network_, make_loss(workload_.loss), *optimizer_, {.steps = steps, .batch_size = workload_.batch}};
  }

  const performance::Workload& workload_;
  Dataset<float> data_;
  Network<float> network_;
  std::unique_ptr<Optimizer<float>> optimizer_;
};

void print_cost(const char* name, std::size_t rounds, double turn) {
  Runs runs(performance::workload(name));
  std::size_t steps = batches;
  while (performance::seconds([&] { runs.without(steps); }) < turn) steps *= 2;
  const auto compare = [&](const char* what, void (Runs::*with)(std::size_t)) {
    const auto [low, median, high] = performance::paired_ratio(
        rounds, [&] { (runs.*with)(steps); }, [&] { runs.without(steps); });
    std::printf("%s, %s at every step over no observer: %.3f (quartiles %.3f to %.3f, %zu rounds of %zu steps)\n", name,
                what, median, low, high, rounds, steps);
  };
  compare("norms logged", &Runs::with_norms);
  compare("all measures logged", &Runs::with_all);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 31;
  const double turn = argc > 2 ? std::atof(argv[2]) : 0.05;
  for (const char* name : {"W2", "W3"}) print_cost(name, static_cast<std::size_t>(rounds), turn);
}

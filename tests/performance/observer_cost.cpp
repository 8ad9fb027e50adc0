// The cost of an observer at every step: time of Trainer::fit on W2 and W3 with an observer / without, run in turn. One
// observer logs the norms of every layer's gradients, the other all measurements of FlowHistory. Both use a MemorySink.
//   observer_cost [ROUNDS] [SECONDS per turn]
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <gradflow/log/memory_sink.hpp>
#include <gradflow/observers/flow_history.hpp>
#include <gradflow/observers/gradient_norms.hpp>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

using namespace gradflow;

namespace {

void print_cost(const char* name, std::size_t rounds, double turn) {
  performance::Training train(performance::workload(name));
  std::size_t steps = performance::Training::steps_per_epoch;
  while (performance::seconds([&] { train(steps); }) < turn) steps *= 2;
  const auto compare = [&](const char* what, const auto& observed) {
    const auto [low, median, high] = performance::paired_ratio(rounds, observed, [&] { train(steps); });
    std::printf("%s, time with %s at every step / without: %.3f (quartiles %.3f to %.3f, %zu rounds of %zu steps)\n",
                name, what, median, low, high, rounds, steps);
  };
  compare("norms logged", [&] {
    MemorySink sink;
    GradientNorms norms(sink, {.every = 1});
    train(steps, norms);
  });
  compare("all measures logged", [&] {
    MemorySink sink;
    FlowHistory log(sink, {.every = 1});
    train(steps, log);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 31;
  const double turn = argc > 2 ? std::atof(argv[2]) : 0.05;
  for (const char* name : {"W2", "W3"}) print_cost(name, static_cast<std::size_t>(rounds), turn);
}

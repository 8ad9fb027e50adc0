// The gain of a second thread: time of the steps of a workload on one thread / on two, run in turn, in wall-clock time.
// A small network always uses one thread, so its ratio is about 1.
//   threads [ROUNDS] [SECONDS per turn]
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gradflow/math/threads.hpp>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

using namespace gradflow;

namespace {

void print_ratio(const performance::Workload& workload, std::size_t rounds, double turn) {
  const auto batch = performance::samples_of<float>(workload, workload.batch);
  performance::Steps<float> step(workload);
  std::size_t steps = 1;
  const auto run = [&](std::size_t threads) {
    const Threads team(threads);
    for (std::size_t i = 0; i < steps; ++i) step(batch);
  };
  while (performance::seconds([&] { run(1); }) < turn) steps *= 2;
  const auto [low, median, high] = performance::paired_ratio(
      rounds, [&] { run(1); }, [&] { run(2); }, performance::wall);
  std::printf("%s, time on one thread / on two: %.2f (quartiles %.2f to %.2f, %zu rounds of %zu steps)\n",
              std::string(workload.name).c_str(), median, low, high, rounds, steps);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const double turn = argc > 2 ? std::atof(argv[2]) : 0.2;
  for (const auto& workload : performance::workloads())
    if (!workload.norms) print_ratio(workload, static_cast<std::size_t>(rounds), turn);
}

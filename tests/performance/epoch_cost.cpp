// The cost of shuffling and of gathering batches: time of a W4 epoch of 60,000 samples / time of the same number of
// steps on one fixed batch. Both run in turn within an epoch.
//   epoch_cost [ROUNDS]
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <gradflow/data/batches.hpp>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

using namespace gradflow;

namespace {

constexpr std::size_t turn = 64;  // steps per turn

/// Returns the time of a whole epoch, divided by the time of its steps alone.
double epoch_over_steps(performance::Steps<float>& step, Batches<float>& batches, const Dataset<float>& resident) {
  double epoch = 0, steps = 0;
  for (bool proceed = true; proceed;) {
    std::size_t made = 0;
    epoch += performance::seconds([&] {
      while (made < turn && proceed) {
        const Dataset<float>* batch = batches.next();
        proceed = batch != nullptr;
        if (proceed) step(*batch);
        made += proceed;
      }
    });
    steps += performance::seconds([&] {
      for (std::size_t i = 0; i < made; ++i) step(resident);
    });
  }
  return epoch / steps;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const auto& workload = performance::workload("W4");
  const auto data = performance::samples_of<float>(workload, 60000);
  const auto resident = performance::samples_of<float>(workload, workload.batch);
  performance::Steps<float> step(workload);
  Batches<float> batches(data, {.size = workload.batch});
  epoch_over_steps(step, batches, resident);  // warms up
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) ratios.push_back(epoch_over_steps(step, batches, resident));
  const auto [low, median, high] = performance::quartiles(ratios);
  std::printf("W4, time of an epoch / of its steps alone: %.3f (quartiles %.3f to %.3f, %d epochs)\n", median, low,
              high, rounds);
}

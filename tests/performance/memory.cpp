// The peak memory of training W5, minus the memory of the program before training. The limit is 1.25 times the
// necessary memory: parameters, gradients, the optimiser's state and two batches of activations.
#include <cstddef>
#include <cstdio>

#include <sys/resource.h>

#include "performance/setup.hpp"

using namespace gradflow;

namespace {

double peak_mebibytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// Returns the size of this many floats in MiB.
double mebibytes(std::size_t numbers) { return static_cast<double>(numbers * sizeof(float)) / (1024 * 1024); }

}  // namespace

int main() {
  const auto& workload = performance::workload("W5");
  const double before = peak_mebibytes();
  const auto batch = performance::samples_of<float>(workload, workload.batch);
  performance::Steps<float> step(workload);
  for (int i = 0; i < 5; ++i) step(batch);
  const double used = peak_mebibytes() - before;

  std::size_t parameters = 0, activations = workload.batch * workload.widths.front();
  for (std::size_t l = 0; l < workload.layers(); ++l) {
    parameters += (workload.widths[l] + 1) * workload.widths[l + 1];
    activations += workload.batch * workload.widths[l + 1];
  }
  const std::size_t momentum = parameters;
  const double needed = mebibytes(2 * parameters + momentum + 2 * activations);
  std::printf("W5, peak memory: got %.1f MiB, expected at most %.1f (1.25 x %.1f): %s\n", used, 1.25 * needed, needed,
              used <= 1.25 * needed ? "holds" : "FAILS");
  return used <= 1.25 * needed ? 0 : 1;
}

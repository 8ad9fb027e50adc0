// The peak memory of training W5, less that of a program that has done nothing yet, against 1.25 times what has to be
// there: parameters, gradients, the optimiser's state and two batches of activations.
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

/// Of numbers in float.
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
  std::printf("W5, peak memory: %.1f MiB, at most %.1f (1.25 x %.1f): %s\n", used, 1.25 * needed, needed,
              used <= 1.25 * needed ? "holds" : "FAILS");
  return used <= 1.25 * needed ? 0 : 1;
}

// The speed of a step by the size of the network: 2 to 64 square layers of width 8 to 1024, with sigmoid,
// cross_entropy, batches of 64 and sgd. Prints a CSV table. GFLOP/s count only the products of a step. The last column
// marks points that are below 70 % of a neighbour, which is the next width or depth in the table.
//   scaling [SECONDS per point]     draw_scaling.py draws the table
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

namespace {

using performance::Workload;

const std::vector<std::size_t> widths{8,  10,  12,  16,  20,  24,  32,  40,  48,  64,  80,
                                      96, 100, 128, 192, 200, 256, 333, 384, 512, 768, 1024};
const std::vector<std::size_t> depths{2, 4, 8, 16, 32, 64};

Workload square(std::size_t width, std::size_t depth) {
  return {.name = "square",
          .widths = std::vector<std::size_t>(depth + 1, width),
          .activation = "sigmoid",
          .loss = "cross_entropy",
          .optimizer = "sgd",
          .learning_rate = 1e-3,
          .momentum = 0,
          .batch = 64};
}

/// Returns the best of about twenty windows or more, because other work on the machine can only make a window slower.
double best_gflops(const Workload& w, double time) {
  performance::Steps<float> step(w);
  const auto batch = performance::samples_of<float>(w, w.batch);
  std::size_t steps = 1;
  const auto window = [&] {
    for (std::size_t i = 0; i < steps; ++i) step(batch);
  };
  window();  // warms up
  while (performance::seconds(window) < time / 40) steps *= 2;
  double best = performance::seconds(window);
  for (double total = best; total < time;) {
    const double now = performance::seconds(window);
    total += now;
    best = std::min(best, now);
  }
  return 1e-9 * performance::flops(w) * static_cast<double>(steps) / best;
}

using Table = std::vector<std::vector<double>>;  // [widths][depths]

/// Returns the largest GFLOP/s of the neighbours: the next smaller and larger width and depth.
double best_neighbour(const Table& table, std::size_t w, std::size_t d) {
  double best = 0;
  if (w > 0) best = std::max(best, table[w - 1][d]);
  if (w + 1 < widths.size()) best = std::max(best, table[w + 1][d]);
  if (d > 0) best = std::max(best, table[w][d - 1]);
  if (d + 1 < depths.size()) best = std::max(best, table[w][d + 1]);
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const double time = argc > 1 ? std::atof(argv[1]) : 0.5;
  Table table(widths.size(), std::vector<double>(depths.size()));
  for (std::size_t d = 0; d < depths.size(); ++d)
    for (std::size_t w = 0; w < widths.size(); ++w) table[w][d] = best_gflops(square(widths[w], depths[d]), time);
  std::puts("width,depth,gflops,of_best_neighbour,cliff");
  for (std::size_t d = 0; d < depths.size(); ++d)
    for (std::size_t w = 0; w < widths.size(); ++w) {
      const double share = table[w][d] / best_neighbour(table, w, d);
      std::printf("%zu,%zu,%.3f,%.3f,%s\n", widths[w], depths[d], table[w][d], share, share < 0.7 ? "cliff" : "");
    }
}

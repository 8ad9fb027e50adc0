// The cost of a checkpoint every second: time of Trainer::fit on W4 with checkpoints / without. Both run in turn. The
// time is wall-clock time, because an idle core may write the files.
//   checkpoint_cost [ROUNDS] [SECONDS per turn] [FOLDER, which is removed]
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gradflow/io/checkpoints.hpp>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

using namespace gradflow;

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 7);
  const double turn = argc > 2 ? std::atof(argv[2]) : 10;
  const std::string folder = argc > 3 ? argv[3] : "checkpoint_cost.tmp";
  performance::Training train(performance::workload("W4"));
  constexpr std::size_t some = 256;
  const double took = performance::seconds([&] { train(some); }, performance::wall);
  const auto steps = static_cast<std::size_t>(turn / took * some);
  const auto saved = [&] {
    std::filesystem::remove_all(folder);
    Checkpoints<float> checkpoints(folder, {.seconds = 1});
    train(steps, checkpoints);
  };
  const auto [low, median, high] = performance::paired_ratio(
      rounds, saved, [&] { train(steps); }, performance::wall);
  std::filesystem::remove_all(folder);
  std::printf(
      "W4, time with checkpoints / without: %.3f (quartiles %.3f to %.3f, %zu rounds of %zu steps, about %.0f s)\n",
      median, low, high, rounds, steps, turn);
}

// What it costs to save a run once a second, against a run that is not saved: Trainer::fit on W4, the two in turn, by
// the clock, since a core that is idle writes the files.
//   checkpoint_cost [ROUNDS] [SECONDS of a turn] [FOLDER, which is removed]
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gradflow/io/checkpoints.hpp>
#include <gradflow/train/trainer.hpp>

#include "performance/paired.hpp"
#include "performance/setup.hpp"

using namespace gradflow;

namespace {

constexpr std::size_t batches = 64;

class Runs {
 public:
  explicit Runs(std::string folder)
      : workload_(performance::workload("W4")),
        data_(performance::samples_of<float>(workload_, batches * workload_.batch)),
        network_(performance::network_of<float>(workload_)),
        optimizer_(make_optimizer(workload_.optimizer)),
        folder_(std::move(folder)) {}

  void without(std::size_t steps) { trainer(steps).fit(data_); }
  void with(std::size_t steps) {
    std::filesystem::remove_all(folder_);
    Checkpoints<float> checkpoints(folder_, {.seconds = 1});
    trainer(steps).watch(checkpoints).fit(data_);
  }

 private:
  Trainer<float> trainer(std::size_t steps) {
    return {network_, make_loss(workload_.loss), *optimizer_, {.steps = steps, .batch_size = workload_.batch}};
  }

  const performance::Workload& workload_;
  Dataset<float> data_;
  Network<float> network_;
  std::unique_ptr<Optimizer<float>> optimizer_;
  std::string folder_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 7);
  const double turn = argc > 2 ? std::atof(argv[2]) : 10;
  const std::string folder = argc > 3 ? argv[3] : "checkpoint_cost.tmp";
  Runs runs(folder);
  const double some = performance::seconds([&] { runs.without(4 * batches); }, performance::wall);
  const auto steps = static_cast<std::size_t>(turn / some * 4 * batches);
  const auto [low, median, high] = performance::paired_ratio(
      rounds, [&] { runs.with(steps); }, [&] { runs.without(steps); }, performance::wall);
  std::filesystem::remove_all(folder);
  std::printf(
      "W4, a checkpoint a second over none: %.3f (quartiles %.3f to %.3f, %zu rounds of %zu steps, some %.0f s)\n",
      median, low, high, rounds, steps, turn);
}

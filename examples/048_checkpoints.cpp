// A run that is stopped twice, as if by Ctrl-C, and each time resumed by a new network, optimiser and trainer. Prints
// where each part began and ended, and whether the parameters equal those of a run that never stopped, to the last bit.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

constexpr std::size_t all_steps = 1000;

/// Stops a run after this many steps, as Interrupt does after Ctrl-C.
struct StopAfter final : Observer<float> {
  explicit StopAfter(std::size_t number) : steps(number) {}
  Next on_step(const Step<float>& step) override { return step.number + 1 == steps ? Next::interrupt : Next::proceed; }
  std::size_t steps;
};

/// Begins the run whose checkpoints are in this folder, or continues it, until step `until`.
Network<float> run(const std::string& folder, std::size_t until) {
  const auto [train, test] = split(moons({.samples = 2000, .noise = 0.1, .seed = 1}), {.fraction = 0.8, .seed = 2});
  Network network{dense<Tanh>(2, 16), dense<Tanh>(16, 16), dense<Identity>(16, 1)};
  network.initialize(GlorotUniform{}, /*seed=*/42);
  Adam adam({.learning_rate = 0.01});
  Trainer trainer(network, BinaryCrossEntropy{}, adam, {.steps = all_steps, .seed = 3});
  StopAfter stop(until);
  trainer.watch(stop);

  Checkpoints checkpoints(folder, {.seconds = 60, .resume = true});
  CsvSink losses(folder + "/losses.csv", {.append = true});
  LossLog loss_log(losses);
  trainer.watch(loss_log).watch(checkpoints);  // begins in a new folder, resumes in a folder with checkpoints

  const History history = trainer.fit(train, test);
  std::printf("from step %4zu to step %4zu: %s, accuracy %.4f\n", checkpoints.resumed_at().value_or(0), history.steps,
              name(history.outcome).data(), history.epochs.back().validation.accuracy);
  return network;
}

}  // namespace

int main() {
  const std::string folder = (std::filesystem::temp_directory_path() / "gradflow-checkpoints").string();
  std::filesystem::remove_all(folder);
  run(folder + "/parts", 333);
  run(folder + "/parts", 700);
  const Network<float> in_parts = run(folder + "/parts", all_steps), at_once = run(folder + "/whole", all_steps);
  const bool same = std::ranges::equal(in_parts.parameters(), at_once.parameters());
  std::printf("%zu parameters: %s\n", at_once.parameters().size(), same ? "the same bits" : "they differ");
  std::filesystem::remove_all(folder);
  return same ? 0 : 1;
}

// Which checkpoints a folder keeps, and which checkpoints are refused or skipped.
#include <gradflow/io/checkpoints.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/interrupt_after.hpp>
#include <support/text.hpp>
#include <support/training.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/observers/early_stopping.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
namespace {

namespace fs = std::filesystem;

/// A run of ten steps with checkpoints in a folder. A test may change the options and observers before the call.
struct TenSteps {
  explicit TenSteps(std::string path) : folder(std::move(path)) {}

  History operator()() {
    const auto data = small_regression<float>(samples);
    if (width > 0) network = Network<float>{dense<Tanh>(3, width), dense<Identity>(width, 1)};
    Checkpoints<float> checkpoints(folder, options);
    Adam<float> adam({.learning_rate = learning_rate});
    Trainer<float> trainer(network, MeanSquaredError{}, adam,
                           {.steps = steps, .batch_size = batch_size, .restore_best = restore_best});
    EarlyStopping<float> early;
    InterruptAfter<float> interrupt(until);
    if (stops_early) trainer.watch(early);
    trainer.watch(interrupt).watch(checkpoints);
    const History history = trainer.fit(data);
    newest = checkpoints.newest();
    skipped = checkpoints.skipped();
    resumed_at = checkpoints.resumed_at();
    failure = checkpoints.failure();
    return history;
  }

  std::string folder;
  CheckpointOptions options{.steps = 2, .resume = true};
  std::size_t samples = 40, width = 0, batch_size = 8, until = 0, steps = 10;
  double learning_rate = 0.01;
  bool stops_early = false, restore_best = false;
  Network<float> network = small_network<float>();

  std::string newest;
  std::vector<std::string> skipped;
  std::optional<std::size_t> resumed_at;
  std::exception_ptr failure;
};

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

TEST(CheckpointFolder, KeepsTheNewestAndTheBest) {
  const TemporaryFolder folder;
  TenSteps run(folder.path());
  run.options.newest = 3;
  run();
  EXPECT_EQ(names_in(folder.path()),
            (std::vector<std::string>{"best.safetensors", "step-000000000006.safetensors",
                                      "step-000000000008.safetensors", "step-000000000010.safetensors"}));
  EXPECT_EQ(run.newest, folder.file("step-000000000010.safetensors"));
  EXPECT_EQ(load_model<float>(folder.file("best.safetensors")).network.size(), 2U);
}

TEST(CheckpointFolder, HasTheParametersOfTheBestEpochNotOfTheLast) {
  const TemporaryFolder folder;
  TenSteps run(folder.path());
  run.learning_rate = 30;  // each step makes the loss larger
  run.batch_size = run.samples;
  run.restore_best = true;
  ASSERT_EQ(run().best_epoch, 0U) << "epoch 0 of ten should be the best";
  const auto parameters_in = [](const std::string& path) {
    const Network<float> network = load_model<float>(path).network;
    return std::vector<float>(network.parameters().begin(), network.parameters().end());
  };
  const auto best = parameters_in(folder.file("best.safetensors"));
  EXPECT_TRUE(std::ranges::equal(best, std::as_const(run.network).parameters()));
  EXPECT_NE(best, parameters_in(run.newest));
}

TEST(CheckpointFolder, HasFilesThatAreModels) {
  const TemporaryFolder folder;
  TenSteps run(folder.path());
  run.options.info = {.loss = "mse", .feature_names = {"a", "b", "c"}};
  run();
  const auto [network, info] = load_model<float>(run.newest);
  EXPECT_TRUE(std::ranges::equal(network.parameters(), std::as_const(run.network).parameters()));
  EXPECT_EQ(info.feature_names, run.options.info.feature_names);
}

TEST(CheckpointFolder, OfAnotherRunIsRefused) {
  const TemporaryFolder folder;
  TenSteps run(folder.path());
  run();
  run.options.resume = false;
  EXPECT_EQ(message_of<ValueError>([&] { run(); }),
            folder.path() + ": the folder has checkpoints of another run; set resume = true to continue that run");
}

TEST(CheckpointFolder, HasNothingOfANetworkThatNobodyInitialisedAndInitialisesOne) {
  const TemporaryFolder folder;
  const auto made = [] { return Network<float>{dense<Tanh>(3, 8), dense<Identity>(8, 1)}; };
  TenSteps run(folder.path());
  run.network = made();
  EXPECT_THROW(run(), ValueError);
  EXPECT_EQ(list_checkpoints(folder.path()), std::vector<std::string>{});
  TenSteps whole(folder.path()), resumed(folder.path());
  whole();
  resumed.network = made();
  EXPECT_EQ(resumed().steps, 10U);
  EXPECT_TRUE(
      std::ranges::equal(std::as_const(resumed.network).parameters(), std::as_const(whole.network).parameters()));
}

TEST(CheckpointFolder, HasOneWriter) {
  const TemporaryFolder folder;
  const Checkpoints<float> first(folder.path());
  EXPECT_EQ(message_of<std::system_error>([&] { Checkpoints<float> second(folder.path()); }),
            folder.path() + ": another run writes into this folder: Device or resource busy");
}

TEST(CheckpointFolder, LosesWhatAKilledWriterLeft) {
  const TemporaryFolder folder;
  folder.write("step-000000000004.safetensors.new-123-4", "half");
  TenSteps run(folder.path());
  run();
  for (const std::string& name : names_in(folder.path())) EXPECT_EQ(name.find(".new-"), name.npos) << name;
}

TEST(CheckpointFolder, WithUnusableOptionsIsRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of<ValueError>([&] { Checkpoints<float>(folder.path(), {.newest = 0}); }),
            "checkpoints: newest: got 0, expected at least 1");
  EXPECT_EQ(message_of<ValueError>([&] { Checkpoints<float>(folder.path(), {.seconds = -1}); }),
            "checkpoints: seconds: got -1, expected at least 0");
}

/// Interrupts a run after five steps, applies `change`, and resumes. Returns the error message without the file name.
/// Also checks that a refused resume leaves the parameters unchanged.
std::string complaint(const std::function<void(TenSteps&)>& change) {
  const TemporaryFolder folder;
  TenSteps begun(folder.path());
  begun.until = 5;
  begun();
  TenSteps other(folder.path());
  change(other);
  const std::vector<float> before = copy_of(std::as_const(other.network).parameters());
  const std::string message = message_of<FormatError>([&] { other(); });
  if (other.width == 0) {
    EXPECT_TRUE(std::ranges::equal(before, std::as_const(other.network).parameters()));
  }
  const std::string path = folder.file("step-000000000005.safetensors: ");
  EXPECT_EQ(message.substr(0, path.size()), path);
  return message.substr(std::min(message.size(), path.size()));
}

TEST(CheckpointOfAnotherRun, IsRefusedAndSaysWhatDiffers) {
  EXPECT_EQ(complaint([](TenSteps& run) { run.width = 9; }),
            "layers: got layer 0 dense 3 -> 8, tanh; layer 1 dense 8 -> 1, identity, expected layer 0 dense 3 -> 9, "
            "tanh; layer 1 dense 9 -> 1, identity, as in the network");
  EXPECT_EQ(complaint([](TenSteps& run) { run.learning_rate = 0.02; }).substr(0, 42),
            "run.optimizer: got 'adam(learning_rate=0.0");
  EXPECT_EQ(complaint([](TenSteps& run) { run.batch_size = 4; }).substr(0, 36), "run.options: got 'batch_size=8 seed=");
  EXPECT_EQ(complaint([](TenSteps& run) { run.steps = 9; }),
            "run.total_steps: got 10, expected 9; a run can be made longer, not shorter");
  EXPECT_EQ(complaint([](TenSteps& run) { run.samples = 41; }).substr(0, 33), "run.data: got '40 samples, crc32 ");
  EXPECT_EQ(complaint([](TenSteps& run) { run.stops_early = true; }),
            "run.early_stopping.best_loss is not saved; the saved run had other observers or options");
}

TEST(CheckpointThatIsDamaged, IsSkippedAndTheOneBeforeTaken) {
  const TemporaryFolder folder, another;
  TenSteps run(folder.path());
  run.until = 7;
  run();
  const std::string newest = folder.file("step-000000000007.safetensors");
  ASSERT_EQ(run.newest, newest);
  std::string bytes = text_of_file(newest);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  folder.write("step-000000000007.safetensors", bytes);
  TenSteps whole(another.path());
  whole();
  TenSteps again(folder.path());
  again();
  EXPECT_EQ(again.resumed_at, 6U);
  ASSERT_EQ(again.skipped.size(), 1U);
  EXPECT_EQ(again.skipped[0].substr(0, newest.size() + 2), newest + ": ");
  EXPECT_TRUE(std::ranges::equal(std::as_const(again.network).parameters(), std::as_const(whole.network).parameters()));
  EXPECT_TRUE(fs::exists(newest)) << "the library must not delete a damaged file";
}

TEST(CheckpointThatIsDamaged, IsNoneToBeginAnewWithout) {
  const TemporaryFolder folder;
  TenSteps run(folder.path());
  run();
  for (const std::string& path : list_checkpoints(folder.path())) fs::resize_file(path, 100);
  const std::string message = message_of<FormatError>([&] { run(); });
  const std::string expected = folder.path() + ": no checkpoint can be used; ";
  EXPECT_EQ(message.substr(0, expected.size()), expected);
}

TEST(CheckpointThatIsDamaged, IsRefusedWhereverItEndsAndWhicheverByteChanges) {
  const TemporaryFolder folder;
  TenSteps run(folder.path());
  run();
  const std::string bytes = text_of_file(run.newest), copy = folder.file("step-000000000011.safetensors");
  std::size_t refused = 0, tried = 0;
  const auto is_refused = [&](const std::string& damaged) {
    std::ofstream(copy, std::ios::binary) << damaged;
    const NewestCheckpoint found = newest_checkpoint(folder.path());
    ++tried;
    refused += found.path == run.newest && found.skipped.size() == 1;
  };
  for (std::size_t end = 0; end < bytes.size(); end += 13) is_refused(bytes.substr(0, end));
  for (std::size_t at = 0; at < bytes.size(); at += 17) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    is_refused(damaged);
  }
  is_refused(bytes + "x");
  EXPECT_EQ(refused, tried);
  EXPECT_GT(tried, 300U);
}

TEST(CheckpointOfARunThatDiverged, IsTheLastThatWasGood) {
  const TemporaryFolder folder;
  auto data = small_regression<float>(40);
  for (float& y : data.y) y *= 1e18f;
  auto network = small_network<float>();
  Sgd<float> sgd({.learning_rate = 1e25});
  Checkpoints<float> checkpoints(folder.path(), {.steps = 1});
  Trainer<float> trainer(network, MeanSquaredError{}, sgd, {.steps = 100, .batch_size = 8});
  const History history = trainer.watch(checkpoints).fit(data);
  ASSERT_EQ(history.outcome, Outcome::diverged);
  ASSERT_FALSE(checkpoints.newest().empty());
  EXPECT_LE(checkpoints.newest_step(), history.divergence->step);
  const auto [last_good, info] = load_model<float>(checkpoints.newest());
  EXPECT_TRUE(all_finite(last_good.parameters()));
  EXPECT_EQ(list_checkpoints(folder.path()).back(), checkpoints.newest());
}

TEST(CheckpointThatCannotBeWritten, DoesNotEndTheRun) {
  TemporaryFolder folder;
  struct Remove final : Observer<float> {
    explicit Remove(std::string path) : folder(std::move(path)) {}
    Next on_step(const Step<float>& step) override {
      if (step.number == 4) fs::remove_all(folder);
      return Next::proceed;
    }
    std::string folder;
  } remove(folder.file("run"));
  auto network = small_network<float>();
  Adam<float> adam;
  Checkpoints<float> checkpoints(folder.file("run"), {.steps = 2});
  Trainer<float> trainer(network, MeanSquaredError{}, adam, {.steps = 10, .batch_size = 8});
  EXPECT_EQ(trainer.watch(remove).watch(checkpoints).fit(small_regression<float>(40)).steps, 10U);
  ASSERT_NE(checkpoints.failure(), nullptr);
  EXPECT_EQ(message_of<std::system_error>([&] { std::rethrow_exception(checkpoints.failure()); }),
            folder.file("run/best.safetensors") + ": cannot write: No such file or directory");
}

}  // namespace
}  // namespace gradflow

// train and compare with --tensorboard: the events, read by a parser that shares no code with the library, are the
// numbers of metrics.csv and gradients.csv. A run that was stopped and resumed has the events of one that never
// stopped.
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>
#include <log/tensorboard_reader.hpp>
#include <support/files.hpp>
#include <support/predict.hpp>
#include <support/process.hpp>
#include <support/text.hpp>

#include <gradflow/log/tensorboard_sink.hpp>

namespace gradflow {
namespace {

using Scalars = std::map<std::pair<std::string, std::uint64_t>, float>;  // by tag and step

class TensorBoardOfARun : public testing::Test {
 protected:
  void SetUp() override {
#if !defined(GRADFLOW_PROGRAM)
    GTEST_SKIP() << "needs the program gradflow";
#endif
    if (!can_write_tensorboard()) GTEST_SKIP() << "built without protobuf";
  }

  static std::string program() {
#if defined(GRADFLOW_PROGRAM)
    return GRADFLOW_PROGRAM;
#else
    return {};
#endif
  }

  /// Runs the program in the folder and returns its exit code. before: shell commands that come first.
  int run(const std::string& arguments, const std::string& before = "true") const {
    const std::string command =
        "cd " + folder.path() + " && " + before + " && " + program() + " " + arguments + " --quiet >out.txt 2>err.txt";
    return WEXITSTATUS(std::system(command.c_str()));
  }

  std::string events_of(const std::string& output, const std::string& name) const {
    return folder.file(output + "/tensorboard/" + name);
  }

  /// Returns the scalars of a run. Each tag may have only one at each step, and the steps of a tag must ascend.
  Scalars scalars(const std::string& output, const std::string& name) const {
    Scalars found;
    std::map<std::string, std::uint64_t> last;
    for (const Event& event : events_in(events_of(output, name))) {
      if (!event.is_scalar()) continue;
      EXPECT_TRUE(found.emplace(std::pair(event.tag(), event.step), event.scalar()).second)
          << event.tag() << " has step " << event.step << " twice";
      EXPECT_LE(last[event.tag()], event.step) << event.tag();
      last[event.tag()] = event.step;
    }
    return found;
  }

  /// Returns the numbers of a run in gradients.csv and metrics.csv, by the tags that they have as events.
  Scalars rows(const std::string& output, const std::string& activation, const std::string& seed) const {
    Scalars found;
    const auto add = [&](const std::string& tag, const std::string& step, const std::string& value) {
      found[{tag, std::stoull(step)}] = static_cast<float>(std::stod(value));
    };
    for (const std::string& line : lines_of(text_of_file(folder.file(output + "/gradients.csv")))) {
      const Words row = split_line(line);
      if (row[0] == activation && row[1] == seed)
        add((row[3] == "-1" ? "network" : "layer " + row[3]) + "/" + row[4], row[2], row[5]);
    }
    const std::vector<std::string> metrics = lines_of(text_of_file(folder.file(output + "/metrics.csv")));
    const Words names = split_line(metrics[0]);
    for (const std::string& line : metrics) {
      const Words row = split_line(line);
      if (row[0] != activation || row[1] != seed) continue;
      for (std::size_t i = 4; i < row.size(); ++i)
        if (!row[i].empty()) add("network/" + names[i], std::to_string(std::stoull(row[3]) - 1), row[i]);
    }
    return found;
  }

  /// Checks that the run has these events: the same tags, steps and values, and one file.
  void expect_same_events(const std::string& a, const std::string& b, const std::string& name) const {
    const auto expected = events_in(events_of(a, name)), got = events_in(events_of(b, name));
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].tag(), expected[i].tag()) << i;
      EXPECT_EQ(got[i].step, expected[i].step) << i;
      EXPECT_EQ(got[i].value.numbers, expected[i].value.numbers) << i;
      EXPECT_EQ(got[i].value.texts, expected[i].value.texts) << i;
    }
  }

  /// Starts a training run, ends it by the signal when it has some events, resumes it, and compares it with `whole`.
  void stop_and_resume(const std::string& output, int signal) const {
    const std::string gradients = folder.file(output + "/checkpoints/seed-1/gradients.csv");
    {
      Process process(
          {"/bin/sh", "-c", "cd " + folder.path() + " && exec " + program() + " " + long_run + output + " --quiet"});
      for (int looks = 0; looks < 1000; ++looks, usleep(10000)) {
        std::error_code none_yet;
        if (const auto size = std::filesystem::file_size(gradients, none_yet); !none_yet && size > 0) break;
      }
      process.kill(signal);
      process.wait();
    }
    EXPECT_FALSE(std::filesystem::exists(folder.file(output + "/model.safetensors")) && signal == SIGKILL)
        << "the run ended before the signal";
    ASSERT_EQ(run("train --resume " + output), 0) << text_of_file(folder.file("err.txt"));
    expect_same_events("whole", output, "relu-seed-1");
  }

  const std::string long_run =
      "train --dataset iris --layers 8 --steps 20000 --log-every 20 --checkpoint-steps 500 --tensorboard --output ";
  TemporaryFolder folder;
};

TEST_F(TensorBoardOfARun, HasTheNumbersOfTheTables) {
  ASSERT_EQ(run("compare --dataset iris --depth 2 --width 8 --activations 'tanh,z/(1+abs(z))' --seeds 1,2 --epochs 3 "
                "--log-every 5 --no-report --tensorboard --output out"),
            0);
  const std::vector<std::pair<std::string, std::string>> names = {{"tanh", "tanh"},
                                                                  {"z/(1 + abs(z))", "z_(1 + abs(z))"}};
  for (const auto& [activation, name] : names)
    for (const std::string seed : {"1", "2"}) {
      const Scalars expected = rows("out", activation, seed);
      EXPECT_GT(expected.size(), 150U);
      EXPECT_TRUE(expected.contains({"network/validation_accuracy", 11}));
      EXPECT_TRUE(expected.contains({"network/batch_loss", 5}));
      EXPECT_TRUE(expected.contains({"layer 0/weight_gradient_norm", 5}));
      EXPECT_TRUE(expected.contains({"layer 2/delta_norm", 11}));
      EXPECT_EQ(scalars("out", name + "-seed-" + seed), expected) << name;
    }
  EXPECT_NE(text_of_file(folder.file("out.txt")).find("\nOpen in TensorBoard: tensorboard --logdir out/tensorboard\n"),
            std::string::npos);
}

TEST_F(TensorBoardOfARun, HasTheNumbersOfARegression) {
  ASSERT_EQ(run("train --dataset sine --layers 8 --epochs 2 --tensorboard --output out"), 0);
  const Scalars expected = rows("out", "relu", "1");
  EXPECT_TRUE(expected.contains({"network/validation_r2", 49}));
  EXPECT_EQ(scalars("out", "relu-seed-1"), expected);
}

TEST_F(TensorBoardOfARun, HasHistogramsOfEveryLayer) {
  ASSERT_EQ(run("train --dataset iris --layers 8,8 --epochs 1 --report --tensorboard --output out"), 0);
  std::set<std::string> tags;
  for (const Event& event : events_in(events_of("out", "relu-seed-1")))
    if (!event.is_scalar()) tags.insert(event.tag());
  EXPECT_EQ(tags, (std::set<std::string>{"layer 0/slopes", "layer 0/z", "layer 1/slopes", "layer 1/z", "layer 2/slopes",
                                         "layer 2/z"}));
}

TEST_F(TensorBoardOfARun, IsWrittenOnlyWhenAskedFor) {
  ASSERT_EQ(run("train --dataset iris --layers 8 --steps 2 --output out"), 0);
  EXPECT_FALSE(std::filesystem::exists(folder.file("out/tensorboard")));
  EXPECT_EQ(text_of_file(folder.file("out.txt")).find("TensorBoard"), std::string::npos);
}

TEST_F(TensorBoardOfARun, IsDeletedByTheNextRunInTheFolder) {
  ASSERT_EQ(run("compare --dataset iris --depth 1 --activations tanh,relu --steps 9 --tensorboard --output out"), 0);
  EXPECT_EQ(run("compare --dataset iris --depth 1 --activations relu --steps 2 --tensorboard --output out"), 2);
  EXPECT_EQ(scalars("out", "tanh-seed-1").count({"network/batch_loss", 8}), 1U);
  ASSERT_EQ(run("compare --dataset iris --depth 1 --activations relu --steps 2 --tensorboard --overwrite --output out"),
            0);
  EXPECT_FALSE(std::filesystem::exists(events_of("out", "tanh-seed-1")));
  EXPECT_EQ(scalars("out", "relu-seed-1"), rows("out", "relu", "1"));
}

/// A folder that has nothing but events is not free for another run.
TEST_F(TensorBoardOfARun, IsAResult) {
  std::filesystem::create_directories(folder.file("out/tensorboard"));
  EXPECT_EQ(run("train --dataset iris --steps 2 --output out"), 2);
  EXPECT_NE(text_of_file(folder.file("err.txt")).find("got tensorboard of another run"), std::string::npos);
}

TEST_F(TensorBoardOfARun, IsTheSameAfterAKillAndAfterCtrlC) {
  ASSERT_EQ(run(long_run + "whole"), 0);
  stop_and_resume("killed", SIGKILL);
  stop_and_resume("stopped", SIGINT);
}

TEST_F(TensorBoardOfARun, IsContinuedByALongerRun) {
  ASSERT_EQ(run("train --dataset iris --layers 8 --epochs 3 --seeds 1,2 --log-every 6 --tensorboard --output out"), 0);
  ASSERT_EQ(run("train --resume out --epochs 6"), 0);
  for (const std::string seed : {"1", "2"}) {
    EXPECT_EQ(scalars("out", "relu-seed-" + seed), rows("out", "relu", seed));
    EXPECT_TRUE(scalars("out", "relu-seed-" + seed).contains({"network/train_loss", 23}));
  }
}

TEST_F(TensorBoardOfARun, TakesAFormulaOfAnyLength) {
  std::string formula = "tanh(z)";
  while (formula.size() < 300) formula += "+0.001*tanh(z)/2";
  ASSERT_EQ(run("compare --dataset iris --depth 1 --activations '" + formula + "," + formula +
                "+tanh(z)' --steps 2 --tensorboard --no-report --output out"),
            0);
  std::size_t runs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("out/tensorboard"))) {
    EXPECT_EQ(events_in(entry.path().string()).empty(), false);
    ++runs;
  }
  EXPECT_EQ(runs, 2U);
}

/// No file may grow beyond 64 KB: the events of this run are larger, all other files are smaller.
TEST_F(TensorBoardOfARun, FailsIfTheDiskIsFullAndResumesWithoutALoss) {
  const std::string arguments =
      "train --dataset iris --layers 8 --steps 60 --log-every 1 --checkpoint-steps 10 --tensorboard --output ";
  ASSERT_EQ(run(arguments + "whole"), 0);
  EXPECT_EQ(run(arguments + "full", "trap '' XFSZ; ulimit -f 128"), 1);  // in blocks of 512 bytes
  const std::vector<std::string> said = lines_of(text_of_file(folder.file("err.txt")));
  ASSERT_EQ(said.size(), 2U) << text_of_file(folder.file("err.txt"));
  EXPECT_NE(said[0].find(": cannot write: File too large; later records are dropped"), std::string::npos) << said[0];
  EXPECT_EQ(said[1], "gradflow train: --tensorboard: some events could not be written");
  EXPECT_LT(scalars("full", "relu-seed-1").size(), scalars("whole", "relu-seed-1").size());
  EXPECT_TRUE(rows("full", "relu", "1").contains({"layer 0/delta_norm", 59}));
  ASSERT_EQ(run("train --resume full"), 0) << text_of_file(folder.file("err.txt"));
  expect_same_events("whole", "full", "relu-seed-1");
}

TEST_F(TensorBoardOfARun, FailsIfTheDiskIsFullInCompareToo) {
  EXPECT_EQ(
      run("compare --dataset iris --depth 1 --activations relu --steps 60 --log-every 1 --tensorboard --no-report "
          "--output out",
          "trap '' XFSZ; ulimit -f 128"),
      1);
  EXPECT_EQ(lines_of(text_of_file(folder.file("err.txt"))).back(),
            "gradflow compare: --tensorboard: some events could not be written");
}

}  // namespace
}  // namespace gradflow

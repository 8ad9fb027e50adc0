// What TensorBoardSink writes, read by a parser that shares no code with it, and what it does if it cannot write.
#include <gradflow/log/tensorboard_sink.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <log/tensorboard_reader.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/full_disk.hpp>
#include <support/text.hpp>

#include <gradflow/base/state_values.hpp>

namespace gradflow {
namespace {

class TensorBoard : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_write_tensorboard()) GTEST_SKIP() << "built without protobuf";
  }
  std::vector<std::string> records() const { return tfrecords_of(text_of_file(file_in(folder.file("run")))); }
  std::vector<Event> events() const { return events_in(folder.file("run")); }

  TemporaryFolder folder;
};

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

TEST_F(TensorBoard, BeginsWithTheVersionInAFileWithTheNameThatIsLookedFor) {
  const double before = now();
  const TensorBoardSink sink(folder.file("run"));
  const Message first = message_in(records().at(0));
  EXPECT_EQ(records().size(), 1U);
  EXPECT_EQ(first.text(3), "brain.Event:2");
  EXPECT_GE(first.real(1), before);
  EXPECT_LE(first.real(1), now());
  const std::string name = std::filesystem::path(file_in(folder.file("run"))).filename().string();
  const std::string begin = "events.out.tfevents.";
  ASSERT_EQ(name.find(begin), 0U) << name;
  EXPECT_NEAR(std::stod(name.substr(begin.size(), 10)), before, 2);
}

TEST_F(TensorBoard, HasScalarsOfLayersAndOfTheNetwork) {
  TensorBoardSink sink(folder.file("run"));
  const double before = now();
  sink.write({0, "train_loss", -1, 2.5});
  const double infinity = std::numeric_limits<double>::infinity();
  sink.write(std::array{Record{5, "delta_norm", 0, 0.1}, Record{5'000'000'000, "delta_norm", 12, infinity},
                        Record{6, "factor", 0, std::nan("")}, Record{7, "delta_norm", 0, 0}});
  const auto seen = events();
  ASSERT_EQ(seen.size(), 5U);
  const std::array tags = {"network/train_loss", "layer 0/delta_norm", "layer 12/delta_norm", "layer 0/factor",
                           "layer 0/delta_norm"};
  const std::array<std::uint64_t, 5> steps = {0, 5, 5'000'000'000, 6, 7};
  for (std::size_t i = 0; i < tags.size(); ++i) {
    EXPECT_EQ(seen[i].tag(), tags[i]);
    EXPECT_EQ(seen[i].step, steps[i]);
    EXPECT_GE(seen[i].wall_time, before);
    EXPECT_LE(seen[i].wall_time, now());
  }
  EXPECT_EQ(seen[0].scalar(), 2.5F);
  EXPECT_EQ(seen[1].scalar(), 0.1F);
  EXPECT_EQ(seen[2].scalar(), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(seen[3].scalar()));
  EXPECT_EQ(seen[4].scalar(), 0);  // a 0 is written, although it is the default of the field
  EXPECT_FALSE(sink.failed());
}

TEST_F(TensorBoard, HasHistogramsBetweenTheirEdges) {
  TensorBoardSink sink(folder.file("run"));
  const std::array shares = {0.25, 0.0, 0.5, 0.25};
  sink.write({3, "z", 1, 99, shares, -10, 10});
  sink.write({3, "z", 2, 99, shares});
  const auto seen = events();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].tag(), "layer 1/z");
  EXPECT_EQ(seen[0].step, 3U);
  EXPECT_FALSE(seen[0].value.numbers.contains(2));  // no scalar besides the histogram
  const Message z = message_in(seen[0].value.text(5));
  EXPECT_EQ(z.real(1), -10);
  EXPECT_EQ(z.real(2), 10);
  EXPECT_EQ(z.real(3), 1);
  EXPECT_EQ(z.real(4), 0.25 * -7.5 + 0.5 * 2.5 + 0.25 * 7.5);
  EXPECT_EQ(z.real(5), 0.5 * 7.5 * 7.5 + 0.5 * 2.5 * 2.5);
  EXPECT_EQ(reals_in(z.text(6)), (std::vector<double>{-5, 0, 5, 10}));
  EXPECT_EQ(reals_in(z.text(7)), std::vector<double>(shares.begin(), shares.end()));
  const Message counted = message_in(seen[1].value.text(5));
  EXPECT_EQ(counted.real(2), 4);
  EXPECT_EQ(reals_in(counted.text(6)), (std::vector<double>{1, 2, 3, 4}));
}

/// All values are equal, like the slopes of identity: the histogram has width 0.
TEST_F(TensorBoard, HasAHistogramOfOnePlace) {
  TensorBoardSink sink(folder.file("run"));
  sink.write({3, "slopes", 1, 1, std::array{1.0, 0.0}, 1, 1});
  const Message slopes = message_in(events().at(0).value.text(5));
  EXPECT_EQ(slopes.real(1), 1);
  EXPECT_EQ(slopes.real(2), 1);
  EXPECT_EQ(slopes.real(4), 1);
  EXPECT_EQ(reals_in(slopes.text(6)), (std::vector<double>{1, 1}));
}

TEST_F(TensorBoard, HasAFileForEachSink) {
  for (int i = 0; i < 3; ++i) const TensorBoardSink sink(folder.file("run"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.file("run")), {}), 3);
}

TEST_F(TensorBoard, AppendsToTheNewestFileOfTheFolder) {
  const std::string run = folder.file("run"), older = run + "/events.out.tfevents.1000000000.host.1.0";
  std::filesystem::create_directory(run);
  folder.write("run/events.out.tfevents.1000000000.host.1.0", "older");
  TensorBoardSink(run).write({1, "a", 0, 1});
  TensorBoardSink(run, {.append = true}).write({2, "a", 0, 1});
  EXPECT_EQ(text_of_file(older), "older");
  std::filesystem::remove(older);
  const auto seen = events();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].step, 1U);
  EXPECT_EQ(seen[1].step, 2U);
}

TEST_F(TensorBoard, BeginsAFileWhereThereIsNoneToAppendTo) {
  TensorBoardSink(folder.file("run"), {.append = true}).write({1, "a", 0, 1});
  EXPECT_EQ(events().size(), 1U);
}

/// A resumed run removes the events that were written after the checkpoint.
TEST_F(TensorBoard, CutsTheFileBackToASavedState) {
  State saved;
  {
    TensorBoardSink sink(folder.file("run"));
    sink.write({1, "a", 0, 1});
    StateVisitor saving(saved);
    sink.visit_state(saving);
    sink.write({2, "a", 0, 1});
  }
  TensorBoardSink sink(folder.file("run"), {.append = true});
  StateVisitor loading(saved, "the state");
  sink.visit_state(loading);
  sink.write({3, "a", 0, 1});
  const auto seen = events();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].step, 1U);
  EXPECT_EQ(seen[1].step, 3U);
}

TEST_F(TensorBoard, ThrowsWhereTheFolderCannotBeMade) {
  const std::string path = folder.write("file", "");
  EXPECT_EQ(message_of<std::system_error>([&] { TensorBoardSink sink(path + "/run"); }),
            path + "/run: cannot make the folder: it, or a folder above it, is a file: Not a directory");
}

TEST_F(TensorBoard, OnAFullDiskSaysSoOnceAndLeavesNoHalfRecord) {
  TensorBoardSink sink(folder.file("run"));
  testing::internal::CaptureStderr();
  {
    const FullDisk full(1000);
    for (std::size_t i = 0; i < 100; ++i) sink.write({i, "a", 0, 1});
  }
  sink.write({100, "a", 0, 1});
  EXPECT_TRUE(sink.failed());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            file_in(folder.file("run")) + ": cannot write: File too large; later records are dropped\n");
  const auto seen = events();
  EXPECT_GT(seen.size(), 5U);
  EXPECT_EQ(seen.back().step, seen.size() - 1);
}

TEST_F(TensorBoard, KeepsRecordsOfSeveralThreadsWhole) {
  {
    TensorBoardSink sink(folder.file("run"));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 200; ++i) sink.write({i, "a", t, 0});
      });
    for (std::thread& thread : threads) thread.join();
  }
  std::map<std::string, std::set<std::uint64_t>> steps;
  for (const Event& event : events()) steps[event.tag()].insert(event.step);
  EXPECT_EQ(steps.size(), 4U);
  for (const auto& [tag, of_tag] : steps) EXPECT_EQ(of_tag.size(), 200U) << tag;
}

TEST(TensorBoardWithoutProtobuf, SaysWhatIsMissing) {
  if (can_write_tensorboard()) GTEST_SKIP() << "built with protobuf";
  const TemporaryFolder folder;
  EXPECT_EQ(
      message_of<std::runtime_error>([&] { TensorBoardSink sink(folder.file("run")); }),
      "tensorboard: this build has no protobuf; apt-get install protobuf-compiler libprotobuf-dev, and configure the "
      "build again");
  EXPECT_FALSE(std::filesystem::exists(folder.file("run")));
}

}  // namespace
}  // namespace gradflow

// What TensorBoardSink writes, read by a parser that shares no code with it, and what it does if it cannot write.
#include <gradflow/log/tensorboard_sink.hpp>

#include <array>
#include <bit>
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
#include <log/tfrecord_reader.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/full_disk.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

/// A protobuf message: for each field number, its values in order. Numbers are kept as bits, other values as bytes.
struct Message {
  std::map<int, std::vector<std::uint64_t>> numbers;
  std::map<int, std::vector<std::string>> texts;

  double real(int field) const { return std::bit_cast<double>(numbers.at(field).at(0)); }
  const std::string& text(int field) const { return texts.at(field).at(0); }
};

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = take_number<unsigned char>(bytes);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return number;
  }
}

Message message_in(std::string_view bytes) {
  Message message;
  while (!bytes.empty()) {
    const std::uint64_t key = take_varint(bytes);
    const int field = static_cast<int>(key >> 3);
    switch (key & 7) {
      case 0:
        message.numbers[field].push_back(take_varint(bytes));
        break;
      case 1:
        message.numbers[field].push_back(take_number<std::uint64_t>(bytes));
        break;
      case 2: {
        const std::uint64_t length = take_varint(bytes);
        message.texts[field].emplace_back(bytes.substr(0, length));
        bytes.remove_prefix(length);
        break;
      }
      case 5:
        message.numbers[field].push_back(take_number<std::uint32_t>(bytes));
        break;
      default:
        throw std::runtime_error("a field has an unknown wire type");
    }
  }
  return message;
}

std::vector<double> reals_in(std::string_view packed) {
  std::vector<double> reals;
  while (!packed.empty()) reals.push_back(std::bit_cast<double>(take_number<std::uint64_t>(packed)));
  return reals;
}

/// The event in one record. Every record of the file but the first holds one event.
struct Event {
  double wall_time;
  std::uint64_t step;
  Message value;

  explicit Event(const std::string& bytes) {
    const Message event = message_in(bytes);
    wall_time = event.real(1);
    step = event.numbers.contains(2) ? event.numbers.at(2).at(0) : 0;
    value = message_in(message_in(event.text(5)).text(1));
  }
  std::string tag() const { return value.text(1); }
  float scalar() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value.numbers.at(2).at(0))); }
};

class TensorBoard : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_write_tensorboard()) GTEST_SKIP() << "built without protobuf";
  }
  std::string file_in(const std::string& path) const {
    std::string file;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      EXPECT_EQ(file, "") << "expected one file in the folder";
      file = entry.path().string();
    }
    return file;
  }
  std::vector<std::string> records() const { return tfrecords_of(text_of_file(file_in(folder.file("run")))); }
  std::vector<Event> events() const {
    const auto all = records();
    return {all.begin() + 1, all.end()};
  }

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

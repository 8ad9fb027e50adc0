// What CsvSink and JsonLinesSink write, and what they do if they cannot write.
#include <gradflow/log/file_sink.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/full_disk.hpp>
#include <support/text.hpp>

#include <gradflow/log/csv_sink.hpp>
#include <gradflow/log/json_lines_sink.hpp>

namespace gradflow {
namespace {

constexpr std::array two = {Record{5, "delta_norm", 0, 0.5}, Record{5, "delta_norm", 1, 0.25}};

TEST(CsvSink, WritesWhatItGetsAtOnce) {
  const TemporaryFolder folder;
  CsvSink sink(folder.write("a.csv", "old"), {.columns = {{"activation", "relu"}, {"seed", "1"}}});
  EXPECT_EQ(text_of_file(folder.file("a.csv")), "activation,seed,step,layer,quantity,value\n");
  sink.write(two);
  EXPECT_EQ(text_of_file(folder.file("a.csv")),
            "activation,seed,step,layer,quantity,value\nrelu,1,5,0,delta_norm,0.5\nrelu,1,5,1,delta_norm,0.25\n");
  EXPECT_FALSE(sink.failed());
}

TEST(JsonLinesSink, WritesAnObjectALine) {
  const TemporaryFolder folder;
  JsonLinesSink sink(folder.file("a.jsonl"));
  sink.write(two);
  sink.write({6, "train_loss", -1, 2});
  const auto lines = lines_of(text_of_file(folder.file("a.jsonl")));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], R"({"step":5,"layer":1,"quantity":"delta_norm","value":0.25})");
  EXPECT_EQ(lines[2], R"({"step":6,"layer":-1,"quantity":"train_loss","value":2})");
}

TEST(FileSink, ThrowsWhereThePathCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.file("no/a.csv");
  EXPECT_EQ(message_of<std::system_error>([&] { CsvSink sink(path); }),
            path + ": cannot write: No such file or directory");
  EXPECT_EQ(message_of<std::system_error>([&] { JsonLinesSink sink(folder.path()); }),
            folder.path() + ": cannot write: Is a directory");
  EXPECT_EQ(message_of<std::system_error>([&] { CsvSink sink("/dev/full"); }),
            "/dev/full: cannot write: No space left on device");
}

TEST(FileSink, ReportsALaterFailureOnceAndDropsTheRest) {
  testing::internal::CaptureStderr();
  {
    JsonLinesSink sink("/dev/full");
    EXPECT_FALSE(sink.failed());
    for (int i = 0; i < 3; ++i) sink.write(two);
    EXPECT_TRUE(sink.failed());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "/dev/full: cannot write: No space left on device; later records are dropped\n");
}

TEST(FileSink, OnAFullDiskLeavesNoHalfLine) {
  const TemporaryFolder folder;
  CsvSink sink(folder.file("a.csv"));
  testing::internal::CaptureStderr();
  {
    const FullDisk full(1010);  // the limit falls inside a line
    for (int i = 0; i < 100; ++i) sink.write(two);
  }
  sink.write(two);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            folder.file("a.csv") + ": cannot write: File too large; later records are dropped\n");
  const auto lines = lines_of(text_of_file(folder.file("a.csv")));
  EXPECT_GT(lines.size(), 20U);
  EXPECT_EQ(lines.size() % 2, 1U);
  EXPECT_EQ(lines.back(), "5,1,delta_norm,0.25");
}

/// Throws bad_alloc at the second record of a group (layer 1).
class SinkWithoutMemory final : public FileSink {
 public:
  explicit SinkWithoutMemory(std::string path) : FileSink(std::move(path), "first line\n") {}

 private:
  void append(std::string& out, const Record& record) const override {
    if (record.layer == 1) throw std::bad_alloc();
    out += "record\n";
  }
};

TEST(FileSink, WithoutMemorySaysSoAndDropsTheRest) {
  const TemporaryFolder folder;
  SinkWithoutMemory sink(folder.file("a.txt"));
  sink.write(two[0]);
  testing::internal::CaptureStderr();
  EXPECT_NO_THROW(sink.write(two));
  sink.write(two[0]);
  EXPECT_TRUE(sink.failed());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            folder.file("a.txt") + ": cannot write: Cannot allocate memory; later records are dropped\n");
  EXPECT_EQ(text_of_file(folder.file("a.txt")), "first line\nrecord\n");
}

TEST(FileSink, KeepsGroupsOfSeveralThreadsTogether) {
  const TemporaryFolder folder;
  {
    CsvSink sink(folder.file("a.csv"));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) sink.write(std::array{Record{t, "a", 0, 0}, Record{t, "a", 1, 0}});
      });
    for (std::thread& thread : threads) thread.join();
  }
  const auto lines = lines_of(text_of_file(folder.file("a.csv")));
  ASSERT_EQ(lines.size(), 1601U);
  for (std::size_t i = 1; i < lines.size(); i += 2) {
    EXPECT_EQ(lines[i].substr(1), ",0,a,0");
    EXPECT_EQ(lines[i + 1], lines[i].substr(0, 1) + ",1,a,0");
  }
}

}  // namespace
}  // namespace gradflow

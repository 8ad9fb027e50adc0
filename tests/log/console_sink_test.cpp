#include <gradflow/log/console_sink.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/terminal.hpp>
#include <support/text.hpp>

#include <gradflow/base/errors.hpp>

namespace {

bool memory_is_there = true;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = memory_is_there ? std::malloc(size) : nullptr) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace gradflow {
namespace {

constexpr double for_ever = 1e9;

std::array<Record, 2> group(std::size_t step) {
  return {Record{step, "delta_norm", 0, 1}, Record{step, "delta_norm", 1, 2}};
}

class ConsoleSinkTest : public testing::Test {
 protected:
  ConsoleSinkTest() { setenv("LC_ALL", "C", 1); }
  TextFile out_;
};

TEST_F(ConsoleSinkTest, ShowsAllWhereTheIntervalIsZero) {
  ConsoleSink sink({.min_interval = 0, .burst = 1, .file = out_.file()});
  for (std::size_t step = 0; step < 100; ++step) sink.write(group(step));
  const auto lines = lines_of(out_.text());
  ASSERT_EQ(lines.size(), 200U);
  EXPECT_EQ(lines[199], "step    99  layer  1  |dL/dz| 2.00e+00");
}

TEST_F(ConsoleSinkTest, CountsWhatItHoldsBackAndShowsTheLast) {
  {
    ConsoleSink sink({.min_interval = for_ever, .burst = 2, .file = out_.file()});
    for (std::size_t step = 0; step < 10; ++step) sink.write(group(step));
    EXPECT_EQ(lines_of(out_.text()).size(), 4U);
  }
  const auto lines = lines_of(out_.text());
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[3], "step     1  layer  1  |dL/dz| 2.00e+00");
  EXPECT_EQ(lines[4], "(similar groups of lines skipped: 7)");
  EXPECT_EQ(lines[6], "step     9  layer  1  |dL/dz| 2.00e+00");
}

TEST_F(ConsoleSinkTest, AFloodOfOneKindDoesNotHideAnother) {
  ConsoleSink sink({.min_interval = for_ever, .burst = 1, .file = out_.file()});
  for (std::size_t step = 0; step < 10; ++step) sink.write({step, "batch_loss", -1, 0.5});
  sink.write({10, "train_loss", -1, 0.25});
  const auto lines = lines_of(out_.text());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "step    10  train_loss 0.25");
}

TEST_F(ConsoleSinkTest, ReportsAFullDiskOnce) {
  std::FILE* const full = std::fopen("/dev/full", "w");
  testing::internal::CaptureStderr();
  {
    ConsoleSink sink({.min_interval = 0, .file = full});
    sink.write(group(0));
    sink.write(group(1));
    EXPECT_TRUE(sink.failed());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "console: cannot write: No space left on device; later records are dropped\n");
  std::fclose(full);
}

TEST_F(ConsoleSinkTest, WithoutMemorySaysSoAndDropsTheRest) {
  testing::internal::CaptureStderr();
  ConsoleSink sink({.min_interval = 0, .file = out_.file()});
  const auto records = group(0);
  bool thrown = false;
  memory_is_there = false;
  try {
    sink.write(records);
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  memory_is_there = true;
  EXPECT_FALSE(thrown);
  sink.write(records);
  EXPECT_TRUE(sink.failed());
  EXPECT_EQ(out_.text(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "console: cannot write: Cannot allocate memory; later records are dropped\n");
}

TEST_F(ConsoleSinkTest, ErasesAProgressBarOnlyWhereTheTerminalKnowsHow) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ConsoleSink(ConsoleSinkOptions{.file = terminal.file()}).write({1, "train_loss", -1, 0.25});
  EXPECT_EQ(terminal.text(), "\r\x1b[Jstep     1  train_loss 0.25\n");
  setenv("TERM", "dumb", 1);
  ConsoleSink(ConsoleSinkOptions{.file = terminal.file()}).write({2, "train_loss", -1, 0.25});
  EXPECT_EQ(terminal.text(), "step     2  train_loss 0.25\n");
}

TEST_F(ConsoleSinkTest, RefusesANegativeIntervalAndNoBurst) {
  EXPECT_EQ(message_of<ValueError>([] { ConsoleSink sink({.min_interval = -1}); }),
            "console sink: min_interval: got -1, expected at least 0");
  EXPECT_EQ(message_of<ValueError>([] { ConsoleSink sink({.burst = 0}); }),
            "console sink: burst: got 0, expected at least 1");
}

}  // namespace
}  // namespace gradflow

// Tests LiveFlow without a terminal and on a pseudo-terminal, and several LiveFlows on one display.
#include <gradflow/observers/live_flow.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/allocations.hpp>
#include <support/screen.hpp>
#include <support/terminal.hpp>
#include <support/text.hpp>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/observers/progress_bar.hpp>

namespace gradflow {
namespace {

constexpr double for_ever = 1e9;

/// Returns the norm in the format of the lines: "1.2e-01".
std::string norm_text(double norm) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1e", norm);
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// Returns the number of lines on the screen that show a layer.
std::size_t layers_on(const std::vector<std::string>& lines) {
  std::size_t count = 0;
  for (const std::string& line : lines) count += line.starts_with("   ");
  return count;
}

/// The runs have three layers and ten steps.
template <class T>
class LiveFlowTest : public testing::Test {
 protected:
  LiveFlowTest() {
    setenv("LC_ALL", "C", 1);
    setenv("NO_COLOR", "1", 1);
  }
  static void step(LiveFlow<T>& live, SmallRun<T>& run, std::size_t number) {
    EXPECT_EQ(live.on_step(run.step(number)), Next::proceed);
  }

  SmallRun<T> run_, other_run_;
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LiveFlowTest, Numbers);

TYPED_TEST(LiveFlowTest, HasALineForEachLayerBelowThatOfTheRun) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  terminal.resize(24, 100);
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display, "relu");
  this->step(live, this->run_, 0);
  Screen screen(24, 100);
  screen.write(terminal.text());
  const auto lines = screen.lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[0].starts_with("relu  [####")) << lines[0];
  const std::vector<double> norms = delta_norms(this->run_.network);
  const char* const names[] = {"dense 3 -> 5, tanh             ", "dense 5 -> 4, sigmoid          ",
                               "dense 4 -> 2, identity, no bias"};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string head = "   " + std::to_string(i) + " " + names[i] + "  " + norm_text(norms[i]) + " #";
    EXPECT_EQ(lines[i + 1].substr(0, head.size()), head);
    EXPECT_TRUE(lines[i + 1].ends_with("  +                     flowing")) << lines[i + 1];
  }
  EXPECT_EQ(screen.row(), 0U);
  EXPECT_EQ(screen.column(), 0U);
}

TYPED_TEST(LiveFlowTest, IsABarWhereThereIsNoTerminal) {
  const TextFile out, bar_out;
  ProgressDisplay display({.file = out.file()}), bar_display({.file = bar_out.file()});
  LiveFlow<TypeParam> live(display, "relu");
  ProgressBar<TypeParam> bar(bar_display, "relu");
  for (std::size_t i = 0; i < this->run_.total; ++i) {
    const Step<TypeParam> step = this->run_.step(i);
    live.on_step(step);
    bar.on_step(step);
  }
  const Epoch<TypeParam> epoch{0, this->run_.total - 1, 0.1, 0.5, {.accuracy = 0.75}, this->run_.network};
  live.on_epoch(epoch);
  bar.on_epoch(epoch);
  const auto lines = lines_of(out.text()), bar_lines = lines_of(bar_out.text());
  ASSERT_EQ(lines.size(), 10U);
  ASSERT_EQ(bar_lines.size(), 10U);
  EXPECT_FALSE(has(out.text(), "\x1b"));
  const std::string head = "relu   1/10  loss 0.1234  ";
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(lines[i].substr(0, head.size()), bar_lines[i].substr(0, head.size()));
  EXPECT_TRUE(has(lines[9], "accuracy 0.750")) << lines[9];
}

TYPED_TEST(LiveFlowTest, IsABarOnATerminalThatKnowsNoEscapeSequences) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  setenv("TERM", "dumb", 1);
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display, "relu");
  for (std::size_t i = 0; i < this->run_.total; ++i) this->step(live, this->run_, i);
  live.finish();
  const std::string text = terminal.text();
  EXPECT_FALSE(has(text, "\x1b"));
  EXPECT_EQ(lines_of(text).size(), 10U);
}

TYPED_TEST(LiveFlowTest, MeasuresTheFirstStepAndThenOnlyWhatIsDrawn) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = for_ever});
  LiveFlow<TypeParam> live(display);
  const std::size_t at_first = allocations();
  this->step(live, this->run_, 0);
  EXPECT_TRUE(has(terminal.text(), "flowing"));
  EXPECT_GT(allocations(), at_first);  // proves that the counter of allocations works
  std::vector<Step<TypeParam>> steps;
  for (std::size_t i = 1; i < this->run_.total; ++i) steps.push_back(this->run_.step(i));
  const std::size_t before = allocations();
  for (const Step<TypeParam>& step : steps) live.on_step(step);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(terminal.text(), "");
}

TYPED_TEST(LiveFlowTest, LeavesTheLineOfTheRunAlone) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display, "relu"), other(display, "tanh");
  Screen screen(24, 60);
  this->step(live, this->run_, 0);
  this->step(other, this->other_run_, 0);
  screen.write(terminal.text());
  EXPECT_EQ(screen.lines().size(), 8U);
  live.on_epoch({0, this->run_.total - 1, 0.1, 0.5, {}, this->run_.network});
  screen.write(terminal.text());
  auto lines = screen.lines();
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[0].starts_with("relu")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("tanh")) << lines[1];
  EXPECT_EQ(screen.row(), 1U);
  other.finish();  // the same happens after Ctrl-C
  screen.write(terminal.text());
  lines = screen.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].starts_with("tanh")) << lines[1];
  EXPECT_EQ(screen.row(), 2U);
  EXPECT_EQ(screen.column(), 0U);
}

TYPED_TEST(LiveFlowTest, BeginsAnewWithTheNextRun) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display);
  const auto sparks = [&](std::size_t number) {
    this->step(live, this->run_, number);
    Screen screen(24, 60);
    screen.write(terminal.text());
    const std::string line = screen.lines().back();
    constexpr std::size_t before = 28;  // columns before the sparkline, with the shortest name
    return line.find(' ', before) - before;
  };
  EXPECT_EQ(sparks(0), 1U);
  EXPECT_EQ(sparks(1), 2U);
  EXPECT_EQ(sparks(2), 3U);
  EXPECT_EQ(sparks(0), 1U);
}

TYPED_TEST(LiveFlowTest, FitsTheTerminalWhateverBecomesOfIt) {
  struct Case {
    unsigned short rows, columns;
    std::size_t lines, layers;
  };
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display, "relu"), other(display, "tanh");
  this->step(live, this->run_, 0);
  std::size_t number = 0;
  for (const Case& c : {Case{24, 60, 8, 6}, Case{9, 60, 8, 6}, Case{8, 60, 5, 3}, Case{6, 20, 5, 3}, Case{5, 60, 2, 0},
                        Case{2, 60, 1, 0}, Case{1, 2, 1, 0}, Case{50, 300, 8, 6}}) {
    terminal.resize(c.rows, c.columns);
    if (number == 0) this->step(other, this->other_run_, number);
    terminal.text();
    this->step(live, this->run_, ++number);
    Screen screen(c.rows, c.columns);
    screen.write(terminal.text());
    EXPECT_EQ(screen.lines().size(), c.lines) << c.rows;
    EXPECT_EQ(layers_on(screen.lines()), c.layers) << c.rows;
    EXPECT_EQ(screen.row(), 0U) << c.rows;
  }
}

TYPED_TEST(LiveFlowTest, AllRunsAreOnOneScale) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display, "relu"), other(display, "tanh");
  this->step(live, this->run_, 0);
  const auto first_layer = [&] {
    Screen screen(24, 60);
    screen.write(terminal.text());
    return screen.lines().at(1);
  };
  const std::string alone = first_layer();
  for (auto& weight : this->other_run_.network.parameters(0)) weight = 0;
  for (auto& weight : this->other_run_.network.parameters(1)) weight /= 1000;
  for (auto& weight : this->other_run_.network.parameters(2)) weight /= 1000;
  this->step(other, this->other_run_, 0);
  terminal.text();
  this->step(live, this->run_, 1);
  EXPECT_GT(first_layer().find_last_of('#'), alone.find_last_of('#'));
}

TYPED_TEST(LiveFlowTest, ALayersHealthIsByTheGradientAtTheOutput) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  terminal.resize(24, 100);
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display);
  for (auto& weight : this->run_.network.parameters(2)) weight /= 1'000'000;
  this->step(live, this->run_, 0);
  Screen screen(24, 100);
  screen.write(terminal.text());
  const auto lines = screen.lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[1].ends_with("vanishing")) << lines[1];
  EXPECT_TRUE(lines[2].ends_with("vanishing")) << lines[2];
  EXPECT_TRUE(lines[3].ends_with("flowing")) << lines[3];
}

TYPED_TEST(LiveFlowTest, IsColouredUnlessTheUserWantsNone) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  LiveFlow<TypeParam> live(display);
  this->step(live, this->run_, 0);
  EXPECT_FALSE(has(terminal.text(), "m"));
  unsetenv("NO_COLOR");
  this->step(live, this->run_, 1);
  EXPECT_TRUE(has(terminal.text(), "\x1b[32m"));
}

TYPED_TEST(LiveFlowTest, DrawsTheRunsOfSeveralThreads) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  Screen screen(100, 60);                     // high enough to show the lines that have scrolled off the terminal
  for (int round = 0; round < 20; ++round) {  // the kernel buffers only a few unread drawings
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        SmallRun<TypeParam> run;
        LiveFlow<TypeParam> live(display, "relu");
        live.on_step(run.step(0));
      });
    for (std::thread& thread : threads) thread.join();
    screen.write(terminal.text());
  }
  const auto lines = screen.lines();
  EXPECT_EQ(lines.size(), 60U);
  EXPECT_EQ(layers_on(lines), 0U);
}

TEST(LiveFlow, IsOfFloatUnlessToldOtherwise) {
  const TextFile out;
  ProgressDisplay display({.file = out.file()});
  LiveFlow live(display);
  static_assert(std::is_same_v<decltype(live), LiveFlow<float>>);
}

}  // namespace
}  // namespace gradflow

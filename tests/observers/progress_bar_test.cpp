// Tests ProgressBar without a terminal and on a pseudo-terminal, and several bars on one display.
#include <gradflow/observers/progress_bar.hpp>

#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/errors.hpp>
#include <support/terminal.hpp>
#include <support/text.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

constexpr double for_ever = 1e9;
const std::string erase = "\r\x1b[J";

/// Shows the first `steps` steps of a run of `total` steps. Every tenth step ends an epoch.
template <class T>
void drive(ProgressBar<T>& bar, std::size_t steps, std::size_t total) {
  const SmallRun<T> run;
  for (std::size_t i = 0; i < steps; ++i) {
    EXPECT_EQ(bar.on_step({i, total, i / 10, 0.5, 0.1, run.network, run.data}), Next::proceed);
    if (i % 10 == 9) bar.on_epoch({i / 10, i, 0.1, 0.5, {.accuracy = 0.75}, run.network});
  }
}

template <class T>
class ProgressBarTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(ProgressBarTest, Numbers);

TYPED_TEST(ProgressBarTest, WritesTenLinesWhereThereIsNoTerminal) {
  const TextFile out;
  ProgressBar<TypeParam> bar(ProgressOptions{.file = out.file()});
  drive(bar, 1000, 1000);
  const auto lines = lines_of(out.text());
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[0].substr(0, 37), " 100/1000  loss 0.5       accuracy 0.");
  EXPECT_EQ(lines[9].substr(0, 26), "1000/1000  loss 0.5       ");
  EXPECT_NE(lines[9].find("  in 0:0"), std::string::npos);
}

TYPED_TEST(ProgressBarTest, IsRedrawnInPlaceOnATerminal) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressBar<TypeParam> bar(ProgressOptions{.file = terminal.file(), .min_interval = 0});
  drive(bar, 1, 20);
  EXPECT_EQ(terminal.text(), erase + "[#----------------------------------]   1/20  loss 0.5     \r");
}

TEST(ProgressBar, IsOfFloatUnlessToldOtherwise) {
  const TextFile out;
  ProgressDisplay display({.file = out.file()});
  ProgressBar plain;
  ProgressBar with_options({.file = out.file()});
  ProgressBar on_display(display, "relu");
  static_assert(std::is_same_v<decltype(plain), ProgressBar<float>>);
  static_assert(std::is_same_v<decltype(with_options), ProgressBar<float>>);
  static_assert(std::is_same_v<decltype(on_display), ProgressBar<float>>);
}

TEST(ProgressBar, IsRedrawnNoMoreOftenThanAsked) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressBar bar({.file = terminal.file(), .min_interval = for_ever});
  drive(bar, 19, 20);
  const std::string text = terminal.text();
  EXPECT_EQ(text.find(erase, 1), text.npos);
  EXPECT_EQ(text.rfind(erase), 0U);
}

TEST(ProgressBar, LeavesTheCursorBelowTheLastLine) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressBar bar({.file = terminal.file(), .min_interval = for_ever});
  drive(bar, 20, 20);
  const std::string text = terminal.text(), last = text.substr(text.rfind(erase));
  EXPECT_NE(last.find("20/20  loss 0.5       accuracy 0.750"), last.npos) << last;
  EXPECT_TRUE(last.ends_with("\n\r")) << last;
  bar.finish();
  EXPECT_EQ(terminal.text(), "");
}

TEST(ProgressBar, EndsItsLineWhereTheRunStopsEarly) {
  const TextFile out;
  {
    ProgressBar bar({.file = out.file()});
    drive(bar, 25, 1000);
  }
  const auto lines = lines_of(out.text());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(0, 9), "  25/1000");
}

TEST(ProgressBar, BeginsAnewWithTheNextRun) {
  const TextFile out;
  ProgressBar bar({.file = out.file()});
  drive(bar, 20, 20);
  drive(bar, 20, 20);
  EXPECT_EQ(lines_of(out.text()).size(), 20U);
}

TEST(ProgressBar, BeginsAnewWhereTheRunBeforeStoppedEarly) {
  const TextFile out;
  ProgressBar bar({.file = out.file()});
  drive(bar, 15, 20);
  drive(bar, 1, 20);
  drive(bar, 20, 20);
  const auto lines = lines_of(out.text());
  ASSERT_EQ(lines.size(), 7U + 1 + 1 + 10);
  EXPECT_EQ(lines[7].substr(0, 7), "15/20  ");
}

TEST(ProgressBar, RefusesANegativeInterval) {
  EXPECT_EQ(message_of<ValueError>([] { ProgressBar bar({.min_interval = -1}); }),
            "progress display: min_interval: got -1, expected at least 0");
}

TEST(ProgressDisplay, ShowsRunsBelowEachOtherAndKeepsWhatIsDoneAbove) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  ProgressBar first(display, "relu"), second(display, "sigmoid");
  drive(first, 1, 20);
  drive(second, 1, 20);
  const std::string both = terminal.text();
  EXPECT_EQ(both.substr(both.rfind(erase)), erase + "relu     [#-------------------------]   1/20  loss 0.5     \n" +
                                                "sigmoid  [#-------------------------]   1/20  loss 0.5     \x1b[1A\r");
  first.finish();
  EXPECT_EQ(terminal.text(), erase + "relu     [#-------------------------]   1/20  loss 0.5     \n" +
                                 "sigmoid  [#-------------------------]   1/20  loss 0.5     \r");
}

TEST(ProgressDisplay, ALineThatDoesNotStayIsGoneWhenItsRunHasEnded) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
  ProgressLine whole(display, {.label = "sweep", .unit = "runs"});
  ProgressBar run(display, "relu", false);
  if (whole.step(0, 2)) whole.show();
  drive(run, 1, 20);
  EXPECT_NE(terminal.text().find("relu   [#"), std::string::npos);
  run.finish();
  const std::string left = terminal.text();
  EXPECT_TRUE(left.starts_with(erase + "sweep  [")) << left;
  EXPECT_TRUE(left.ends_with("]  0/2\r")) << left;
}

TEST(ProgressDisplay, ALineThatDoesNotStayIsNotShownElsewhere) {
  const TextFile out;
  ProgressDisplay display({.file = out.file()});
  ProgressLine whole(display, {.label = "sweep", .unit = "runs"});
  ProgressBar run(display, "a longer name", false);
  if (whole.step(6, 10)) whole.show();
  drive(run, 20, 20);
  if (whole.step(7, 10)) whole.show();
  whole.finish();
  const auto lines = lines_of(out.text());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "sweep   6/10");
  EXPECT_EQ(lines[1].substr(0, 12), "sweep   7/10");
  EXPECT_EQ(lines[1].find("loss"), std::string::npos);
  EXPECT_NE(lines[1].find(" runs/s  "), std::string::npos);
}

TEST(ProgressDisplay, IsRedrawnNoMoreOftenForTwoRunsThanForOne) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  ProgressDisplay display({.file = terminal.file(), .min_interval = for_ever});
  ProgressBar first(display, "relu"), second(display, "sigmoid");
  drive(first, 10, 20);
  EXPECT_NE(terminal.text(), "");
  drive(second, 10, 20);
  EXPECT_EQ(terminal.text(), "");
}

TEST(ProgressDisplay, KeepsTheLinesOfSeveralThreadsApart) {
  const TextFile out;
  ProgressDisplay display({.file = out.file()});
  std::vector<std::thread> threads;
  for (const std::string name : {"relu", "sigmoid", "tanh"})
    threads.emplace_back([&, name] {
      ProgressBar bar(display, name);
      drive(bar, 500, 500);
    });
  for (std::thread& thread : threads) thread.join();
  const auto lines = lines_of(out.text());
  EXPECT_EQ(lines.size(), 30U);
  for (const std::string& line : lines) EXPECT_NE(line.find("/500  loss 0.5  "), line.npos) << line;
}

}  // namespace
}  // namespace gradflow

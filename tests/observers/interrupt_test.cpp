#include <gradflow/observers/interrupt.hpp>

#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/terminal.hpp>

#include <gradflow/observers/progress_display.hpp>

namespace gradflow {
namespace {

int caught = 0;

void note(int number) { caught = number; }

class InterruptTest : public testing::Test {
 protected:
  InterruptTest() {  // the process that starts the test may ignore these signals
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    InterruptGuard::clear();
  }
  SmallRun<float> run_;
};

TEST_F(InterruptTest, StopsTheRunAfterTheStep) {
  for (const int number : {SIGINT, SIGTERM}) {
    InterruptGuard::clear();
    Interrupt interrupt;
    EXPECT_EQ(interrupt.on_step(run_.step(0)), Next::proceed);
    EXPECT_FALSE(InterruptGuard::requested());
    std::raise(number);
    EXPECT_EQ(interrupt.on_step(run_.step(1)), Next::interrupt);
    EXPECT_EQ(InterruptGuard::signal(), number);
  }
}

TEST_F(InterruptTest, StopsARunInDoubleToo) {
  SmallRun<double> run;
  Interrupt<double> interrupt;
  std::raise(SIGINT);
  EXPECT_EQ(interrupt.on_step(run.step(0)), Next::interrupt);
}

TEST_F(InterruptTest, IsStillKnownWhenTheGuardIsGone) {
  {
    const InterruptGuard guard;
    std::raise(SIGINT);
  }
  Interrupt next;
  EXPECT_EQ(next.on_step(run_.step(0)), Next::interrupt);
  InterruptGuard::clear();
  EXPECT_EQ(next.on_step(run_.step(0)), Next::proceed);
}

TEST_F(InterruptTest, TheLastGuardPutsTheOldHandlerBack) {
  std::signal(SIGINT, note);
  std::optional<InterruptGuard> first, second;
  first.emplace();
  second.emplace();
  first.reset();
  std::raise(SIGINT);
  EXPECT_EQ(caught, 0);
  second.reset();
  std::raise(SIGINT);
  EXPECT_EQ(caught, SIGINT);
}

TEST_F(InterruptTest, LeavesASignalIgnoredThatWasIgnored) {
  std::signal(SIGINT, SIG_IGN);
  const InterruptGuard guard;
  std::raise(SIGINT);
  EXPECT_FALSE(InterruptGuard::requested());
}

TEST_F(InterruptTest, ReachesTheRunsOfAllThreads) {
  const InterruptGuard guard;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      SmallRun<float> run;
      Interrupt interrupt;
      while (interrupt.on_step(run.step(0)) == Next::proceed) std::this_thread::yield();
    });
  std::raise(SIGINT);
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(InterruptGuard::requested());
}

using InterruptDeathTest = InterruptTest;

TEST_F(InterruptDeathTest, TheSecondSignalEndsTheProcess) {
  const auto raise_twice = [](int second) {
    const InterruptGuard guard;
    std::raise(SIGINT);
    std::raise(second);
  };
  EXPECT_EXIT(raise_twice(SIGINT), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(raise_twice(SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

TEST_F(InterruptDeathTest, TheSecondSignalErasesWhatIsDrawn) {
  const Terminal terminal;
  if (!terminal) GTEST_SKIP() << Terminal::missing;
  const auto raise_twice = [&](bool drawn) {
    const InterruptGuard guard;
    ProgressDisplay display({.file = terminal.file(), .min_interval = 0});
    display.show(&display, {.label = "relu", .total = 20});
    if (!drawn) display.finish(&display, {.label = "relu", .total = 20});
    std::raise(SIGINT);
    std::raise(SIGINT);
  };
  EXPECT_EXIT(raise_twice(true), testing::KilledBySignal(SIGINT), "");
  EXPECT_TRUE(terminal.text().ends_with("\r\x1b[m\r\x1b[J"));
  EXPECT_EXIT(raise_twice(false), testing::KilledBySignal(SIGINT), "");
  EXPECT_TRUE(terminal.text().ends_with("\n\r")) << "the line must stay on the screen";
}

}  // namespace
}  // namespace gradflow

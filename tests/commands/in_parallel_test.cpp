#include <cli/in_parallel.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <support/errors.hpp>

namespace {

using namespace std::chrono_literals;

/// Returns the largest number of jobs that ran at the same time. The last jobs wait until this number is `expected`,
/// but not longer than some seconds.
std::size_t most_at_once(std::size_t expected, std::size_t count, Crew crew) {
  std::atomic<std::size_t> now = 0, most = 0;
  in_parallel(count, crew, [&](std::size_t job) {
    const std::size_t with_me = ++now;
    for (std::size_t before = most; before < with_me && !most.compare_exchange_weak(before, with_me);) continue;
    for (int i = 0; job + crew.at_the_end >= count && most < expected && i < 5000; ++i)
      std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(5ms);
    --now;
  });
  return most;
}

TEST(InParallel, EveryJobIsDoneOnceOnAnyCrew) {
  for (const std::size_t count : {0u, 1u, 2u, 3u, 4u, 5u, 100u})
    for (const Crew crew : {Crew{1, 1}, Crew{2, 2}, Crew{2, 3}, Crew{4, 7}, Crew{50, 99}}) {
      std::vector<std::atomic<int>> done(count);
      in_parallel(count, crew, [&](std::size_t i) { ++done[i]; });
      for (const auto& times : done) EXPECT_EQ(times, 1) << count << " jobs, " << crew.threads << " threads";
    }
}

TEST(InParallel, AsManyGoOnAtOnceAsThereAreThreads) {
  EXPECT_EQ(most_at_once(1, 3, {1, 1}), 1u);
  EXPECT_EQ(most_at_once(2, 5, {2, 2}), 2u);
}

TEST(InParallel, TheLastJobsAllGoOnAtOnce) {
  EXPECT_EQ(most_at_once(3, 3, {2, 3}), 3u);
  EXPECT_EQ(most_at_once(3, 5, {2, 3}), 3u);
  EXPECT_EQ(most_at_once(2, 2, {2, 3}), 2u);
}

TEST(InParallel, JobsThatFillTheThreadsEvenlyDoNotGoOnAllAtOnce) {
  std::atomic<std::size_t> begun = 0, ended = 0;
  in_parallel(4, {2, 3}, [&](std::size_t) {
    if (++begun > 2) {
      EXPECT_GE(ended, 1u);
    }
    std::this_thread::sleep_for(20ms);
    ++ended;
  });
  EXPECT_EQ(ended, 4u);
}

TEST(InParallel, TheFirstExceptionKeepsTheRestFromBeginningAndIsThrown) {
  for (const Crew crew : {Crew{1, 1}, Crew{2, 2}, Crew{2, 3}}) {
    std::atomic<std::size_t> begun = 0;
    const auto all = [&] {
      in_parallel(100, crew, [&](std::size_t i) {
        ++begun;
        if (i == 3) throw std::runtime_error("job 3");
        std::this_thread::sleep_for(1ms);
      });
    };
    EXPECT_EQ(gradflow::message_of<std::runtime_error>(all), "job 3");
    EXPECT_LT(begun, 20u);
  }
}

}  // namespace

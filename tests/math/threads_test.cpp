#include <gradflow/math/threads.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <pthread.h>

#include <gradflow/base/errors.hpp>
#include <support/allocations.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

struct Part {
  std::size_t begin, end;
  std::thread::id thread;
  auto operator<=>(const Part&) const = default;
};

/// Returns the parts into which in_parts() cuts [0, n), in ascending order, each with the thread that ran it.
std::vector<Part> parts_of(std::size_t n, std::size_t grain, std::size_t least = 0) {
  std::mutex mutex;
  std::set<Part> parts;
  in_parts(n, grain, least, [&](std::size_t begin, std::size_t end) {
    const std::lock_guard lock(mutex);
    parts.insert({begin, end, std::this_thread::get_id()});
  });
  return {parts.begin(), parts.end()};
}

TEST(Threads, AloneTheWholeIsDoneByTheThreadThatAsks) {
  const std::vector<Part> whole{{0, 1000, std::this_thread::get_id()}};
  EXPECT_EQ(parts_of(1000, 8), whole);
  const Threads alone(1);
  EXPECT_EQ(parts_of(1000, 8), whole);
}

TEST(Threads, DoEveryIndexOnceInPartsThatAreAsEqualAsTheGrainAllows) {
  for (const std::size_t count : {2u, 3u, 5u}) {
    const Threads threads(count);
    for (const std::size_t grain : {1u, 7u, 8u, 64u})
      for (const std::size_t n : {0u, 1u, 2u, 7u, 8u, 9u, 63u, 64u, 65u, 100u, 1000u, 4097u}) {
        const std::vector<Part> parts = parts_of(n, grain);
        const std::size_t grains = (n + grain - 1) / grain;
        EXPECT_EQ(parts.size(), std::min(count, grains)) << n;
        std::size_t done = 0;
        for (const Part& part : parts) {
          EXPECT_EQ(part.begin, done);
          EXPECT_EQ(part.begin % grain, 0u);
          EXPECT_LE(part.end - part.begin, (grains + count - 1) / count * grain);
          done = part.end;
        }
        EXPECT_EQ(done, n);
      }
  }
}

TEST(Threads, GiveEveryPartToTheSameThreadEachTime) {
  const Threads threads(3);
  const std::vector<Part> first = parts_of(100, 1);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(parts_of(100, 1), first);
  EXPECT_EQ(first.front().thread, std::this_thread::get_id());
  EXPECT_EQ(std::set({first[0].thread, first[1].thread, first[2].thread}).size(), 3u);
}

TEST(Threads, LeaveWhatIsSmallToTheThreadThatAsks) {
  const Threads threads(2);
  EXPECT_EQ(parts_of(99, 1, 100).size(), 1u);
  EXPECT_EQ(parts_of(100, 1, 100).size(), 2u);
}

TEST(Threads, EndWithTheirScopeAndTheLastOneMadeCounts) {
  {
    const Threads two(2);
    {
      const Threads three(3);
      EXPECT_EQ(parts_of(100, 1).size(), 3u);
      const Threads one(1);
      EXPECT_EQ(parts_of(100, 1).size(), 1u);
    }
    EXPECT_EQ(parts_of(100, 1).size(), 2u);
  }
  EXPECT_EQ(parts_of(100, 1).size(), 1u);
}

TEST(Threads, APartStaysOnItsThread) {
  const Threads threads(3);
  std::atomic<int> parts = 0;
  in_parts(3, 1, 0, [&](std::size_t begin, std::size_t end) {
    ++parts;
    EXPECT_EQ(parts_of(100, 1), (std::vector<Part>{{0, 100, std::this_thread::get_id()}})) << begin << " " << end;
  });
  EXPECT_EQ(parts, 3);
  EXPECT_EQ(parts_of(100, 1).size(), 3u) << "after that, three threads share the work again";
}

TEST(Threads, OfTwoThreadsDoNotMeet) {
  const auto sums_of_rounds = [](std::size_t count, std::size_t& sum) {
    const Threads threads(count);
    for (int round = 0; round < 2000; ++round) {
      std::vector<std::size_t> cells(64);
      in_parts(64, 1, 0, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) cells[i] += i;
      });
      for (const std::size_t cell : cells) sum += cell;
    }
  };
  std::size_t sums[2] = {};
  std::thread other([&] { sums_of_rounds(3, sums[1]); });
  sums_of_rounds(2, sums[0]);
  other.join();
  EXPECT_EQ(sums[0], 2000u * 2016);
  EXPECT_EQ(sums[1], 2000u * 2016);
}

TEST(Threads, FindTheirWorkAfterALongRest) {
  const Threads threads(3);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(parts_of(100, 1).size(), 3u);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(Threads, WaitForTheSlowest) {
  const Threads threads(3);
  for (std::size_t slow = 0; slow < 3; ++slow) {
    std::atomic<int> done = 0;
    in_parts(3, 1, 0, [&](std::size_t begin, std::size_t) {
      if (begin == slow) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ++done;
    });
    EXPECT_EQ(done, 3) << slow;
  }
}

TEST(Threads, AllocateNothingForAPart) {
  const Threads threads(3);
  std::atomic<std::size_t> sum = 0;
  const auto add = [&sum](std::size_t begin, std::size_t end) { sum += end - begin; };
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) in_parts(1000, 8, 0, add);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(sum, 100'000u);
}

TEST(Threads, RefuseToBeNone) {
  EXPECT_EQ(message_of<ValueError>([] { Threads(0); }), "threads: count: got 0, expected at least 1");
}

/// Sets the stack size of new threads to more than any memory, so that the system refuses every thread.
class StacksTooLarge {
 public:
  StacksTooLarge() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 50);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~StacksTooLarge() {
    pthread_setattr_default_np(&usual_);
    pthread_attr_destroy(&usual_);
  }

 private:
  pthread_attr_t usual_;
};

TEST(Threads, SayWhichOneTheSystemRefused) {
  {
    const StacksTooLarge large;
    EXPECT_EQ(message_of<std::system_error>([] { Threads(3); }),
              "threads: cannot start thread 2 of 3: Resource temporarily unavailable");
  }
  EXPECT_EQ(parts_of(100, 1).size(), 1u) << "no thread of the failed team is left";
  const Threads threads(2);
  EXPECT_EQ(parts_of(100, 1).size(), 2u);
}

}  // namespace
}  // namespace gradflow

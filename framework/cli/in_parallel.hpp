#pragma once
// Runs jobs on several threads.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

struct Crew {
  std::size_t threads;
  /// When at most this many jobs are left, all of them run at the same time, and the system shares the cores among
  /// them. Must be at least `threads`. With 2 * threads - 1 no core is idle at the end. For example, three jobs on two
  /// cores then take 1.5 times as long as one job. With one job per core at a time they would take twice as long as one
  /// job.
  std::size_t at_the_end;
};

/// Calls job(0), ..., job(count - 1). After the first exception no further job begins; the exception is thrown here
/// when the running jobs have ended.
template <class Job>
void in_parallel(std::size_t count, Crew crew, const Job& job) {
  std::atomic<std::size_t> next = 0, done = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < count;) {
      try {
        job(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = done = count;
      }
      ++done;
      done.notify_all();
    }
  };
  const auto work_at_the_end = [&] {
    for (std::size_t now; (now = done) + crew.at_the_end < count;) done.wait(now);
    work();
  };
  std::vector<std::thread> pool;
  try {
    for (std::size_t i = 1; i < std::min(crew.threads, count); ++i) pool.emplace_back(work);
    for (std::size_t i = crew.threads; i < std::min(crew.at_the_end, count); ++i) pool.emplace_back(work_at_the_end);
  } catch (const std::system_error&) {  // no more threads available: the existing ones do all jobs
  }
  work();
  for (std::thread& thread : pool) thread.join();
  if (failure) std::rethrow_exception(failure);
}

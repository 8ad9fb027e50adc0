#include <gradflow/math/threads.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// A waiting thread stays awake for this time. The parts of a training step follow one another within this time. A
/// sleeping thread would wake late: after 10 to 50 microseconds.
constexpr auto stay_awake = std::chrono::microseconds(50);

/// Waits until the number is no longer `old`.
void await_change(const std::atomic<unsigned>& number, unsigned old) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + stay_awake;
  while (Clock::now() < end)
    if (number.load(std::memory_order_acquire) != old) return;
  number.wait(old, std::memory_order_acquire);
}

}  // namespace

/// The thread that made the team, and the team's helper threads, which wait for work until the team is destroyed.
class detail::Team {
 public:
  /// Starts count - 1 helper threads. Throws std::system_error if the system refuses.
  explicit Team(std::size_t count) {
    try {
      while (helpers_.size() + 1 < count) hire(count);
    } catch (...) {
      dismiss();
      throw;
    }
  }
  ~Team() { dismiss(); }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// Calls the function for each part, as in_parts() describes, and returns when all parts are done.
  void share(std::size_t n, std::size_t grain, PartFunction function, const void* f) {
    job_ = {function, f, n, grain};
    busy_.store(static_cast<unsigned>(helpers_.size()), std::memory_order_relaxed);
    announce();
    do_part(0);
    for (unsigned left; (left = busy_.load(std::memory_order_acquire)) > 0;) await_change(busy_, left);
  }

 private:
  struct Job {
    PartFunction function;  ///< null: the helper threads end
    const void* f;
    std::size_t n, grain;
  };

  void hire(std::size_t count) {
    const std::size_t number = helpers_.size() + 1;
    try {
      helpers_.emplace_back([this, number] { help(number); });
    } catch (const std::system_error& error) {
      throw std::system_error(
          error.code(), "threads: cannot start thread " + std::to_string(number + 1) + " of " + std::to_string(count));
    }
  }

  void dismiss() {
    job_ = {};
    announce();
    for (std::thread& helper : helpers_) helper.join();
  }

  void announce() {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }

  /// The loop of a helper thread. A helper cannot miss a round: the next round is announced only when all helpers have
  /// finished this one.
  void help(std::size_t number) {
    for (unsigned round = 0;; ++round) {
      await_change(round_, round);
      if (job_.function == nullptr) return;
      do_part(number);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
  }

  void do_part(std::size_t number) const noexcept {
    const std::size_t count = helpers_.size() + 1, grains = (job_.n + job_.grain - 1) / job_.grain;
    const std::size_t begin = grains * number / count * job_.grain;
    const std::size_t end = std::min(job_.n, grains * (number + 1) / count * job_.grain);
    if (begin < end) job_.function(job_.f, begin, end);
  }

  // Each of these three has its own cache line, because one thread writes it and others read it.
  alignas(64) std::atomic<unsigned> round_ = 0;  ///< the number of jobs so far
  alignas(64) std::atomic<unsigned> busy_ = 0;   ///< the number of helpers that have not finished their part
  alignas(64) Job job_ = {};
  std::vector<std::thread> helpers_;
};

void detail::share(Team& team, std::size_t n, std::size_t grain, PartFunction function, const void* f) {
  current_team = nullptr;  // in_parts() within f runs on this thread alone
  team.share(n, grain, function, f);
  current_team = &team;
}

Threads::Threads(std::size_t count) : outer_(detail::current_team) {
  if (count == 0) throw ValueError({"threads", "count", "0", "at least 1", {}});
  if (count > 1) team_ = std::make_unique<detail::Team>(count);
  detail::current_team = team_.get();
}

Threads::~Threads() { detail::current_team = outer_; }

}  // namespace gradflow

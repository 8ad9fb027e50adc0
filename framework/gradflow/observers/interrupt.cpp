#include <gradflow/observers/interrupt.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <mutex>

#include <gradflow/base/errors.hpp>
#include <gradflow/observers/progress_display.hpp>

namespace gradflow {
namespace {

constexpr std::array<int, 3> handled = {SIGINT, SIGTERM, SIGHUP};

std::atomic<int> received = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not wait for a lock");

std::mutex mutex;  // guards the two variables below
std::size_t guards = 0;
std::array<struct sigaction, handled.size()> before;

/// Uses only functions that are safe in a signal handler.
extern "C" void note_signal(int number) {
  int none = 0;
  if (received.compare_exchange_strong(none, number)) return;
  detail::erase_drawn_lines();
  std::signal(number, SIG_DFL);
  std::raise(number);  // takes effect when this function returns
}

void install(int number, struct sigaction& old) {
  if (sigaction(number, nullptr, &old) != 0) throw_system_error("interrupt", "cannot read the signal's handler");
  if (old.sa_handler == SIG_IGN) return;
  struct sigaction action = {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;  // so that reads and writes of files do not fail with EINTR
  sigemptyset(&action.sa_mask);
  if (sigaction(number, &action, nullptr) != 0) throw_system_error("interrupt", "cannot set the signal's handler");
}

}  // namespace

InterruptGuard::InterruptGuard() {
  const std::lock_guard lock(mutex);
  if (guards == 0)
    for (std::size_t i = 0; i < handled.size(); ++i) install(handled[i], before[i]);
  ++guards;
}

InterruptGuard::~InterruptGuard() {
  const std::lock_guard lock(mutex);
  if (--guards > 0) return;
  for (std::size_t i = 0; i < handled.size(); ++i) sigaction(handled[i], &before[i], nullptr);
}

int InterruptGuard::signal() { return received; }

void InterruptGuard::clear() { received = 0; }

}  // namespace gradflow

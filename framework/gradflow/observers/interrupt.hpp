#pragma once
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// While an InterruptGuard exists, the first Ctrl-C (SIGINT), SIGTERM or SIGHUP sets a flag instead of ending the
/// process. The second such signal ends the process immediately. A signal that was ignored before (nohup) stays
/// ignored. When the last guard is destroyed, it restores the old handlers. Several threads may make and destroy
/// guards.
class InterruptGuard {
 public:
  /// Throws std::system_error if a signal handler cannot be read or set.
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Returns true if a signal has come in. Stays true after all guards are destroyed, so that a later run sees the
  /// signal too.
  static bool requested() { return signal() != 0; }
  /// Returns the first signal that came in, or 0 if there was none. By convention the process exits with 128 +
  /// signal().
  static int signal();
  /// Resets signal() to 0, for programs that continue after a signal.
  static void clear();
};

/// Interrupts a run after the current step if Ctrl-C was pressed, or if SIGTERM or SIGHUP came in. For several runs, in
/// parallel or one after the other, give each run its own Interrupt, and hold one InterruptGuard in main() around them.
template <class T = float>
class Interrupt final : public Observer<T>, public InterruptGuard {
 public:
  Next on_step(const Step<T>&) override { return requested() ? Next::interrupt : Next::proceed; }
};

}  // namespace gradflow

#pragma once
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// While one of these exists, Ctrl-C (SIGINT), SIGTERM and SIGHUP set a flag instead of ending the process; the second
/// such signal ends it at once. A signal that was ignored stays ignored (nohup). The last one to go puts the old
/// handlers back. May be made and destroyed by several threads.
class InterruptGuard {
 public:
  /// Throws std::system_error.
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Whether a signal has come in. Stays true when the guards are gone, so that no run that is still to come misses it.
  static bool requested() { return signal() != 0; }
  /// The first that came in; 0 if none. By custom the process exits with 128 + signal().
  static int signal();
  /// Forgets it: for programs that continue.
  static void clear();
};

/// Interrupts a run after the current step where Ctrl-C was pressed, or SIGTERM or SIGHUP came in. For several runs,
/// side by side or one after the other, each has one of its own, and main() an InterruptGuard around them all.
template <class T = float>
class Interrupt final : public Observer<T>, public InterruptGuard {
 public:
  Next on_step(const Step<T>&) override { return requested() ? Next::interrupt : Next::proceed; }
};

}  // namespace gradflow

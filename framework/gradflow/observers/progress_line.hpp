#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

#include <gradflow/observers/progress_display.hpp>

namespace gradflow {

/// One run after the other on a display, each from its first step to finish(), or to where the count of steps goes
/// back. Used by one thread.
class ProgressLine {
 public:
  /// The display is kept by reference; of `form` the label, the unit, and whether the line stays.
  ProgressLine(ProgressDisplay& display, Progress form);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { finish(); }

  /// `done` of `total` steps are done; no more than before: of another run.
  void step(std::size_t done, std::size_t total, std::optional<double> loss = {});
  /// Shown from now on; name: a literal.
  void metric(std::string_view name, double value);
  std::size_t total() const { return progress_.total; }
  /// Leaves the line as it is now; the next step() begins another.
  void finish();

 private:
  using Clock = ProgressDisplay::Clock;

  void start(std::size_t done);
  bool is_due();
  void measure_time();

  ProgressDisplay& display_;
  const Progress form_;
  Progress progress_;
  bool running_ = false;
  std::size_t first_ = 0;   // steps that were done when the clock was started
  std::size_t tenths_ = 0;  // of the run that were shown, where there is no terminal
  Clock::time_point started_, now_, next_;
};

}  // namespace gradflow

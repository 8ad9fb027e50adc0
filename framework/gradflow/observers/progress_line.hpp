#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <gradflow/observers/layer_line.hpp>
#include <gradflow/observers/progress_display.hpp>
#include <gradflow/train/metrics.hpp>

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

  /// `done` of `total` steps are done; no more than before: of another run. True where it is time for show().
  bool step(std::size_t done, std::size_t total, std::optional<double> loss = {});
  /// The line as it is now; `layers` are drawn below it on a terminal.
  void show(std::span<const LayerLine> layers = {});
  /// step: the one, from 0, that ended the epoch. Its accuracy or R^2 is shown from now on; the last ends the line.
  void epoch(std::size_t step, const Evaluation& validation);
  /// Leaves the line as it is now; the next step() begins another.
  void finish();

 private:
  using Clock = ProgressDisplay::Clock;

  void start(std::size_t done);
  void metric(std::string_view name, double value);
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

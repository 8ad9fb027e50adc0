#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <gradflow/observers/layer_line.hpp>
#include <gradflow/observers/progress_display.hpp>
#include <gradflow/train/metrics.hpp>

namespace gradflow {

/// Shows one run after another on a display. A run begins with its first step(). It ends with finish(), or when step()
/// is called with a count that is no larger than before. Not for several threads.
class ProgressLine {
 public:
  /// The display is kept by reference. form: only label, unit and stays are used.
  ProgressLine(ProgressDisplay& display, Progress form);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { finish(); }

  /// Records that `done` of `total` steps are done. A `done` that is no larger than at the last call means that another
  /// run has begun. Returns true if it is time for show().
  bool step(std::size_t done, std::size_t total, std::optional<double> loss = {});
  /// Draws the line. On a terminal draws `layers` below the line.
  void show(std::span<const LayerLine> layers = {});
  /// Shows the accuracy or R^2 of the validation from now on. step: the step that ended the epoch, from 0; the last
  /// step of the run ends the line.
  void epoch(std::size_t step, const Evaluation& validation);
  /// Ends the line, which is then no longer redrawn. The next step() begins another line.
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
  std::size_t first_ = 0;   // the value of `done` when the clock was started
  std::size_t tenths_ = 0;  // tenths of the run shown so far, without a terminal
  Clock::time_point started_, now_, next_;
};

}  // namespace gradflow

#pragma once
// Shows the progress of several runs in one place on the screen. The runs may be on several threads.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <gradflow/observers/layer_line.hpp>
#include <gradflow/terminal/log_scale.hpp>
#include <gradflow/terminal/progress_text.hpp>

namespace gradflow {

/// Where and how often a ProgressDisplay draws.
struct ProgressOptions {
  std::FILE* file = stderr;   ///< not closed by the display
  double min_interval = 0.1;  ///< seconds between two drawings on a terminal
};

/// On a terminal, draws a line for each unfinished run below the lines of the finished runs, and redraws it in place.
/// The lines of a run's layers follow the run's line if the terminal is high enough. Between two drawings the cursor is
/// at the start of the first redrawn line. Other code may print there after erasing with "\r\x1b[J", like ConsoleSink.
/// In a file, in a pipe or with TERM=dumb, writes about ten plain lines for each run whose Progress::stays is true. The
/// display must outlive the bars that draw on it.
class ProgressDisplay {
 public:
  using Clock = std::chrono::steady_clock;  ///< setting the time of day does not affect this clock

  /// Throws ValueError if min_interval is negative or NaN.
  explicit ProgressDisplay(ProgressOptions options = {});
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  bool is_terminal() const { return terminal_; }              ///< false: writes plain lines, without layers
  Clock::duration min_interval() const { return interval_; }  ///< time between two drawings on a terminal

  /// Shows the present state of a run. run: any address that no other run uses; identifies the run.
  void show(const void* run, const Progress& progress, std::span<const LayerLine> layers = {});
  /// Shows the final state of a run. On a terminal its line is no longer redrawn.
  void finish(const void* run, const Progress& progress);

 private:
  struct Running {
    const void* run;
    Progress progress;
    std::vector<LayerLine> layers;
  };

  void set(const void* run, const Progress& progress, std::span<const LayerLine> layers);
  void redraw(const std::string& above);
  std::vector<std::string> lines(std::size_t width, std::size_t height) const;
  Progress padded(Progress progress) const;
  void print(const std::string& text) const;

  std::FILE* file_;
  Clock::duration interval_;
  bool terminal_;
  std::mutex mutex_;  // guards the members below
  std::vector<Running> running_;
  std::size_t label_width_ = 0;
  LogScale scale_;  // one scale for the layers of all runs, so that runs can be compared
  Clock::time_point next_;
};

namespace detail {

/// Erases the lines that would be redrawn. Called when a signal is about to kill the process; uses only functions that
/// are safe in a signal handler.
void erase_drawn_lines();

}  // namespace detail

}  // namespace gradflow

#pragma once
// One place on the screen for the progress of several runs, which may be on several threads.
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
  std::FILE* file = stderr;   ///< stays the caller's
  double min_interval = 0.1;  ///< seconds between two drawings on a terminal
};

/// On a terminal: a line for each run that is not over, redrawn in place below the lines of runs that ended; the cursor
/// rests at the beginning of the first, so that others may print there after erasing ("\r\x1b[J", as ConsoleSink does).
/// Below a run's line those of its layers, if it has some, for as many runs as the terminal is high enough for.
/// Elsewhere (a file, a pipe, TERM=dumb): about ten lines for each run that stays. Outlives the bars on it.
class ProgressDisplay {
 public:
  using Clock = std::chrono::steady_clock;  ///< setting the time of day does not change it

  /// Throws ValueError where min_interval is negative.
  explicit ProgressDisplay(ProgressOptions options = {});
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  bool is_terminal() const { return terminal_; }              ///< false: plain lines, no layers
  Clock::duration min_interval() const { return interval_; }  ///< between two drawings on a terminal

  /// A run as it is now; `run` tells it from others.
  void show(const void* run, const Progress& progress, std::span<const LayerLine> layers = {});
  /// A run as it ended.
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
  std::mutex mutex_;  // guards what follows
  std::vector<Running> running_;
  std::size_t label_width_ = 0;
  LogScale scale_;  // of all layers, so that runs can be compared
  Clock::time_point next_;
};

namespace detail {

/// Erases what would have been drawn again, where a signal is about to kill the process. Only what is safe in its
/// handler.
void erase_drawn_lines();

}  // namespace detail

}  // namespace gradflow

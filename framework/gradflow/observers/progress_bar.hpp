#pragma once
#include <memory>
#include <string>
#include <utility>

#include <gradflow/observers/progress_display.hpp>
#include <gradflow/observers/progress_line.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Shows a run while it trains: steps, the batch's loss, the last epoch's accuracy or R^2, steps per second, time
/// left. Draws a bar on a terminal. Writes about ten plain lines to a file or a pipe.
template <class T = float>
class ProgressBar final : public Observer<T> {
 public:
  ProgressBar() : ProgressBar(ProgressOptions{}) {}
  /// Makes a bar with its own display. Throws ValueError if min_interval is negative or NaN.
  explicit ProgressBar(ProgressOptions options);
  /// Makes a line on a display that several runs share; the display is kept by reference. stays = false: the line is
  /// shown on a terminal only, and is erased when the run ends.
  explicit ProgressBar(ProgressDisplay& display, std::string label = {}, bool stays = true)
      : line_(display, {.label = std::move(label), .stays = stays}) {}

  Next on_step(const Step<T>& step) override;
  Next on_epoch(const Epoch<T>& epoch) override;
  /// Ends the line of a run that stopped before its last step. Without this call, the next run or the destructor ends
  /// it.
  void finish() { line_.finish(); }

 private:
  std::unique_ptr<ProgressDisplay> own_;
  ProgressLine line_;
};

ProgressBar(ProgressOptions)->ProgressBar<float>;

extern template class ProgressBar<float>;
extern template class ProgressBar<double>;

}  // namespace gradflow

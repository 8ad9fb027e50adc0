#pragma once
#include <memory>
#include <string>
#include <utility>

#include <gradflow/observers/progress_display.hpp>
#include <gradflow/observers/progress_line.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Shows a run while it trains: steps, the batch's loss, the last epoch's accuracy or R^2, steps per second, time
/// left. A bar on a terminal, about ten plain lines elsewhere.
template <class T = float>
class ProgressBar final : public Observer<T> {
 public:
  ProgressBar() : ProgressBar(ProgressOptions{}) {}
  /// A bar of its own. Throws ValueError where min_interval is negative.
  explicit ProgressBar(ProgressOptions options);
  /// A line on a display that several runs share; the display is kept by reference. Where it does not stay, it is seen
  /// on a terminal only, and gone when the run has ended.
  explicit ProgressBar(ProgressDisplay& display, std::string label = {}, bool stays = true)
      : line_(display, {.label = std::move(label), .stays = stays}) {}

  Next on_step(const Step<T>& step) override;
  Next on_epoch(const Epoch<T>& epoch) override;
  /// Ends the line of a run that stopped before its last step; else the next run or the destructor does.
  void finish() { line_.finish(); }

 private:
  std::unique_ptr<ProgressDisplay> own_;
  ProgressLine line_;
};

ProgressBar(ProgressOptions)->ProgressBar<float>;

extern template class ProgressBar<float>;
extern template class ProgressBar<double>;

}  // namespace gradflow

#pragma once
#include <string>
#include <vector>

#include <gradflow/observers/layer_line.hpp>
#include <gradflow/observers/progress_display.hpp>
#include <gradflow/observers/progress_line.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// A ProgressBar which, on a terminal, also shows a line for each layer while the run trains. The line has the norm of
/// dL/dz over the batch, a bar for the norm, the history of the norm since the run began, and the state of the
/// gradient. Measures only in the steps that are drawn; the first step of a run is always drawn.
template <class T = float>
class LiveFlow final : public Observer<T> {
 public:
  /// The display is kept by reference; several runs may share it. label: the text that begins the run's line; may be
  /// empty.
  explicit LiveFlow(ProgressDisplay& display, std::string label = {});

  Next on_step(const Step<T>& step) override;
  Next on_epoch(const Epoch<T>& epoch) override;
  /// Ends the lines of a run that stopped before its last step. Without this call, the next run or the destructor ends
  /// them.
  void finish() { line_.finish(); }

 private:
  void begin(const Network<T>& network);
  void measure(const Network<T>& network);

  ProgressLine line_;
  bool on_terminal_;
  const Network<T>* network_ = nullptr;  // the network that layers_ describes
  std::vector<LayerLine> layers_;
};

extern template class LiveFlow<float>;
extern template class LiveFlow<double>;

}  // namespace gradflow

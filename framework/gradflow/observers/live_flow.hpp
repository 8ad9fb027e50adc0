#pragma once
#include <string>
#include <vector>

#include <gradflow/observers/layer_line.hpp>
#include <gradflow/observers/progress_display.hpp>
#include <gradflow/observers/progress_line.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// A ProgressBar that on a terminal has a line for each layer below it, during the run: the norm of dL/dz over
/// the batch, its bar, its course since the run began, and a word on its health. Measures in those steps only that are
/// drawn, the first of them among these.
template <class T = float>
class LiveFlow final : public Observer<T> {
 public:
  /// The display is kept by reference; several runs may share it. label: begins the run's line, may be empty.
  explicit LiveFlow(ProgressDisplay& display, std::string label = {});

  Next on_step(const Step<T>& step) override;
  Next on_epoch(const Epoch<T>& epoch) override;
  /// Ends the lines of a run that stopped before its last step; else the next run or the destructor does.
  void finish() { line_.finish(); }

 private:
  void begin(const Network<T>& network);
  void measure(const Network<T>& network);

  ProgressLine line_;
  bool on_terminal_;
  const Network<T>* network_ = nullptr;  // that the layers are of
  std::vector<LayerLine> layers_;
};

extern template class LiveFlow<float>;
extern template class LiveFlow<double>;

}  // namespace gradflow

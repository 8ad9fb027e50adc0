#pragma once
// What FlowLog and FlowHistory share: at which steps they measure, and what.
#include <cstddef>

#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Which steps FlowLog and FlowHistory measure, and what.
struct FlowOptions {
  std::size_t every = 0;  ///< steps from one measurement to the next, and the last one; 0: at the log-spaced ones
  /// A run has at most this many log-spaced steps: the beginning is seen in full, and what is kept of them does
  /// not grow with the run.
  std::size_t steps = 60;
  /// Also a histogram of the activations' arguments; costs a copy of them. Without it there is one at step 0, and after
  /// steps that had slopes of 0.
  bool z = false;
  std::size_t dead_after = FlowMeterOptions{}.dead_after;  ///< see FlowMeterOptions::dead_after; at least 1
};

/// Measures and hands over what it sees. Allocates in the first measured steps only.
template <class T>
class FlowObserver : public Observer<T> {
 public:
  Needs needs(std::size_t step) const override;
  Next on_gradients(const Step<T>& step) override;
  Next on_step(const Step<T>& step) override;
  void visit_state(StateVisitor& state, const Network<T>& network) override;

 protected:
  /// Throws ValueError where steps or dead_after is 0.
  explicit FlowObserver(FlowOptions options);
  const FlowOptions& options() const { return options_; }  ///< as the constructor got them

 private:
  /// After the update. The snapshot is overwritten by the next one. spaced: true for the first measured step at or
  /// after each log-spaced step, and for the run's last step.
  virtual void take(const FlowSnapshot& snapshot, bool spaced) = 0;

  bool is_due(std::size_t step) const { return step == 0 || step == next_ || step + 1 == total_; }
  bool is_spaced(const Step<T>& step);
  void look_at_start(const Step<T>& step);
  void add_updates(const Step<T>& step);

  FlowOptions options_;
  FlowMeter<T> meter_;
  FlowSnapshot snapshot_;
  bool measured_ = false;
  std::size_t next_ = 0, next_spaced_ = 0, total_ = 0;
};

extern template class FlowObserver<float>;
extern template class FlowObserver<double>;

}  // namespace gradflow

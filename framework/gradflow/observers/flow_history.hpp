#pragma once
// What every layer does to the gradient, measured during a run: kept for a report or the doctor, and written to a sink.
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/log/sink.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Which steps are measured, and what.
struct FlowOptions {
  std::size_t every = 0;  ///< steps from one measurement to the next, and the last one; 0: at the log-spaced ones
  /// A run has at most this many log-spaced steps and one: the beginning is seen in full, and what is kept of them does
  /// not grow with the run.
  std::size_t steps = 60;
  /// Also a histogram of the activations' arguments; costs a copy of them. Without it there is one at step 0, and after
  /// steps that had slopes of 0.
  bool z = false;
  std::size_t dead_after = FlowMeterOptions{}.dead_after;  ///< see FlowMeterOptions::dead_after; at least 1
};

/// Writes a snapshot as records, of each layer: layer_quantities, as LayerFlow has them, and the histograms slopes and
/// z, with bins. Beside slopes stands slope_mean; beside z the mean of the histogram, in which a number beyond 10
/// counts as one in the last bin. They begin with batch_loss, of layer -1. What a layer does not have is not written.
class FlowWriter {
 public:
  void write(const FlowSnapshot& snapshot, Sink& sink);  ///< one Sink::write() for all records

 private:
  void add(std::string_view quantity, int layer, double value, std::span<const double> bins = {}, double low = 0,
           double high = 0);
  void add_layer(const LayerFlow& flow, int layer);

  std::vector<Record> records_;
};

/// Measures every layer, and keeps the snapshots of log-spaced steps and the last one: at most options.steps + 2 of
/// them, however long a run is and however often it is measured. With a sink, every measured step is written there.
template <class T = float>
class FlowHistory final : public Observer<T> {
 public:
  /// Throws ValueError where options.steps or options.dead_after is 0.
  explicit FlowHistory(FlowOptions options = {});
  /// The same; the sink is kept by reference.
  explicit FlowHistory(Sink& sink, FlowOptions options = {});
  std::span<const FlowSnapshot> snapshots() const;  ///< ascending by step; valid until the next step

  Needs needs(std::size_t step) const override;
  Next on_gradients(const Step<T>& step) override;
  Next on_step(const Step<T>& step) override;
  void visit_state(StateVisitor& state, const Network<T>& network) override;

 private:
  bool is_due(std::size_t step) const { return step == 0 || step == next_ || step + 1 == total_; }
  bool is_spaced(const Step<T>& step);
  void look_at_start(const Step<T>& step);
  void add_updates(const Step<T>& step);
  void keep(bool spaced);

  FlowOptions options_;
  Sink* sink_ = nullptr;
  FlowWriter writer_;
  FlowMeter<T> meter_;
  FlowSnapshot snapshot_;  // of the step that is measured
  bool measured_ = false;
  std::size_t next_ = 0, next_spaced_ = 0, total_ = 0;
  std::vector<FlowSnapshot> snapshots_;
  bool last_is_spaced_ = false;  // else the next one takes its place
};

FlowHistory(Sink&)->FlowHistory<float>;
FlowHistory(Sink&, FlowOptions)->FlowHistory<float>;

extern template class FlowHistory<float>;
extern template class FlowHistory<double>;

}  // namespace gradflow

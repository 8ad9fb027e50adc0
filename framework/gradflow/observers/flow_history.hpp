#pragma once
// Measures during a run what every layer does to the gradient. Keeps snapshots for a report or for diagnose(), and can
// write them to a sink.
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
  /// Steps from one measurement to the next; the last step is measured too. 0: log-spaced steps.
  std::size_t every = 0;
  /// A run has at most `steps + 1` log-spaced steps. They lie densest at the start of the run, and the memory for their
  /// snapshots does not grow with the run.
  std::size_t steps = 60;
  /// true: every measured step also has a histogram of z, which costs a copy of z. false: only step 0 and the steps
  /// after a measurement with slopes of 0 have one.
  bool z = false;
  std::size_t dead_after = FlowMeterOptions{}.dead_after;  ///< see FlowMeterOptions::dead_after; at least 1
};

/// Writes a snapshot as records. The first record is batch_loss, with layer -1. Then each layer has one record for each
/// of the layer_quantities, and the histograms "slopes" and "z", with bins. The value of the record "slopes" is
/// slope_mean. The value of "z" is the mean of its histogram, whose outer bins also count z beyond -10 and 10. A
/// quantity that is NaN is not written.
class FlowWriter {
 public:
  void write(const FlowSnapshot& snapshot, Sink& sink);  ///< one Sink::write() for all records

 private:
  void add(std::string_view quantity, int layer, double value, std::span<const double> bins = {}, double low = 0,
           double high = 0);
  void add_layer(const LayerFlow& flow, int layer);

  std::vector<Record> records_;
};

/// Measures every layer. Keeps the snapshots of the log-spaced steps and the last snapshot: at most options.steps + 2,
/// however long the run is and however often it is measured. With a sink, writes every measured step to the sink.
template <class T = float>
class FlowHistory final : public Observer<T> {
 public:
  /// Throws ValueError if options.steps or options.dead_after is 0.
  explicit FlowHistory(FlowOptions options = {});
  /// Like the constructor above, and writes to the sink, which is kept by reference.
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
  FlowSnapshot snapshot_;  // the step that is being measured
  bool measured_ = false;
  std::size_t next_ = 0, next_spaced_ = 0, total_ = 0;
  std::vector<FlowSnapshot> snapshots_;
  bool last_is_spaced_ = false;  // false: the next snapshot replaces the last one
};

FlowHistory(Sink&)->FlowHistory<float>;
FlowHistory(Sink&, FlowOptions)->FlowHistory<float>;

extern template class FlowHistory<float>;
extern template class FlowHistory<double>;

}  // namespace gradflow

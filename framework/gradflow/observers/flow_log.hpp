#pragma once
#include <span>
#include <string_view>
#include <vector>

#include <gradflow/log/sink.hpp>
#include <gradflow/observers/flow_observer.hpp>

namespace gradflow {

/// Writes a snapshot as records, of each layer: layer_quantities, as LayerFlow has them, and the histograms slopes and
/// z, with bins. They begin with batch_loss, of layer -1. What a layer does not have is not written.
class FlowWriter {
 public:
  void write(const FlowSnapshot& snapshot, Sink& sink);  ///< one Sink::write() for all records

 private:
  void add(std::string_view quantity, int layer, double value, std::span<const double> bins = {}, double low = 0,
           double high = 0);
  void add_layer(const LayerFlow& flow, int layer);

  std::vector<Record> records_;
};

/// Writes all that is measured to a sink.
template <class T = float>
class FlowLog final : public FlowObserver<T> {
 public:
  /// The sink is kept by reference. Throws ValueError where options.steps or options.dead_after is 0.
  explicit FlowLog(Sink& sink, FlowOptions options = {}) : FlowObserver<T>(options), sink_(sink) {}

  void visit_state(StateVisitor& state, const Network<T>& network) override;

 private:
  void take(const FlowSnapshot& snapshot, bool spaced) override;

  Sink& sink_;
  FlowWriter writer_;
};

FlowLog(Sink&)->FlowLog<float>;
FlowLog(Sink&, FlowOptions)->FlowLog<float>;

/// Keeps what is measured at log-spaced steps, and what was measured last, for a report or the doctor: however long a
/// run is and however often it is measured, some options.steps snapshots. With a sink, all that is measured goes there.
template <class T = float>
class FlowHistory final : public FlowObserver<T> {
 public:
  /// Throws ValueError where options.steps or options.dead_after is 0.
  explicit FlowHistory(FlowOptions options = {}) : FlowObserver<T>(options) {}
  /// The same; the sink is kept by reference.
  explicit FlowHistory(Sink& sink, FlowOptions options = {}) : FlowObserver<T>(options), sink_(&sink) {}
  std::span<const FlowSnapshot> snapshots() const;  ///< ascending by step; valid until the next step

  void visit_state(StateVisitor& state, const Network<T>& network) override;

 private:
  void take(const FlowSnapshot& snapshot, bool spaced) override;

  Sink* sink_ = nullptr;
  FlowWriter writer_;
  std::vector<FlowSnapshot> snapshots_;
  bool last_is_spaced_ = false;  // else the next one takes its place
};

FlowHistory(Sink&)->FlowHistory<float>;
FlowHistory(Sink&, FlowOptions)->FlowHistory<float>;

extern template class FlowLog<float>;
extern template class FlowLog<double>;
extern template class FlowHistory<float>;
extern template class FlowHistory<double>;

}  // namespace gradflow

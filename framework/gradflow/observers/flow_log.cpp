#include <gradflow/observers/flow_log.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace gradflow {

void FlowWriter::write(const FlowSnapshot& snapshot, Sink& sink) {
  records_.clear();
  add("batch_loss", -1, snapshot.loss);
  for (std::size_t layer = 0; layer < snapshot.layers.size(); ++layer)
    add_layer(snapshot.layers[layer], static_cast<int>(layer));
  for (Record& record : records_) record.step = snapshot.step;
  sink.write(records_);
}

void FlowWriter::add(std::string_view quantity, int layer, double value, std::span<const double> bins, double low,
                     double high) {
  if (!std::isnan(value)) records_.push_back({0, quantity, layer, value, bins, low, high});
}

void FlowWriter::add_layer(const LayerFlow& flow, int layer) {
  for (const auto& quantity : layer_quantities) add(quantity.name, layer, flow.*quantity.member);
  add("slopes", layer, flow.slope_mean, flow.slopes.shares, flow.slopes.low, flow.slopes.high);
  const bool has_z = std::ranges::any_of(flow.z.shares, [](double share) { return share > 0; });
  if (has_z) add("z", layer, flow.activation_mean, flow.z.shares, flow.z.low, flow.z.high);
}

template <class T>
void FlowLog<T>::visit_state(StateVisitor& state, const Network<T>& network) {
  FlowObserver<T>::visit_state(state, network);
  sink_.visit_state(state);
}

template <class T>
void FlowLog<T>::take(const FlowSnapshot& snapshot, bool) {
  writer_.write(snapshot, sink_);
}

template <class T>
std::span<const FlowSnapshot> FlowHistory<T>::snapshots() const {
  return snapshots_;
}

template <class T>
void FlowHistory<T>::visit_state(StateVisitor& state, const Network<T>& network) {
  FlowObserver<T>::visit_state(state, network);
  if (sink_) sink_->visit_state(state);
  const auto scope = state.scope("flow_history");
  std::vector<double> numbers;
  for (const FlowSnapshot& snapshot : snapshots_) std::ranges::copy(packed(snapshot), std::back_inserter(numbers));
  state.list("snapshots", numbers);
  state.number("last_is_spaced", last_is_spaced_);
  if (state.loading()) snapshots_ = unpacked(numbers, network.size());
}

template <class T>
void FlowHistory<T>::take(const FlowSnapshot& snapshot, bool spaced) {
  if (sink_) writer_.write(snapshot, *sink_);
  if (snapshot.step == 0) snapshots_.clear();  // another run
  if (snapshots_.empty() || last_is_spaced_)
    snapshots_.push_back(snapshot);
  else
    snapshots_.back() = snapshot;
  last_is_spaced_ = spaced;
}

template class FlowLog<float>;
template class FlowLog<double>;
template class FlowHistory<float>;
template class FlowHistory<double>;

}  // namespace gradflow

#include <gradflow/observers/flow_history.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>

#include <gradflow/base/errors.hpp>
#include <gradflow/flow/predicted_factor.hpp>

namespace gradflow {
namespace {

/// Returns the mean of a histogram, with every number at the middle of its bin.
template <std::size_t bins>
double mean_of(const Histogram<bins>& histogram) {
  const double width = (histogram.high - histogram.low) / static_cast<double>(histogram.shares.size());
  double mean = 0, total = 0;
  for (std::size_t i = 0; i < histogram.shares.size(); ++i) {
    mean += histogram.shares[i] * (histogram.low + (static_cast<double>(i) + 0.5) * width);
    total += histogram.shares[i];
  }
  return mean / total;
}

}  // namespace

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
  if (has_z) add("z", layer, mean_of(flow.z), flow.z.shares, flow.z.low, flow.z.high);
}

template <class T>
FlowHistory<T>::FlowHistory(FlowOptions options)
    : options_(options), meter_({.dead_after = options.dead_after, .gradient_norms = false}) {
  if (options.steps == 0) throw ValueError({"flow_history", "steps", "0", "at least 1", {}});
}

template <class T>
FlowHistory<T>::FlowHistory(Sink& sink, FlowOptions options) : FlowHistory(options) {
  sink_ = &sink;
}

template <class T>
std::span<const FlowSnapshot> FlowHistory<T>::snapshots() const {
  return snapshots_;
}

template <class T>
Needs FlowHistory<T>::needs(std::size_t step) const {
  const bool due = is_due(step);
  return {.z = due && (options_.z || step == 0 || meter_.saw_zero_slopes()), .update_norms = due};
}

template <class T>
Next FlowHistory<T>::on_gradients(const Step<T>& step) {
  total_ = step.total;
  measured_ = is_due(step.number);
  if (!measured_) return Next::proceed;
  if (step.number == 0) meter_.begin_anew();  // a new run; another network may have the same address
  const auto flows = meter_.measure(step.network);
  snapshot_.layers.assign(flows.begin(), flows.end());
  snapshot_.step = step.number;
  snapshot_.loss = step.loss;
  if (step.number == 0) look_at_start(step);
  return Next::proceed;
}

template <class T>
Next FlowHistory<T>::on_step(const Step<T>& step) {
  if (!measured_) return Next::proceed;
  measured_ = false;
  add_updates(step);
  if (sink_) writer_.write(snapshot_, *sink_);
  keep(is_spaced(step));
  next_ = options_.every > 0 ? (step.number / options_.every + 1) * options_.every : next_spaced_;
  return Next::proceed;
}

template <class T>
void FlowHistory<T>::visit_state(StateVisitor& state, const Network<T>& network) {
  if (sink_) sink_->visit_state(state);
  const auto scope = state.scope("flow_history");
  meter_.visit_state(state, network);
  state.number("next", next_);
  state.number("next_spaced", next_spaced_);
  state.number("total", total_);
  state.number("input_size", snapshot_.input_size);
  state.number("input_offset", snapshot_.input_offset);
  std::vector<double> numbers;
  for (const FlowSnapshot& snapshot : snapshots_) std::ranges::copy(packed(snapshot), std::back_inserter(numbers));
  state.list("snapshots", numbers);
  state.number("last_is_spaced", last_is_spaced_);
  if (state.loading()) snapshots_ = unpacked(numbers, network.size());
}

/// Returns whether the step is one of the log-spaced steps. If it is, computes the next of them. Counted from 1, each
/// log-spaced step is total^(1/steps) times the step before, but at least 1 larger.
template <class T>
bool FlowHistory<T>::is_spaced(const Step<T>& step) {
  if (step.number > 0 && step.number < next_spaced_) return false;
  const double ratio = std::pow(static_cast<double>(step.total), 1 / static_cast<double>(options_.steps));
  const auto spaced = static_cast<std::size_t>(std::ceil(static_cast<double>(step.number + 1) * ratio)) - 1;
  next_spaced_ = std::max(step.number + 1, spaced);
  return true;
}

template <class T>
void FlowHistory<T>::look_at_start(const Step<T>& step) {
  std::tie(snapshot_.input_size, snapshot_.input_offset) = input_scale(step.batch.x);
  const auto predicted = predicted_factors(step.network, step.batch.x);
  for (std::size_t layer = 0; layer < predicted.size(); ++layer) {
    snapshot_.layers[layer].predicted_factor = predicted[layer].factor;
    snapshot_.layers[layer].predicted_deviation = predicted[layer].deviation;
  }
}

/// Copies the norms of the update into the snapshot. The first block of a layer is its weight, the second its bias.
template <class T>
void FlowHistory<T>::add_updates(const Step<T>& step) {
  const auto blocks = step.network.blocks();
  for (std::size_t i = 0; i < step.update_norms.size(); ++i) {
    const RangeNorms& norms = step.update_norms[i];
    LayerFlow& flow = snapshot_.layers[blocks[i].layer];
    if (i == 0 || blocks[i - 1].layer != blocks[i].layer) {
      flow.weight_gradient_norm = norms.gradient;
      flow.update_ratio = norms.update / norms.parameter;
    } else if (i == 1 || blocks[i - 2].layer != blocks[i].layer) {
      flow.bias_gradient_norm = norms.gradient;
    }
  }
}

/// Appends the snapshot. A last snapshot that is not log-spaced is replaced.
template <class T>
void FlowHistory<T>::keep(bool spaced) {
  if (snapshot_.step == 0) snapshots_.clear();  // a new run
  if (snapshots_.empty() || last_is_spaced_)
    snapshots_.push_back(snapshot_);
  else
    snapshots_.back() = snapshot_;
  last_is_spaced_ = spaced;
}

template class FlowHistory<float>;
template class FlowHistory<double>;

}  // namespace gradflow

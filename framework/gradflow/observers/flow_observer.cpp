#include <gradflow/observers/flow_observer.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

#include <gradflow/base/errors.hpp>
#include <gradflow/flow/predicted_factor.hpp>

namespace gradflow {

template <class T>
FlowObserver<T>::FlowObserver(FlowOptions options)
    : options_(options), meter_({.dead_after = options.dead_after, .gradient_norms = false}) {
  if (options.steps == 0) throw ValueError({"flow_observer", "steps", "0", "at least 1", {}});
}

template <class T>
Needs FlowObserver<T>::needs(std::size_t step) const {
  const bool due = is_due(step);
  return {.z = due && (options_.z || step == 0 || meter_.saw_zero_slopes()), .update_norms = due};
}

template <class T>
Next FlowObserver<T>::on_gradients(const Step<T>& step) {
  total_ = step.total;
  measured_ = is_due(step.number);
  if (!measured_) return Next::proceed;
  if (step.number == 0) meter_.begin_anew();  // another run, maybe of another network in the same place
  const auto flows = meter_.measure(step.network);
  snapshot_.layers.assign(flows.begin(), flows.end());
  snapshot_.step = step.number;
  snapshot_.loss = step.loss;
  if (step.number == 0) look_at_start(step);
  return Next::proceed;
}

template <class T>
Next FlowObserver<T>::on_step(const Step<T>& step) {
  if (!measured_) return Next::proceed;
  measured_ = false;
  add_updates(step);
  take(snapshot_, is_spaced(step));
  next_ = options_.every > 0 ? (step.number / options_.every + 1) * options_.every : next_spaced_;
  return Next::proceed;
}

template <class T>
void FlowObserver<T>::visit_state(StateVisitor& state, const Network<T>& network) {
  const auto scope = state.scope("flow_observer");
  meter_.visit_state(state, network);
  state.number("next", next_);
  state.number("next_spaced", next_spaced_);
  state.number("total", total_);
  state.number("input_size", snapshot_.input_size);
  state.number("input_offset", snapshot_.input_offset);
}

/// Each log-spaced step is total^(1/steps) times the one before, counted from 1, or the next one.
template <class T>
bool FlowObserver<T>::is_spaced(const Step<T>& step) {
  if (step.number > 0 && step.number < next_spaced_ && step.number + 1 < step.total) return false;
  const double ratio = std::pow(static_cast<double>(step.total), 1 / static_cast<double>(options_.steps));
  const auto spaced = static_cast<std::size_t>(std::ceil(static_cast<double>(step.number + 1) * ratio)) - 1;
  next_spaced_ = std::max(step.number + 1, spaced);
  return true;
}

template <class T>
void FlowObserver<T>::look_at_start(const Step<T>& step) {
  std::tie(snapshot_.input_size, snapshot_.input_offset) = input_scale(step.batch.x);
  const auto predicted = predicted_factors(step.network, step.batch.x);
  for (std::size_t layer = 0; layer < predicted.size(); ++layer) {
    snapshot_.layers[layer].predicted_factor = predicted[layer].factor;
    snapshot_.layers[layer].predicted_deviation = predicted[layer].deviation;
  }
}

/// The first block of a layer is its weight, the second its bias.
template <class T>
void FlowObserver<T>::add_updates(const Step<T>& step) {
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

template class FlowObserver<float>;
template class FlowObserver<double>;

}  // namespace gradflow

#include <gradflow/observers/flow_log.hpp>

#include <algorithm>
#include <cmath>

#include <gradflow/base/errors.hpp>
#include <gradflow/flow/predicted_factor.hpp>

namespace gradflow {

template <class T>
FlowLog<T>::FlowLog(Sink& sink, FlowLogOptions options)
    : sink_(sink), options_(options), meter_({.dead_after = options.dead_after, .gradient_norms = false}) {
  if (options.steps == 0) throw ValueError({"flow_log", "steps", "0", "at least 1", {}});
}

template <class T>
Needs FlowLog<T>::needs(std::size_t step) const {
  const bool due = is_due(step);
  return {.z = due && (options_.z || meter_.saw_zero_slopes()), .update_norms = due};
}

template <class T>
Next FlowLog<T>::on_gradients(const Step<T>& step) {
  total_ = step.total;
  if (!is_due(step.number)) return Next::proceed;
  flows_ = meter_.measure(step.network);
  measured_ = step.number;
  if (step.number == 0) write_predicted(step);
  return Next::proceed;
}

template <class T>
Next FlowLog<T>::on_step(const Step<T>& step) {
  if (flows_.empty() || measured_ != step.number) return Next::proceed;
  records_.clear();
  add("batch_loss", -1, step.loss);
  const auto blocks = step.network.blocks();
  std::size_t block = 0;
  for (std::size_t layer = 0; layer < flows_.size(); ++layer) {
    add_layer(flows_[layer], static_cast<int>(layer));
    for (std::size_t part = 0; block < blocks.size() && blocks[block].layer == layer; ++block, ++part)
      if (block < step.update_norms.size()) add_update(step.update_norms[block], static_cast<int>(layer), part);
  }
  for (Record& record : records_) record.step = step.number;
  sink_.write(records_);
  flows_ = {};
  plan_next(step);
  return Next::proceed;
}

/// Log-spaced: each is total^(1/steps) times the one before, counted from 1, or the next one.
template <class T>
void FlowLog<T>::plan_next(const Step<T>& step) {
  const double ratio = std::pow(static_cast<double>(step.total), 1 / static_cast<double>(options_.steps));
  const auto spaced = static_cast<std::size_t>(std::ceil(static_cast<double>(step.number + 1) * ratio)) - 1;
  next_ = options_.every > 0 ? (step.number / options_.every + 1) * options_.every : std::max(step.number + 1, spaced);
}

template <class T>
void FlowLog<T>::write_predicted(const Step<T>& step) {
  records_.clear();
  const auto predicted = predicted_factors(step.network, step.batch.x);
  for (std::size_t layer = 0; layer < predicted.size(); ++layer) {
    add("predicted_factor", static_cast<int>(layer), predicted[layer].factor);
    add("predicted_deviation", static_cast<int>(layer), predicted[layer].deviation);
  }
  sink_.write(records_);
}

template <class T>
void FlowLog<T>::add(std::string_view quantity, int layer, double value, std::span<const double> bins) {
  if (!std::isnan(value)) records_.push_back({0, quantity, layer, value, bins});
}

template <class T>
void FlowLog<T>::add_layer(const LayerFlow& flow, int layer) {
  add("delta_norm", layer, flow.delta_norm);
  add("factor", layer, flow.factor);
  add("slope_factor", layer, flow.slope_factor);
  add("weight_factor", layer, flow.weight_factor);
  add("activation_mean", layer, flow.activation_mean);
  add("activation_deviation", layer, flow.activation_deviation);
  add("spread", layer, flow.spread);
  add("slope_mean", layer, flow.slope_mean);
  add("saturated", layer, flow.saturated);
  add("dead", layer, flow.dead);
  add("numerically_dead", layer, flow.numerically_dead);
  add("slopes", layer, flow.slope_mean, flow.slopes.shares);
  if (options_.z) add("z", layer, 0, flow.z.shares);
}

template <class T>
void FlowLog<T>::add_update(const RangeNorms& norms, int layer, std::size_t block) {
  if (block == 0) {
    add("weight_gradient_norm", layer, norms.gradient);
    add("update_ratio", layer, norms.update / norms.parameter);
  } else if (block == 1) {
    add("bias_gradient_norm", layer, norms.gradient);
  }
}

template class FlowLog<float>;
template class FlowLog<double>;

}  // namespace gradflow

#include <gradflow/observers/flow_log.hpp>

#include <algorithm>
#include <cmath>

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
  add("delta_norm", layer, flow.delta_norm);
  add("weight_gradient_norm", layer, flow.weight_gradient_norm);
  add("bias_gradient_norm", layer, flow.bias_gradient_norm);
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
  add("update_ratio", layer, flow.update_ratio);
  add("predicted_factor", layer, flow.predicted_factor);
  add("predicted_deviation", layer, flow.predicted_deviation);
  add("slopes", layer, flow.slope_mean, flow.slopes.shares, flow.slopes.low, flow.slopes.high);
  const bool has_z = std::ranges::any_of(flow.z.shares, [](double share) { return share > 0; });
  if (has_z) add("z", layer, flow.activation_mean, flow.z.shares, flow.z.low, flow.z.high);
}

}  // namespace gradflow

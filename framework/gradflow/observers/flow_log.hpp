#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/log/sink.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

struct FlowLogOptions {
  /// Steps from one measurement to the next, and the last one; 0: at some `steps` of a run or fewer, log-spaced, so
  /// that the beginning is seen in full and what is kept does not grow with the run.
  std::size_t every = 0;
  std::size_t steps = 60;
  bool z = false;  ///< also a histogram of the activations' arguments; costs a copy of them
  std::size_t dead_after = FlowMeterOptions{}.dead_after;
};

/// Writes all of LayerFlow as it was at a step, of every layer: delta_norm, weight_gradient_norm, bias_gradient_norm,
/// factor, slope_factor, weight_factor, activation_mean, activation_deviation, spread, slope_mean, saturated, dead,
/// numerically_dead, slopes (with bins), z (with bins, if asked) and, of the update that the step ends with,
/// update_ratio: ||change of W|| / ||W||. What a layer does not have is not written. At step 0 also what theory expects
/// (PredictedFactor): predicted_factor and predicted_deviation. Each group begins with batch_loss, of layer -1.
/// Allocates in the first measured steps only.
template <class T = float>
class FlowLog final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError where steps or dead_after is 0.
  explicit FlowLog(Sink& sink, FlowLogOptions options = {});

  Needs needs(std::size_t step) const override;
  Next on_gradients(const Step<T>& step) override;
  Next on_step(const Step<T>& step) override;

 private:
  bool is_due(std::size_t step) const { return step == 0 || step == next_ || step + 1 == total_; }
  void plan_next(const Step<T>& step);
  void write_predicted(const Step<T>& step);
  void add(std::string_view quantity, int layer, double value, std::span<const double> bins = {});
  void add_layer(const LayerFlow& flow, int layer);
  void add_update(const RangeNorms& norms, int layer, std::size_t block);

  Sink& sink_;
  FlowLogOptions options_;
  FlowMeter<T> meter_;
  std::span<const LayerFlow> flows_;
  std::size_t next_ = 0, total_ = 0, measured_ = 0;
  std::vector<Record> records_;
};

FlowLog(Sink&)->FlowLog<float>;
FlowLog(Sink&, FlowLogOptions)->FlowLog<float>;

extern template class FlowLog<float>;
extern template class FlowLog<double>;

}  // namespace gradflow

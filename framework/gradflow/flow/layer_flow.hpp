#pragma once
// What was measured in every layer during one pass. The numbers show where the gradient goes, and why.
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/base/state.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow {

/// Shares of numbers in equal bins from low to high. The outermost bins also count the numbers beyond them.
template <std::size_t bins>
struct Histogram {
  double low = 0;                     ///< the lower edge of the first bin
  double high = 0;                    ///< the upper edge of the last bin
  std::array<double, bins> shares{};  ///< all 0 if nothing was counted
};

/// The smallest and the largest f'(z) of an activation for |z| <= 20 in steps of 0.01, and the z of both. If several z
/// have the same f'(z), keeps the z nearest to 0, and the positive one of z and -z.
struct SlopeRange {
  double low;          ///< the smallest f'(z)
  double high;         ///< the largest f'(z)
  double low_at = 0;   ///< the z of low
  double high_at = 0;  ///< the z of high
  /// Returns the largest |f'|. A unit is saturated if its |f'| is below 1 % of this.
  double size() const { return low < -high ? -low : high; }
};
/// Returns the range of f', evaluated at 4001 z in double.
SlopeRange slope_range(const ActivationInfo& activation);

/// Measurements of one layer over a batch. A number is NaN if the layer does not have what the number describes
/// (weights, slopes, a next layer).
struct LayerFlow {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();  ///< missing, or not measured

  double delta_norm = unknown;            ///< ||dL/dz||
  double weight_gradient_norm = unknown;  ///< ||dL/dW||, where W is the layer's first block
  double bias_gradient_norm = unknown;    ///< ||dL/db||, where b is the layer's second block

  /// ||dL/dz|| of this layer divided by ||dL/dz|| of the next layer: factor = slope_factor * weight_factor.
  double factor = unknown;
  double slope_factor = unknown;   ///< the part due to the slopes: root mean square of f'(z)
  double weight_factor = unknown;  ///< the part due to the weights of the next layer

  double activation_mean = unknown;       ///< mean of the outputs over batch and units
  double activation_deviation = unknown;  ///< standard deviation of the outputs over batch and units
  /// ||H - mean over the batch|| / ||H||, where H are the outputs [batch, units]. 0 if all samples look alike to the
  /// layers that follow, or if all outputs are 0.
  double spread = unknown;

  double slope_mean = unknown;        ///< mean of f'(z) over batch and units
  double saturated = unknown;         ///< share of the slopes that are below 1 % of the activation's largest slope
  double dead = unknown;              ///< share of units whose slope was 0 in all of the last batches
  double numerically_dead = unknown;  ///< share of slopes that are 0 in T but not in mathematics
  Histogram<20> slopes;               ///< of f'(z), over slope_range()
  Histogram<40> z;                    ///< of z, from -10 to 10; empty unless the network keeps z

  bool units_alike = false;       ///< all units (at least two) have the same weights and biases, so they stay alike
  double update_ratio = unknown;  ///< ||change of W|| / ||W|| in the update after this pass, if it was measured

  double predicted_factor = unknown;     ///< the factor that theory expects before training
  double predicted_deviation = unknown;  ///< the standard deviation of ln(factor) that theory expects (PredictedFactor)
};

/// How a page draws a quantity. If a number here is NaN, the page does not use it.
struct QuantityAxis {
  std::string_view unit = {};             ///< the axis's label; empty: none
  bool logarithmic = false;               ///< logarithmic axis; false: linear axis
  double reference = LayerFlow::unknown;  ///< where the page draws a dotted line
  double low = LayerFlow::unknown;        ///< the axis always includes this number
  double high = LayerFlow::unknown;       ///< the axis always includes this number too
};

/// A number of a LayerFlow with its name. Sinks, saved runs and pages take their quantities from this list. A new
/// quantity needs a member of LayerFlow and a line here.
struct LayerQuantity {
  std::string_view name;          ///< "delta_norm"
  double LayerFlow::*member;      ///< the member of LayerFlow that has the number
  std::string_view section = {};  ///< section of the page: flow, factors or health; empty: has no chart of its own
  std::string_view title = {};    ///< title of the chart
  std::string_view note = {};     ///< what the chart shows, in a few words; empty: none
  QuantityAxis axis = {};         ///< axis of the chart
};

namespace detail {
inline constexpr QuantityAxis factor_axis{"factor (log scale)", true, 1},
    share_axis{.unit = "share of units", .low = 0, .high = 1};
inline constexpr std::string_view factor_note = "dotted line at 1: the size of the gradient does not change";
}  // namespace detail

/// All quantities, in the order in which pages draw them and packed() writes them.
inline constexpr LayerQuantity layer_quantities[] = {
    {"delta_norm", &LayerFlow::delta_norm, "flow", "‖dL/dz‖", "size of the gradient that arrives at a layer"},
    {"weight_gradient_norm", &LayerFlow::weight_gradient_norm, "flow", "‖dL/dW‖",
     "size of the gradient of the layer’s weights"},
    {"bias_gradient_norm", &LayerFlow::bias_gradient_norm, "flow", "‖dL/db‖",
     "size of the gradient of the layer’s biases"},
    {"factor", &LayerFlow::factor, "factors", "factor", detail::factor_note, detail::factor_axis},
    {"slope_factor", &LayerFlow::slope_factor, "factors", "the slopes’ part of the factor", detail::factor_note,
     detail::factor_axis},
    {"weight_factor", &LayerFlow::weight_factor, "factors", "the weights’ part of the factor", detail::factor_note,
     detail::factor_axis},
    {"activation_mean", &LayerFlow::activation_mean, "health", "mean activation", "", {.unit = "mean", .low = 0}},
    {"activation_deviation",
     &LayerFlow::activation_deviation,
     "health",
     "deviation of the activations",
     "",
     {"deviation (log scale)", true}},
    {"spread",
     &LayerFlow::spread,
     "health",
     "spread over the batch",
     "near 0: the outputs are almost the same for every sample",
     {.unit = "‖H − mean‖ / ‖H‖", .low = 0, .high = 1}},
    {"slope_mean", &LayerFlow::slope_mean, "health", "mean slope", "", {.unit = "mean of f′(z)", .low = 0}},
    {"saturated", &LayerFlow::saturated, "health", "saturated units", "slope near 0: they pass almost nothing back",
     detail::share_axis},
    {"dead", &LayerFlow::dead, "health", "dead units", "slope 0 for the whole batch: they pass nothing back",
     detail::share_axis},
    {"numerically_dead", &LayerFlow::numerically_dead, "health", "numerically dead units",
     "slope 0 in floating point, but not in mathematics", detail::share_axis},
    {"update_ratio",
     &LayerFlow::update_ratio,
     "health",
     "update ratio",
     "how much a step changes the weights; dotted line at 0.001: a rule of thumb",
     {"‖ΔW‖ / ‖W‖ (log scale)", true, 1e-3}},
    {"predicted_factor", &LayerFlow::predicted_factor},
    {"predicted_deviation", &LayerFlow::predicted_deviation}};

/// All layers at one step.
struct FlowSnapshot {
  std::size_t step = 0;                    ///< from 0
  double loss = LayerFlow::unknown;        ///< loss of the batch
  double input_size = LayerFlow::unknown;  ///< root mean square of the features of the run's first batch
  /// The largest |mean| of a feature divided by its standard deviation, in the run's first batch.
  double input_offset = LayerFlow::unknown;
  std::vector<LayerFlow> layers;  ///< first to last
};

/// Returns a snapshot as numbers, exact to the bit. All snapshots of a network give equally many numbers.
std::vector<double> packed(const FlowSnapshot& snapshot);
/// Inverts packed() for several snapshots. numbers: the results of packed(), one after the other. layers: the number of
/// layers in each snapshot. Throws ShapeError if `numbers` do not make whole snapshots.
std::vector<FlowSnapshot> unpacked(std::span<const double> numbers, std::size_t layers);

/// Returns FlowSnapshot's input_size and input_offset for x: [batch, features]. A feature that does not vary does not
/// count for input_offset. Throws ShapeError if there are no samples or no features.
template <class T>
std::pair<double, double> input_scale(const Matrix<T>& x);
/// The same for an expression of xtensor.
template <class E>
std::pair<double, double> input_scale(const xt::xexpression<E>& x) {
  return input_scale(matrix(x));
}

/// Which units a FlowMeter counts as dead, and what it does not measure.
struct FlowMeterOptions {
  std::size_t dead_after = 10;  ///< a unit is dead if its slope was 0 in this many last batches (or in all so far)
  bool gradient_norms = true;   ///< measures the gradients of weights and biases; false if the caller has these norms
};

/// Measures all layers after a forward and a backward pass through a network. The meter remembers which units had
/// slopes in earlier passes. All other numbers describe the last pass only. A histogram counts about 128 numbers of a
/// layer: all numbers of some rows, which are evenly spaced (at least one row). If slopes are 0, the meter computes up
/// to 32 of them again in double, to see whether they are 0 in mathematics. If the network keeps no z, these slopes
/// count as 0 in mathematics.
template <class T = float>
class FlowMeter {
 public:
  /// Throws ValueError if dead_after is 0.
  explicit FlowMeter(FlowMeterOptions options = {});

  /// Returns the measurements [layers], first to last; they are valid until the next call. Allocates at the first call
  /// and when the network is another one. Throws ShapeError if a layer of your own has left slopes that are not [batch,
  /// outputs].
  std::span<const LayerFlow> measure(const Network<T>& network);
  /// Makes the next pass count as the first: for another run, or for another network at the same address.
  void begin_anew() { network_ = nullptr; }
  /// Returns whether any slope of the last pass was 0. Only then is z needed, to see whether slopes are numerically
  /// dead.
  bool saw_zero_slopes() const { return saw_zero_slopes_; }
  /// Saves or loads what the meter remembers of earlier passes through this network.
  void visit_state(StateVisitor& state, const Network<T>& network);

 private:
  struct Layer {
    SlopeRange range{0, 0};
    std::vector<std::size_t> flat_batches;  // [units]  batches in a row without a slope
  };

  void begin(const Network<T>& network);
  void measure_gradients(const Network<T>& network);
  void measure_factors(const Network<T>& network);
  void measure_activations(const Matrix<T>& a, LayerFlow& flow) const;
  void measure_slopes(const Trace<T>& trace, const ActivationInfo& activation, Layer& layer, LayerFlow& flow);

  FlowMeterOptions options_;
  std::size_t batches_ = 0;
  const Network<T>* network_ = nullptr;
  std::vector<Layer> layers_;
  std::vector<LayerFlow> flows_;
  bool saw_zero_slopes_ = false;
};

extern template class FlowMeter<float>;
extern template class FlowMeter<double>;

}  // namespace gradflow

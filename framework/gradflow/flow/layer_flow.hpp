#pragma once
// What one pass leaves of every layer, in numbers that say where the gradient goes and why.
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

/// Shares in equal bins from low to high; the outermost take what lies beyond.
template <std::size_t bins>
struct Histogram {
  double low = 0;                     ///< the lower edge of the first bin
  double high = 0;                    ///< the upper edge of the last bin
  std::array<double, bins> shares{};  ///< all 0 where nothing was counted
};

/// The smallest and the largest f'(z) of an activation, over |z| <= 20 in steps of 0.01, and where: of several such z
/// the one nearest to 0, and the positive one of two.
struct SlopeRange {
  double low;          ///< the smallest f'(z)
  double high;         ///< the largest f'(z)
  double low_at = 0;   ///< the z of low
  double high_at = 0;  ///< the z of high
  /// The largest in size: a unit is saturated where |f'| is below 1 % of it.
  double size() const { return low < -high ? -low : high; }
};
/// Evaluates f' at 4001 z, in double.
SlopeRange slope_range(const ActivationInfo& activation);

/// One layer over a batch. What a layer does not have (weights, slopes, a layer after it) is NaN.
struct LayerFlow {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();  ///< not there, or not measured

  double delta_norm = unknown;            ///< ||dL/dz||
  double weight_gradient_norm = unknown;  ///< ||dL/dW||, W the layer's first block
  double bias_gradient_norm = unknown;    ///< ||dL/db||, b its second

  /// By what ||dL/dz|| is multiplied on its way back from the layer after. Two things make it up:
  double factor = unknown;
  double slope_factor = unknown;   ///< the slopes, by their root mean square,
  double weight_factor = unknown;  ///< and the weights that follow: factor = slope_factor * weight_factor

  double activation_mean = unknown;       ///< of the outputs, over batch and units
  double activation_deviation = unknown;  ///< their standard deviation, over batch and units
  /// ||H - mean over the batch|| / ||H||, H the outputs [batch, units]: 0 where all samples look alike to the layers
  /// that follow. 0 too where all are 0.
  double spread = unknown;

  double slope_mean = unknown;        ///< of f'(z), over batch and units
  double saturated = unknown;         ///< share of the slopes below 1 % of the activation's largest
  double dead = unknown;              ///< share of the units whose slope was 0 in all of the last batches
  double numerically_dead = unknown;  ///< share of the slopes that are 0 in T and not in mathematics
  Histogram<20> slopes;               ///< within slope_range()
  Histogram<40> z;                    ///< from -10 to 10; empty unless the network keeps z

  bool units_alike = false;       ///< all units (at least two) have the same weights and biases: they stay so
  double update_ratio = unknown;  ///< ||change of W|| / ||W||, of the update after this pass, where it was measured

  double predicted_factor = unknown;     ///< before training: what theory expects of the factor,
  double predicted_deviation = unknown;  ///< and of ln factor the standard deviation (PredictedFactor)
};

/// How a page draws a quantity: a number that is NaN is not there.
struct QuantityAxis {
  std::string_view unit = {};             ///< the axis's label; empty: none
  bool logarithmic = false;               ///< else linear
  double reference = LayerFlow::unknown;  ///< a dotted line
  double low = LayerFlow::unknown;        ///< the axis has this number, whatever is measured
  double high = LayerFlow::unknown;       ///< and this one too
};

/// A number of a LayerFlow under its name. Sinks, saved runs and pages take their quantities from this list: a new one
/// is a member of LayerFlow and a line here.
struct LayerQuantity {
  std::string_view name;          ///< "delta_norm"
  double LayerFlow::*member;      ///< where a LayerFlow has it
  std::string_view section = {};  ///< of the page: flow, factors or health; empty: the page does not draw it by itself
  std::string_view title = {};    ///< of its chart
  std::string_view note = {};     ///< what the chart shows, in a few words; empty: none
  QuantityAxis axis = {};         ///< of its chart
};

namespace detail {
inline constexpr QuantityAxis factor_axis{"factor (log scale)", true, 1},
    share_axis{.unit = "share of units", .low = 0, .high = 1};
inline constexpr std::string_view factor_note = "dotted: 1, which keeps the gradient";
}  // namespace detail

/// All of them, in the order in which pages draw them and packed() writes them.
inline constexpr LayerQuantity layer_quantities[] = {
    {"delta_norm", &LayerFlow::delta_norm, "flow", "‖dL/dz‖", "what arrives at a layer"},
    {"weight_gradient_norm", &LayerFlow::weight_gradient_norm, "flow", "‖dL/dW‖", "what its weights are told"},
    {"bias_gradient_norm", &LayerFlow::bias_gradient_norm, "flow", "‖dL/db‖", "what its biases are told"},
    {"factor", &LayerFlow::factor, "factors", "factor", detail::factor_note, detail::factor_axis},
    {"slope_factor", &LayerFlow::slope_factor, "factors", "the slopes’ part of it", detail::factor_note,
     detail::factor_axis},
    {"weight_factor", &LayerFlow::weight_factor, "factors", "the weights’ part of it", detail::factor_note,
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
     "near 0: the layer answers alike to every input",
     {.unit = "‖H − mean‖ / ‖H‖", .low = 0, .high = 1}},
    {"slope_mean", &LayerFlow::slope_mean, "health", "mean slope", "", {.unit = "mean of f′(z)", .low = 0}},
    {"saturated", &LayerFlow::saturated, "health", "saturated units", "slope near 0: they pass almost nothing back",
     detail::share_axis},
    {"dead", &LayerFlow::dead, "health", "dead units", "slope 0 for the whole batch: they pass nothing back",
     detail::share_axis},
    {"numerically_dead", &LayerFlow::numerically_dead, "health", "numerically dead units", "slope too small to count",
     detail::share_axis},
    {"update_ratio",
     &LayerFlow::update_ratio,
     "health",
     "update ratio",
     "how much a step changes the weights; dotted: 0.001, a rule of thumb",
     {"‖ΔW‖ / ‖W‖ (log scale)", true, 1e-3}},
    {"predicted_factor", &LayerFlow::predicted_factor},
    {"predicted_deviation", &LayerFlow::predicted_deviation}};

/// All layers at one step.
struct FlowSnapshot {
  std::size_t step = 0;                    ///< from 0
  double loss = LayerFlow::unknown;        ///< of the batch
  double input_size = LayerFlow::unknown;  ///< root mean square of the features of the run's first batch
  /// The largest distance of a feature's mean from 0, in units of its deviation, in the run's first batch.
  double input_offset = LayerFlow::unknown;
  std::vector<LayerFlow> layers;  ///< first to last
};

/// As numbers, exact to the bit, as many for every snapshot of a network.
std::vector<double> packed(const FlowSnapshot& snapshot);
/// The snapshots that these are, one after the other. layers: of each. Throws ShapeError where the numbers are not
/// this many.
std::vector<FlowSnapshot> unpacked(std::span<const double> numbers, std::size_t layers);

/// FlowSnapshot's input_size and input_offset, of x: [batch, features]. A feature that does not vary has no offset.
/// Throws ShapeError where there are no samples or no features.
template <class T>
std::pair<double, double> input_scale(const Matrix<T>& x);

/// What a FlowMeter takes for dead, and what it leaves out.
struct FlowMeterOptions {
  std::size_t dead_after = 10;  ///< a unit is dead that had no slope in this many measured batches, or all there were
  bool gradient_norms = true;   ///< of weights and biases; false if the caller has them already
};

/// Takes all of it from what a forward and a backward pass left in a network. It remembers which units had slopes; the
/// rest is of the last pass alone. Histograms are of at most some 128 numbers a layer, from rows evenly apart. Whether
/// a slope that is 0 is so in mathematics is asked of at most 32 of them, in double; where the network keeps no z, it
/// is taken for 0.
template <class T = float>
class FlowMeter {
 public:
  /// Throws ValueError where dead_after is 0.
  explicit FlowMeter(FlowMeterOptions options = {});

  /// [layers], first to last; valid until the next call. Allocates at the first call and where the network is another.
  /// Throws ShapeError where a layer of yours has left slopes that are not [batch, outputs].
  std::span<const LayerFlow> measure(const Network<T>& network);
  /// The next pass is the first one: of another run, or of a network that stands where the one before stood.
  void begin_anew() { network_ = nullptr; }
  /// Some slope of the last pass was 0: only then does z tell more.
  bool saw_zero_slopes() const { return saw_zero_slopes_; }
  /// What it remembers of the passes so far, which were this network's.
  void visit_state(StateVisitor& state, const Network<T>& network);

 private:
  struct Layer {
    SlopeRange range{0, 0};
    std::vector<std::size_t> flat_batches;  // [units]  since the last one with a slope
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

#pragma once
// What becomes of the gradient on its way back through a network: norms per layer, and what they say in two numbers and
// a word.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// L2 norms over a whole batch, layer by layer, first to last, as the last backward() left them.
struct GradientFlow {
  std::vector<double> delta_norms;   ///< dL/dz
  std::vector<double> weight_norms;  ///< dL/dW, W the layer's first block; NaN where a layer has no parameters
};

/// Norms of the last backward(), of dL/dz and dL/dW in every layer.
template <class T>
GradientFlow gradient_flow(const Network<T>& network);

/// The norms of dL/dz alone, which cost less.
template <class T>
std::vector<double> delta_norms(const Network<T>& network);

/// What probe_gradient_flow() draws.
struct ProbeOptions {
  std::size_t batch = 64;  ///< samples: at least 1
  std::uint64_t seed = 0;
};

/// What an initialisation does to a gradient, without data or loss: sends a batch of standard normal numbers forward
/// and another, as dL/doutput, back. Overwrites what the last forward() and backward() left in the network. Throws
/// ValueError where the batch is 0.
template <class T>
GradientFlow probe_gradient_flow(Network<T>& network, const ProbeOptions& options = {});

/// The first layer's dL/dW norm over the last one's.
double gradient_ratio(const GradientFlow& flow);

/// The first layer's dL/dz norm over the last one's: what is left of the gradient on its way back; 1 for one layer.
double gradient_left(const GradientFlow& flow);

/// By what the dL/dz norm is multiplied from layer to layer going back: the geometric mean over all steps; 1 for one
/// layer.
double factor_per_layer(const GradientFlow& flow);

/// What becomes of the gradient on its way back, in one word for the code, the terminal, the files and the pages.
enum class GradientState {
  flowing,     ///< every layer gets its share
  vanishing,   ///< less than vanishing_below of the output's norm arrives
  exploding,   ///< more than exploding_above of it
  dead,        ///< exactly 0 arrives
  none,        ///< the output itself has a gradient of exactly 0: nothing is on its way
  not_finite,  ///< a norm is infinite or NaN
};
/// "vanishing", "not finite", ...
std::string_view name(GradientState state);

/// gradient_left() at which the first layers learn a hundred times slower than the last.
inline constexpr double vanishing_below = 1e-2;
/// gradient_left() at which the first layers learn a hundred times faster than the last.
inline constexpr double exploding_above = 1e2;

/// One layer's dL/dz norm beside the output layer's.
GradientState judge_layer(double delta_norm, double output_delta_norm);

/// Compares the first layer's dL/dz norm with the output layer's; not_finite if any layer's norm is not finite. At
/// least one layer.
GradientState judge(const GradientFlow& flow);

}  // namespace gradflow

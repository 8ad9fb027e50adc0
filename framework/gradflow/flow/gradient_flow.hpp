#pragma once
// How the gradient fares on its way back through a network: norms per layer, and what they say in two numbers and a
// word.
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

template <class T>
GradientFlow gradient_flow(const Network<T>& network);

/// Those of dL/dz alone, which cost less.
template <class T>
std::vector<double> delta_norms(const Network<T>& network);

struct ProbeOptions {
  std::size_t batch = 64;
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

enum class Verdict { vanishing, healthy, exploding };
std::string_view name(Verdict verdict);

/// The first layers learn a hundred times slower, or faster, than the last: outside these two a network is not healthy.
inline constexpr double vanishing_below = 1e-2;
inline constexpr double exploding_above = 1e2;

/// By gradient_left(). A gradient that is not finite anywhere explodes; one that is 0 everywhere vanishes.
Verdict judge(const GradientFlow& flow);

enum class LayerHealth { healthy, vanishing, exploding, dead, not_finite };
std::string_view name(LayerHealth health);

/// One layer's dL/dz norm beside the output layer's, by the same limits. Dead: it is 0. Not finite: one of the two.
LayerHealth judge_layer(double delta_norm, double output_delta_norm);

}  // namespace gradflow

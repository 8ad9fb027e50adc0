#pragma once
// How the gradient changes on its way back through a network: a norm for each layer, ratios of these norms, and a
// one-word result.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// L2 norms over a whole batch for each layer, first to last, after the last backward().
struct GradientFlow {
  std::vector<double> delta_norms;   ///< dL/dz
  std::vector<double> weight_norms;  ///< dL/dW of each layer's first block W; NaN if the layer has no parameters
};

/// Returns the norms of dL/dz and dL/dW in every layer after the last backward().
template <class T>
GradientFlow gradient_flow(const Network<T>& network);

/// Returns only the norms of dL/dz, which takes less time.
template <class T>
std::vector<double> delta_norms(const Network<T>& network);

/// The batch that probe_gradient_flow() draws.
struct ProbeOptions {
  std::size_t batch = 64;  ///< samples: at least 1
  std::uint64_t seed = 0;  ///< seed of the numbers, and of random layers
};

/// Measures what an initialisation does to a gradient, without data or loss. Sends a batch of standard normal numbers
/// forward in a pass of training, and another one back as dL/d(output). Overwrites the results of the last forward()
/// and backward() in the network. Throws ValueError if options.batch is 0.
template <class T>
GradientFlow probe_gradient_flow(Network<T>& network, const ProbeOptions& options = {});

/// Returns the first layer's norm of dL/dW divided by the last layer's.
double gradient_ratio(const GradientFlow& flow);

/// Returns the first layer's norm of dL/dz divided by the last layer's: how much of the gradient arrives at the first
/// layer. Returns 1 for a network of one layer.
double gradient_left(const GradientFlow& flow);

/// Returns the factor by which each layer multiplies the norm of dL/dz on the way back: the geometric mean over all
/// layers. Returns 1 for a network of one layer.
double factor_per_layer(const GradientFlow& flow);

/// What happens to the gradient on its way back, in one word. Code, terminal, files and pages use the same words.
enum class GradientState {
  flowing,     ///< neither vanishing nor exploding: every layer can learn
  vanishing,   ///< the norm that arrives is less than vanishing_below times the norm at the output
  exploding,   ///< the norm that arrives is more than exploding_above times the norm at the output
  dead,        ///< the norm that arrives is exactly 0
  none,        ///< the gradient is exactly 0 already at the output
  not_finite,  ///< a norm is infinite or NaN
};
/// Returns "vanishing", "not finite", ...
std::string_view name(GradientState state);
/// Returns the word that follows "the gradient is" in a sentence: "zero" for none, else the name.
std::string_view adjective(GradientState state);

/// Limit of gradient_left(): below it, the first layers learn over a hundred times slower than the last.
inline constexpr double vanishing_below = 1e-2;
/// Limit of gradient_left(): above it, the first layers learn over a hundred times faster than the last.
inline constexpr double exploding_above = 1e2;

/// Returns the state of one layer, from the norms of dL/dz at this layer and at the output layer.
GradientState judge_layer(double delta_norm, double output_delta_norm);

/// Returns the state of the first layer, from the norms of dL/dz at the first layer and at the output layer. Returns
/// not_finite if the norm of any layer is not finite. Needs at least one layer.
GradientState judge(const GradientFlow& flow);

}  // namespace gradflow

#pragma once
// The words of a diagnosis: what can be wrong with a run, and what can be changed.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// What can be wrong with a run. The last two values are not faults.
enum class Mechanism {
  vanishing_saturated,      ///< slopes near 0, because z lies far out on the curve of the activation
  vanishing_small_slopes,   ///< slopes are small everywhere, as for sigmoid: at most 1/4
  vanishing_small_weights,  ///< the weights shrink the gradient
  exploding,                ///< the gradient grows on its way back, or is not finite
  dead_units,               ///< units that have slope 0 for every sample
  collapsed,                ///< all samples look alike to the layers that follow
  stuck_at_chance,          ///< no better than the best constant guess
  numerically_dead,         ///< slopes that are 0 in floating point, but not in mathematics
  rate_too_large,           ///< updates change the weights too much, or the run diverged
  rate_too_small,           ///< no update changed the weights of a layer by more than update_below
  inputs_not_standardised,  ///< features are too large or too small, or their mean is too far from 0
  symmetric,                ///< all units of a layer have the same weights, and training keeps them the same
  ended_too_early,          ///< the loss was still falling, and nothing else is wrong
  unexplained,              ///< little was learned, and no other fault was found
  learned_all_the_same,     ///< the run learned, although the gradient does not flow at the start or at the end
  healthy                   ///< the gradient flows at the start and at the end, and the run learned
};
/// Returns "dead units", "learning rate too large", ...
std::string_view name(Mechanism mechanism);
/// Returns false for healthy and learned_all_the_same, else true.
bool is_fault(Mechanism mechanism);

/// What can be changed in a run.
enum class Lever { init, activation, scale, optimizer, learning_rate, clip_norm, depth, steps };

/// A change that may help. Only a new run can show whether it helps.
struct Remedy {
  Lever lever;              ///< what is changed
  std::string value;        ///< "relu"; for learning_rate, depth and steps a factor: "0.1"
  std::string option = {};  ///< what to type, if the program knows an option for it: "--depth 5"
  friend bool operator==(const Remedy&, const Remedy&) = default;
};
/// Returns "another activation: relu"; with an option, "another activation: --activations relu".
std::string describe(const Remedy& remedy);
/// Returns the same for use in a sentence: "another activation (relu)", "another activation (--activations relu)".
std::string describe_in_sentence(const Remedy& remedy);
/// Returns what the change costs, in words: time, memory or ability of the network.
std::string_view cost(Lever lever);

/// One finding about layers first_layer to last_layer.
struct Finding {
  Mechanism mechanism;           ///< what was found
  std::size_t first_layer = 0;   ///< from 0
  std::size_t last_layer = 0;    ///< from 0; first_layer if it is one layer
  std::string text;              ///< evidence, in one sentence
  std::vector<Remedy> remedies;  ///< the remedy that helps most often comes first
};

}  // namespace gradflow

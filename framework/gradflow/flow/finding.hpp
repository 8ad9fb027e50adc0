#pragma once
// The doctor's words: what can be wrong with a run, and what can be changed.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

/// What can be wrong with a run. The last two are no faults.
enum class Mechanism {
  vanishing_saturated,      ///< slopes near 0, where units sit far out on the activation's curve
  vanishing_small_slopes,   ///< slopes too small everywhere, as a sigmoid's 1/4
  vanishing_small_weights,  ///< weights that shorten what passes through them
  exploding,                ///< the gradient grows on its way back, or is not finite
  dead_units,               ///< units that no sample reaches
  collapsed,                ///< all samples look alike to the layers that follow
  stuck_at_chance,          ///< no better than the best constant guess
  numerically_dead,         ///< slopes that are 0 in the number type alone
  rate_too_large,           ///< the learning rate
  rate_too_small,           ///< no update changed the weights of a layer by more than update_below
  inputs_not_standardised,  ///< features too large or too small, or a mean too far from 0
  symmetric,                ///< all units of a layer are, and stay, the same
  ended_too_early,          ///< the loss was still falling, and nothing else is wrong
  unexplained,              ///< little was learned, and nothing of the above is wrong
  learned_all_the_same,     ///< although the gradient does not flow at the start or at the end
  healthy                   ///< the gradient flows at the start and at the end, and the run learned
};
/// "dead units", "learning rate too large", ...
std::string_view name(Mechanism mechanism);
/// False for healthy and learned_all_the_same.
bool is_fault(Mechanism mechanism);

/// What can be changed in a run.
enum class Lever { init, activation, scale, optimizer, learning_rate, clip_norm, depth, steps };

/// A change that may help; whether it does has to be measured.
struct Remedy {
  Lever lever;              ///< what is changed
  std::string value;        ///< "relu"; a factor where the lever is a number: "0.1"
  std::string option = {};  ///< what to type, where a command knows it: "--depth 5"
  friend bool operator==(const Remedy&, const Remedy&) = default;
};
/// "another activation: relu"; with an option "another activation: --activations relu"
std::string describe(const Remedy& remedy);
/// What a step, or a prediction, costs more.
std::string_view cost(Lever lever);

/// One thing found, in layers first to last (from 0).
struct Finding {
  Mechanism mechanism;           ///< what was found
  std::size_t first_layer = 0;   ///< from 0
  std::size_t last_layer = 0;    ///< from 0; first_layer if it is one layer
  std::string text;              ///< a sentence with the evidence
  std::vector<Remedy> remedies;  ///< what helps most often first
};

}  // namespace gradflow

#pragma once
// The doctor: from what was measured during a run, what is wrong, where, and what to do about it.
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/flow/layer_flow.hpp>

namespace gradflow {

enum class Mechanism {
  vanishing_saturated,      ///< slopes near 0, where units sit far out on the activation's curve
  vanishing_small_slopes,   ///< slopes too small everywhere, as a sigmoid's 1/4
  vanishing_small_weights,  ///< weights that shorten what passes through them
  exploding,
  dead_units,        ///< units that no sample reaches
  collapsed,         ///< all samples look alike to the layers that follow
  stuck_at_chance,   ///< the output knows the targets' shares and nothing else
  numerically_dead,  ///< slopes that are 0 in the number type alone
  rate_too_large,    ///< the learning rate
  rate_too_small,
  inputs_not_standardised,
  symmetric,    ///< all units of a layer are, and stay, the same
  unexplained,  ///< little was learned, and nothing of the above is to be seen
  healthy
};
std::string_view name(Mechanism mechanism);

/// What can be changed in a run.
enum class Lever { init, activation, scale, optimizer, learning_rate, clip_norm, depth, steps };

/// A change that may help; what it does is to be measured.
struct Remedy {
  Lever lever;
  std::string value;  ///< "relu"; of learning_rate, depth and steps by what they are multiplied: "0.1"
  friend bool operator==(const Remedy&, const Remedy&) = default;
};
/// "another activation: relu", "larger steps: the learning rate times 100"
std::string describe(const Remedy& remedy);
/// What one pays for it: "nothing: the steps take as long", "..."
std::string_view cost(Lever lever);

/// One thing found, in layers first to last (from 0).
struct Finding {
  Mechanism mechanism;
  std::size_t first_layer = 0, last_layer = 0;
  std::string text;              ///< a sentence with the evidence
  std::vector<Remedy> remedies;  ///< what helps most often first
};

/// What is known of a run beside its snapshots.
struct RunFacts {
  /// The loss of who knows the targets' shares, or mean, and nothing of the inputs: ln C for C classes alike.
  double chance_loss = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< at the end, over all training samples
  bool diverged = false;
};

// Where its lines are drawn, and why there.

/// At the first layer is left less of the output's ||dL/dz|| than this, or more than its inverse: it learns a hundred
/// times slower, or faster.
inline constexpr double gradient_left_below = 1e-2;
/// A loss within a twentieth of chance has learned nothing; one below half of it has learned.
inline constexpr double nothing_learned_above = 0.95, learned_below = 0.5;
/// Who knows nothing cannot be twice as wrong as chance, unless training has made him so.
inline constexpr double unlearned_above = 2;
/// In a deep relu network all samples come to look alike, and each unit is then on for all or off for all: up to half
/// are dead without harm. Nine in ten are not chance.
inline constexpr double dead_above = 0.9;
/// Half the slopes below 1 % of the largest.
inline constexpr double saturated_above = 0.5;
/// Less than a fiftieth of what a layer sends on differs from sample to sample.
inline constexpr double spread_below = 0.02;
/// Of slopes that are 0 in T alone; a run that learns with them bears more.
inline constexpr double numerically_dead_above = 0.01, numerically_dead_above_in_learned = 0.5;
/// An update changes a weight by a thousandth as a rule; by a fifth it forgets what it knew, by a hundred thousandth it
/// takes a hundred thousand of them to learn something else.
inline constexpr double update_above = 0.2, update_below = 1e-5;
/// z of the first layer has about the size of the inputs: at 4 a sigmoid's slope is 7 % of its largest, tanh's 0.1 %.
/// An offset of four deviations makes all samples look alike.
inline constexpr double input_size_above = 4, input_size_below = 0.05, input_offset_above = 20;

/// All that is wrong, the worst first; healthy alone where nothing is. Needs at least one snapshot; the first should be
/// that of step 0. Throws ValueError where there is none.
std::vector<Finding> diagnose(std::span<const FlowSnapshot> snapshots, const RunFacts& facts);

}  // namespace gradflow

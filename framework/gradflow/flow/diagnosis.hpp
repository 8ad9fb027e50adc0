#pragma once
// The doctor: from what was measured during a run, what is wrong, where, and what to do about it.
#include <limits>
#include <span>
#include <vector>

#include <gradflow/flow/finding.hpp>
#include <gradflow/flow/layer_flow.hpp>

namespace gradflow {

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

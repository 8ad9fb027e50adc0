#pragma once
// The doctor: from what was measured during a run, what is wrong, where, and what to do about it.
#include <span>
#include <vector>

#include <gradflow/flow/finding.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/verdict.hpp>

namespace gradflow {

// The thresholds of the findings, with reasons. Those of vanishing and exploding are in gradient_flow.hpp, those of
// learned in verdict.hpp.

/// A loss above twice chance means that training made it worse.
inline constexpr double unlearned_above = 2;
/// In a deep relu network all samples come to look alike, and each unit is then on for all or off for all: up to half
/// are dead without harm. Nine in ten are not chance.
inline constexpr double dead_above = 0.9;
/// Half the slopes below 1 % of the largest.
inline constexpr double saturated_above = 0.5;
/// Samples differ in less than a fiftieth of what a layer sends on.
inline constexpr double spread_below = 0.02;
/// The share of slopes that are 0 in T but not in mathematics.
inline constexpr double numerically_dead_above = 0.01;
/// The same share where the run learned: it may have more such slopes.
inline constexpr double numerically_dead_above_in_learned = 0.5;
/// LayerFlow::update_ratio. As a rule an update changes a weight by a thousandth; a fifth makes it forget what it knew.
inline constexpr double update_above = 0.2;
/// LayerFlow::update_ratio. At a hundred thousandth, a weight needs a hundred thousand updates to learn something else.
inline constexpr double update_below = 1e-5;
/// FlowSnapshot::input_size. z of the first layer has about the size of the inputs: at 4 a sigmoid's slope is 7 % of
/// its largest, tanh's 0.1 %.
inline constexpr double input_size_above = 4;
/// FlowSnapshot::input_size: a twentieth of the size of standardised features.
inline constexpr double input_size_below = 0.05;
/// FlowSnapshot::input_offset, judged only where nothing is known to have been learned. At 20 deviations, samples
/// differ in 1 / (1 + 20²), a quarter of a percent, of a feature's mean square: all of them look alike.
inline constexpr double input_offset_above = 20;

/// All that is wrong, causes before what follows from them. Where nothing is, one finding says so: healthy or
/// learned_all_the_same. Needs at least one snapshot; the first should be that of step 0. Throws ValueError where there
/// is none.
std::vector<Finding> diagnose(std::span<const FlowSnapshot> snapshots, const RunFacts& facts);

}  // namespace gradflow

#pragma once
// diagnose(): finds what is wrong with a run, in which layers, and what may help. It uses only what was measured during
// the run.
#include <span>
#include <vector>

#include <gradflow/flow/finding.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/verdict.hpp>

namespace gradflow {

// Thresholds of the findings, with reasons. The thresholds of vanishing and exploding are in gradient_flow.hpp, those
// of learned in verdict.hpp.

/// Loss divided by the loss of guessing. A loss above twice the loss of guessing means that training made it worse.
inline constexpr double unlearned_above = 2;
/// Share of dead units in a layer. In a deep relu network all samples come to look alike, so each unit is on for all
/// samples or off for all. Up to half of the units may then be dead without harm. Nine dead units in ten are not
/// chance.
inline constexpr double dead_above = 0.9;
/// LayerFlow::saturated: half of the slopes are below 1 % of the largest slope.
inline constexpr double saturated_above = 0.5;
/// LayerFlow::spread. Below this, the differences between samples are less than a fiftieth of the outputs of a layer,
/// both measured as norms.
inline constexpr double spread_below = 0.02;
/// LayerFlow::numerically_dead: the share of slopes that are 0 in T but not in mathematics.
inline constexpr double numerically_dead_above = 0.01;
/// The same share for a run that learned. Such a run may have more of these slopes.
inline constexpr double numerically_dead_above_in_learned = 0.5;
/// LayerFlow::update_ratio. An update usually changes a weight by a thousandth of its size. A change by a fifth makes
/// the weight forget what it learned.
inline constexpr double update_above = 0.2;
/// LayerFlow::update_ratio. At one part in a hundred thousand, a weight needs a hundred thousand updates to change by
/// its own size.
inline constexpr double update_below = 1e-5;
/// FlowSnapshot::input_size. In the first layer z is about as large as the inputs. At z = 4 the slope of sigmoid is 7 %
/// of its largest slope, and the slope of tanh 0.1 %.
inline constexpr double input_size_above = 4;
/// FlowSnapshot::input_size: a twentieth of the size of standardised features.
inline constexpr double input_size_below = 0.05;
/// FlowSnapshot::input_offset. It counts only if the run learned nothing, or if it is unknown what the run learned. At
/// 20 standard deviations, the variance of a feature is only 1 / (1 + 20²) of its mean square, a quarter of a percent.
/// So all samples look alike.
inline constexpr double input_offset_above = 20;

/// Returns all faults of a run, causes before their consequences. If there is no fault, returns one finding: healthy or
/// learned_all_the_same. The first snapshot should be of step 0. Throws ValueError if there are no snapshots.
std::vector<Finding> diagnose(std::span<const FlowSnapshot> snapshots, const RunFacts& facts);

}  // namespace gradflow

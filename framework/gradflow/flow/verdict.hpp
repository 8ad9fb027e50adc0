#pragma once
// What is said of a whole run: what the gradient does at the start, what it does at the end, and what was learned.
// Every table, file, page and sentence takes its words from here.
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/flow/layer_flow.hpp>

namespace gradflow {

/// What is known of a run besides its gradient. NaN: not known.
struct RunFacts {
  /// The loss of the best constant guess, which knows the targets' shares or mean and no input: see chance_loss().
  double chance_loss = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< at the end, over all training samples
  bool diverged = false;                                   ///< a number was not finite, and the run ended there
  /// The mean training loss of the epoch that ended three quarters into the run: see run_facts().
  double earlier_loss = std::numeric_limits<double>::quiet_NaN();
  double last_loss = std::numeric_limits<double>::quiet_NaN();  ///< the mean training loss of the last epoch
};

/// What a run learned.
enum class Learning {
  learned,     ///< the loss ends below half of guessing
  little,      ///< it ends above that
  unfinished,  ///< it ends above that, and was still falling
  nothing,     ///< it ends within a twentieth of guessing, or above it
  diverged,    ///< a number was not finite, and the run ended there
  unknown,     ///< the loss, or that of guessing, is not known
};
/// "learned", "ended too early", ...
std::string_view name(Learning learning);

/// A loss above this share of guessing is nothing learned.
inline constexpr double nothing_learned_above = 0.95;
/// A loss below this share of guessing is learned.
inline constexpr double learned_below = 0.5;
/// A loss falls that lost a twentieth in the last quarter of the run.
inline constexpr double still_falling_below = 0.95;

/// The first that holds of: diverged, unknown, learned, unfinished, little, nothing.
Learning judge_learning(const RunFacts& facts);

/// What judge() says of a run.
struct Verdict {
  GradientState start;  ///< of the gradient after the first step
  GradientState end;    ///< of the gradient after the last step; not_finite where the run diverged
  Learning learning;    ///< as judge_learning() has it
  std::string text;     ///< a sentence for each of the three, with its numbers
};

/// start, end: as gradient_flow() has them after the first step and after the last one, whose number (from 0) is
/// last_step. At least one layer.
Verdict judge(const GradientFlow& start, const GradientFlow& end, std::size_t last_step, const RunFacts& facts);

/// By the first and the last snapshot. Throws ValueError where there is none.
Verdict judge(std::span<const FlowSnapshot> snapshots, const RunFacts& facts);

/// The norms that a snapshot has.
GradientFlow flow_of(const FlowSnapshot& snapshot);

/// "the gradient shrinks to 8.5e-07 of its size on the way to layer 0": what a sentence on the way back begins with.
std::string way_back_text(const GradientFlow& flow);

/// What the words of a Verdict mean, in sentences.
std::string verdict_rules();

}  // namespace gradflow

#pragma once
// The verdict of a whole run: what the gradient does at the start, what it does at the end, and what the run learned.
// Every table, file, page and sentence takes its words from here.
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/flow/layer_flow.hpp>

namespace gradflow {

/// Facts about a run besides its gradient. NaN: not known.
struct RunFacts {
  /// The loss of the best constant output, which needs no inputs, only the class shares or the mean of the targets: see
  /// chance_loss().
  double chance_loss = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< loss at the end, over all training samples
  bool diverged = false;                                   ///< a number was not finite, and the run ended there
  /// The mean training loss of the epoch that ended three quarters into the run: see run_facts().
  double earlier_loss = std::numeric_limits<double>::quiet_NaN();
  double last_loss = std::numeric_limits<double>::quiet_NaN();  ///< the mean training loss of the last epoch
};

/// How much a run learned, judged by RunFacts::loss and RunFacts::chance_loss.
enum class Learning {
  learned,     ///< the loss is below 0.5 chance_loss
  little,      ///< the loss is between 0.5 and 0.95 chance_loss
  unfinished,  ///< the loss is above 0.5 chance_loss, and was still falling
  nothing,     ///< the loss is above 0.95 chance_loss
  diverged,    ///< a number was not finite, and the run ended there
  unknown,     ///< the loss or chance_loss is not known
};
/// Returns "learned", "ended too early", ...
std::string_view name(Learning learning);

/// A run learned nothing if its loss at the end is above this share of chance_loss.
inline constexpr double nothing_learned_above = 0.95;
/// A run learned if its loss at the end is below this share of chance_loss.
inline constexpr double learned_below = 0.5;
/// A loss is still falling if last_loss is below this share of earlier_loss: if it fell by more than a twentieth in the
/// last quarter of the run.
inline constexpr double still_falling_below = 0.95;

/// Returns the first of these that holds: diverged, unknown, learned, unfinished, little, nothing.
Learning judge_learning(const RunFacts& facts);

/// The result of judge().
struct Verdict {
  GradientState start;  ///< state of the gradient after the first step
  GradientState end;    ///< state of the gradient after the last step; not_finite if the run diverged
  Learning learning;    ///< result of judge_learning()
  std::string text;     ///< one sentence for each of start, end and learning, with the numbers
};

/// Returns the verdict of a run. start, end: what gradient_flow() returned after the first and after the last step.
/// last_step: the number of the last step, from 0. Needs at least one layer.
Verdict judge(const GradientFlow& start, const GradientFlow& end, std::size_t last_step, const RunFacts& facts);

/// Returns the verdict of a run from its first and its last snapshot. Throws ValueError if there are no snapshots.
Verdict judge(std::span<const FlowSnapshot> snapshots, const RunFacts& facts);

/// Returns the norms of dL/dz and dL/dW in a snapshot.
GradientFlow flow_of(const FlowSnapshot& snapshot);

/// Returns the beginning of a sentence: "the gradient shrinks to 8.5e-07 of its size on the way to layer 0".
std::string way_back_text(const GradientFlow& flow);

/// Returns sentences that explain the words of a Verdict.
std::string verdict_rules();

}  // namespace gradflow

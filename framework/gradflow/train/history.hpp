#pragma once
// What a run leaves: a value.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/state.hpp>
#include <gradflow/flow/verdict.hpp>
#include <gradflow/train/metrics.hpp>

namespace gradflow {

/// One pass over the training data. A fit that ends inside an epoch has a record of what it saw of it. The record of
/// the next fit is then of the whole epoch, and takes the place of the first.
struct EpochRecord {
  std::size_t epoch;      ///< from 0, over all fits of a Trainer
  std::size_t steps;      ///< made since the start of the first fit
  double learning_rate;   ///< of the last step
  double train_loss;      ///< mean over the epoch's samples, each at the weights of its step
  Evaluation validation;  ///< all NaN without a validation part
};

/// A loss, a gradient or a parameter that is not finite: where it was seen first.
struct Divergence {
  std::size_t step;   ///< from 0
  std::size_t layer;  ///< from 0
  std::string text;   ///< "step 212: layer 4 (dense 32 -> 32, relu): output is not finite"
};

/// stopped: an observer asked for it; interrupted: one asked for it that knows of something more urgent.
enum class Outcome { finished, interrupted, stopped, diverged };

/// "finished", "interrupted", "stopped" or "diverged".
inline std::string_view name(Outcome outcome) {
  constexpr std::string_view names[] = {"finished", "interrupted", "stopped", "diverged"};
  return names[static_cast<std::size_t>(outcome)];
}

/// What fit() returns: how the losses went, and how the run ended.
struct History {
  /// After fit() never empty. All of them, as long as there are at most 4096; of a longer run first every second one,
  /// then every fourth, ... and the last. A run that diverged in its first epoch has a record of it, without
  /// validation: the mean loss of the steps before the divergence, or the loss that diverged where there were none.
  std::vector<EpochRecord> epochs;
  std::size_t steps = 0;                 ///< since the start of the Trainer's first fit
  Outcome outcome = Outcome::finished;   ///< of this fit
  std::optional<Divergence> divergence;  ///< where outcome is diverged
  /// Lowest validation loss, or train loss where there is no validation part; over all fits of the Trainer, so that it
  /// may be one that an earlier fit has the record of.
  std::optional<std::size_t> best_epoch;

  /// Whether the run came to its end, by itself or because an observer stopped it; it was neither interrupted nor
  /// diverged.
  bool succeeded() const { return outcome == Outcome::finished || outcome == Outcome::stopped; }
};

/// What a verdict and a diagnosis need to know of a run. chance_loss: see chance_loss(); loss: that of evaluate() on
/// the training part. A run that an observer stopped did not end too early: its losses have no trend.
RunFacts run_facts(const History& history, double chance_loss, double loss);

namespace detail {

/// Keeps epochs as History::epochs promises. The record of an epoch that was cut gives way to the whole epoch's.
void add_epoch(std::vector<EpochRecord>& epochs, const EpochRecord& epoch);

/// Saves or loads them.
void visit_epochs(StateVisitor& state, std::vector<EpochRecord>& epochs);

}  // namespace detail
}  // namespace gradflow

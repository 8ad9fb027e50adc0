#pragma once
// History: the result of a run.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/state.hpp>
#include <gradflow/flow/verdict.hpp>
#include <gradflow/train/metrics.hpp>

namespace gradflow {

/// One pass over the training data. If a fit ends inside an epoch, its record covers only the samples seen so far. The
/// next fit completes the epoch, and its record covers the whole epoch and replaces the first record.
struct EpochRecord {
  std::size_t epoch;     ///< from 0, over all fits of a Trainer
  std::size_t steps;     ///< steps made since the start of the first fit
  double learning_rate;  ///< learning rate of the last step
  double train_loss;  ///< mean over the samples of the epoch, each with the weights at its step, in passes of training
  Evaluation validation;  ///< in passes of evaluation, without dropout; all NaN if there are no validation data
};

/// The first loss, gradient or parameter that was not finite.
struct Divergence {
  std::size_t step;   ///< from 0
  std::size_t layer;  ///< from 0
  std::string text;   ///< "step 212: layer 4 (dense 32 -> 32, relu): output is not finite"
};

/// How a run ended. stopped: an observer ended the run. interrupted: an observer ended the run before it was complete,
/// so that it can be continued later.
enum class Outcome { finished, interrupted, stopped, diverged };

/// Returns "finished", "interrupted", "stopped" or "diverged".
inline std::string_view name(Outcome outcome) {
  constexpr std::string_view names[] = {"finished", "interrupted", "stopped", "diverged"};
  return names[static_cast<std::size_t>(outcome)];
}

/// The result of fit(): the losses, and how the run ended.
struct History {
  /// Never empty after fit(). A run of at most 4096 epochs has a record of each epoch. A longer run keeps every second
  /// record, then every fourth, and so on, and always the last. A run that diverged in its first epoch has a record of
  /// this epoch, without validation. Its train_loss is the mean of the steps before the divergence or, if there were
  /// none, the loss that diverged.
  std::vector<EpochRecord> epochs;
  std::size_t steps = 0;                 ///< steps made since the start of the Trainer's first fit
  Outcome outcome = Outcome::finished;   ///< outcome of this fit
  std::optional<Divergence> divergence;  ///< set if outcome is diverged
  /// The epoch with the lowest validation loss or, if there are no validation data, the lowest train loss. It is the
  /// best of all fits of the Trainer, so its record may be in the History of an earlier fit.
  std::optional<std::size_t> best_epoch;

  /// Returns whether the run reached its end or was stopped by an observer. Returns false if the run was interrupted or
  /// diverged.
  bool succeeded() const { return outcome == Outcome::finished || outcome == Outcome::stopped; }
};

/// Returns what a verdict and a diagnosis need to know of a run. chance_loss: see chance_loss(). loss: the loss that
/// evaluate() returns for the training data. earlier_loss and last_loss stay NaN in two cases: for a run with fewer
/// than two epochs, and if an observer stopped the run, because such a run did not end too early.
RunFacts run_facts(const History& history, double chance_loss, double loss);

namespace detail {

/// Adds an epoch and keeps `epochs` as short as History::epochs promises. If the last record is of the same epoch,
/// which was cut short, the new record replaces it.
void add_epoch(std::vector<EpochRecord>& epochs, const EpochRecord& epoch);

/// Saves or loads the records.
void visit_epochs(StateVisitor& state, std::vector<EpochRecord>& epochs);

}  // namespace detail
}  // namespace gradflow

#pragma once
// An observer watches a run without changing it, but may ask the run to stop.
#include <cstddef>
#include <span>
#include <string>

#include <gradflow/base/state.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/optim/optimizer.hpp>
#include <gradflow/train/history.hpp>

namespace gradflow {

/// One step: a batch forward and backward, and the update.
template <class T>
struct Step {
  std::size_t number;         ///< from 0, over all fits of a Trainer
  std::size_t total;          ///< steps at the end of this fit, including earlier fits, if nothing stops it
  std::size_t epoch;          ///< from 0
  double loss;                ///< loss of this batch, in a pass of training
  double learning_rate;       ///< of this step, after the schedule
  const Network<T>& network;  ///< with the outputs and gradients of this batch
  const Dataset<T>& batch;    ///< x and y of this batch; the names are empty
  /// In on_step: one for each of network.blocks(), if an observer needs them. Else empty.
  std::span<const RangeNorms> update_norms = {};
};

/// One pass over the training data.
template <class T>
struct Epoch {
  std::size_t number;         ///< from 0, over all fits of a Trainer; comes twice if a fit ended inside the epoch
  std::size_t step;           ///< number of the last step
  double learning_rate;       ///< of the last step
  double train_loss;          ///< EpochRecord::train_loss
  Evaluation validation;      ///< EpochRecord::validation
  const Network<T>& network;  ///< with the parameters after the last step
};

/// What an observer returns. stop: the run ends. interrupt: the run ends before it is complete, and a checkpoint can
/// continue it from there.
enum class Next { proceed, interrupt, stop };

/// What an observer needs from the next step.
struct Needs {
  bool z = false;             ///< Trace::z
  bool update_norms = false;  ///< Step::update_norms
  bool best = false;          ///< RunState::best_values; read once, before the first step
};

/// The state of a run at its start, between two steps or at its end. At these times all parts of the state fit together
/// and can be saved.
template <class T>
struct RunState {
  Network<T>& network;                ///< the network in training
  History history = {};               ///< of this fit() so far
  AlignedVector<T> best_values = {};  ///< Network::values() of History::best_epoch, if needed; else empty
  Next next = Next::proceed;  ///< stop or interrupt if an observer asked for it; then the next on_epoch() is the last
  bool begins = true;         ///< true before the first step of this fit()
  bool ended = false;         ///< true if no step follows
  bool extend = false;        ///< also load the state of a shorter run if the schedule depends on the length
  std::string change = {};    ///< how extending changes the schedule: "with cosine, steps 0 to 39 ..."; else empty

  /// Keeps a reference to the network.
  RunState(Network<T>& of) : network(of) {}
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;
  virtual ~RunState() = default;
  /// Saves or loads everything except the current and the best values of the network. Loading compares data, options
  /// and optimiser with the saved ones. It restores the state of optimiser, schedule, batches and observers, and the
  /// history. This run continues from the saved state, even if the saved run has fewer steps than this run or has
  /// ended.
  virtual void visit(StateVisitor& state) = 0;
};

/// Base class of observers. Override the functions that you need; the others do nothing. Trainer::watch() adds an
/// observer to a run.
template <class T>
class Observer {
 public:
  virtual ~Observer() = default;
  /// Returns what the observer needs from a step. Called before each step. Steps are counted from 0 over all fits of a
  /// Trainer.
  virtual Needs needs(std::size_t /*step*/) const { return {}; }
  /// Called after backward and before the update, when weights and gradients belong together.
  virtual Next on_gradients(const Step<T>&) { return Next::proceed; }
  /// Called after the update.
  virtual Next on_step(const Step<T>&) { return Next::proceed; }
  /// Called after an epoch and its validation, and when a fit ends inside an epoch. Not called after a divergence.
  virtual Next on_epoch(const Epoch<T>&) { return Next::proceed; }
  /// Called at the start of a run, and after all observers have seen a step or an epoch. At the start, the observer may
  /// load the state of an earlier run, which this run then continues.
  virtual void between_steps(RunState<T>&) {}
  /// Saves or loads what the observer remembers between steps, if anything.
  virtual void visit_state(StateVisitor&, const Network<T>&) {}
};

}  // namespace gradflow

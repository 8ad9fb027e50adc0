#pragma once
// An observer sees a run and changes nothing in it, but may ask it to stop.
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
  std::size_t total;          ///< steps at the end of this fit, with those of the fits before, unless it is stopped
  std::size_t epoch;          ///< from 0
  double loss;                ///< of this batch
  double learning_rate;       ///< of this step, the schedule applied
  const Network<T>& network;  ///< with the outputs and gradients of this batch
  const Dataset<T>& batch;    ///< x and y; its names are not filled in
  /// In on_step, if an observer asked: one for each of network.blocks(), else empty.
  std::span<const RangeNorms> update_norms = {};
};

/// One pass over the training data.
template <class T>
struct Epoch {
  std::size_t number;         ///< from 0, over all fits of a Trainer; the same twice where a fit ended inside the epoch
  std::size_t step;           ///< the step that ended it
  double learning_rate;       ///< of that step
  double train_loss;          ///< mean over the epoch's samples, each at the weights of its step
  Evaluation validation;      ///< all NaN without a validation part
  const Network<T>& network;  ///< with the parameters after that step
};

/// interrupt: as stop, but the run has not come to its end: a checkpoint of it continues where it was.
enum class Next { proceed, interrupt, stop };

/// What an observer wants the coming step to leave for it.
struct Needs {
  bool z = false;             ///< Trace::z
  bool update_norms = false;  ///< Step::update_norms
  bool best = false;          ///< RunState::best_parameters; asked before the first step
};

/// A run at its start, between two steps or at its end, when all that it is made of belongs together and can be saved.
template <class T>
struct RunState {
  Network<T>& network;                    ///< the one in training
  History history = {};                   ///< of this fit() so far
  AlignedVector<T> best_parameters = {};  ///< of History::best_epoch, if an observer asked; empty before it
  Next next = Next::proceed;              ///< else observers asked for this, and the next is the run's last epoch
  bool begins = true;                     ///< before the first step of this fit()
  bool ended = false;                     ///< no step follows
  bool extend = false;      ///< take a state of fewer steps also where the schedule depends on their number
  std::string change = {};  ///< what that changes: "cosine: steps 0 to 39 have the rates of ..."; else empty

  /// The network is kept by reference.
  RunState(Network<T>& of) : network(of) {}
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;
  virtual ~RunState() = default;
  /// Everything but the parameters, those of the moment and the best: data, options and optimiser are compared; the
  /// optimiser's state, the schedule's, the batches', the observers' and the history are put back. The state of a run
  /// of fewer steps, ended or not, becomes that of the beginning of this one.
  virtual void visit(StateVisitor& state) = 0;
};

/// Base class: override the functions that you need, the others do nothing. Trainer::watch() adds one to a run.
template <class T>
class Observer {
 public:
  virtual ~Observer() = default;
  /// Asked before each step, counted from 0 over all fits of a Trainer.
  virtual Needs needs(std::size_t /*step*/) const { return {}; }
  /// After backward and before the update, when weights and gradients belong together.
  virtual Next on_gradients(const Step<T>&) { return Next::proceed; }
  /// After the update.
  virtual Next on_step(const Step<T>&) { return Next::proceed; }
  /// After an epoch, validation included, or at the end of a fit inside one; not after a divergence.
  virtual Next on_epoch(const Epoch<T>&) { return Next::proceed; }
  /// When all observers have been told. At the start of a run its state may be changed: to that of a run that is to go
  /// on.
  virtual void between_steps(RunState<T>&) {}
  /// What it remembers from step to step, if anything.
  virtual void visit_state(StateVisitor&, const Network<T>&) {}
};

}  // namespace gradflow

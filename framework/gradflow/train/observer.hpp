#pragma once
// An observer sees a run and changes nothing in it, but may ask it to stop.
#include <cstddef>
#include <span>

#include <gradflow/nn/network.hpp>
#include <gradflow/optim/optimizer.hpp>
#include <gradflow/train/metrics.hpp>

namespace gradflow {

/// One step: a batch forward and backward, and the update.
template <class T>
struct Step {
  std::size_t number;  ///< from 0
  std::size_t total;   ///< steps that the run will take unless it is stopped
  std::size_t epoch;   ///< from 0
  double loss;         ///< of this batch
  double learning_rate;
  const Network<T>& network;
  const Dataset<T>& batch;  ///< x and y; its names are not filled in
  /// In on_step, if an observer asked: one for each of network.blocks(), else empty.
  std::span<const RangeNorms> update_norms = {};
};

/// One pass over the training data.
template <class T>
struct Epoch {
  std::size_t number;     ///< from 0
  std::size_t step;       ///< the step that ended it
  double train_loss;      ///< mean over the epoch's batches, each at the weights of its step
  Evaluation validation;  ///< all NaN without a validation part
  const Network<T>& network;
};

enum class Next { proceed, stop };

/// What an observer wants the coming step to leave for it.
struct Needs {
  bool z = false;             ///< Trace::z
  bool update_norms = false;  ///< Step::update_norms
};

template <class T>
class Observer {
 public:
  virtual ~Observer() = default;
  virtual Needs needs(std::size_t /*step*/) const { return {}; }
  /// After backward and before the update, when weights and gradients belong together.
  virtual Next on_gradients(const Step<T>&) { return Next::proceed; }
  /// After the update.
  virtual Next on_step(const Step<T>&) { return Next::proceed; }
  virtual Next on_epoch(const Epoch<T>&) { return Next::proceed; }
};

}  // namespace gradflow

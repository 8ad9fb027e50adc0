#pragma once
#include <cstddef>
#include <limits>

#include <gradflow/train/observer.hpp>

namespace gradflow {

/// When EarlyStopping stops a run.
struct EarlyStoppingOptions {
  std::size_t patience = 10;  ///< epochs without improvement after which the run stops
  double min_delta = 0;  ///< an improvement is a loss lower than the best by more than this (as Keras' and torch's)
};

/// Stops a run whose validation loss no longer falls; without validation, the training loss. To end with the weights of
/// the best epoch, set the trainer's option restore_best. Starts anew with epoch 0. Prechelt 1998
template <class T = float>
class EarlyStopping final : public Observer<T> {
 public:
  /// Throws ValueError where patience is 0 or min_delta is negative.
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  Next on_epoch(const Epoch<T>& epoch) override;
  void visit_state(StateVisitor& state, const Network<T>& network) override;

  double best_loss() const { return best_loss_; }         ///< infinity before the first epoch
  std::size_t best_epoch() const { return best_epoch_; }  ///< from 0
  bool stopped() const { return stopped_; }               ///< whether it has asked the run to stop

 private:
  EarlyStoppingOptions options_;
  double best_loss_ = std::numeric_limits<double>::infinity();
  std::size_t best_epoch_ = 0;
  bool stopped_ = false;
};

extern template class EarlyStopping<float>;
extern template class EarlyStopping<double>;

}  // namespace gradflow

#pragma once
#include <cstddef>
#include <limits>

#include <gradflow/train/observer.hpp>

namespace gradflow {

/// When EarlyStopping stops a run.
struct EarlyStoppingOptions {
  std::size_t patience = 10;  ///< the run stops after this many epochs without improvement
  /// A loss is an improvement if it is below the best loss by more than this, as in Keras and torch.
  double min_delta = 0;
};

/// Stops a run when its validation loss no longer falls. Without validation data it watches the training loss. To end
/// with the weights of the best epoch, set the trainer's option restore_best. Epoch 0 of the next run resets the
/// observer. Prechelt 1998
template <class T = float>
class EarlyStopping final : public Observer<T> {
 public:
  /// Throws ValueError if patience is 0, or if min_delta is negative or NaN.
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  Next on_epoch(const Epoch<T>& epoch) override;
  void visit_state(StateVisitor& state, const Network<T>& network) override;

  double best_loss() const { return best_loss_; }         ///< infinity before the first epoch
  std::size_t best_epoch() const { return best_epoch_; }  ///< from 0
  bool stopped() const { return stopped_; }               ///< true after on_epoch() has returned Next::stop

 private:
  EarlyStoppingOptions options_;
  double best_loss_ = std::numeric_limits<double>::infinity();
  std::size_t best_epoch_ = 0;
  bool stopped_ = false;
};

extern template class EarlyStopping<float>;
extern template class EarlyStopping<double>;

}  // namespace gradflow

#pragma once
#include <cstddef>

#include <gradflow/log/sink.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Which steps LossLog records.
struct LossLogOptions {
  /// Steps from one record of the batch's loss to the next. The last step is recorded too, unless the run is stopped
  /// early.
  std::size_t every = 1;
};

/// Writes "batch_loss" and "learning_rate" for the steps that `every` selects. For each epoch writes "train_loss", and,
/// if they apply, "validation_loss", "validation_accuracy", "validation_mae", "validation_r2" and
/// "validation_subset_accuracy". The records of an epoch have the number of the step that ended the epoch.
template <class T = float>
class LossLog final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError if `every` is 0.
  explicit LossLog(Sink& sink, LossLogOptions options = {});

  Next on_step(const Step<T>& step) override;
  Next on_epoch(const Epoch<T>& epoch) override;
  void visit_state(StateVisitor& state, const Network<T>&) override { sink_.visit_state(state); }

 private:
  Sink& sink_;
  std::size_t every_;
};

extern template class LossLog<float>;
extern template class LossLog<double>;

}  // namespace gradflow

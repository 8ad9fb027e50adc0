#pragma once
#include <cstddef>

#include <gradflow/log/sink.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Which steps LossLog records.
struct LossLogOptions {
  /// Steps from one record of the batch's loss to the next; the last step of a run that is not stopped early has one
  /// too.
  std::size_t every = 1;
};

/// How training goes: "batch_loss" and "learning_rate" of steps; and of each epoch, under the step that ended it,
/// "train_loss" and those of "validation_loss", "validation_accuracy", "validation_mae", "validation_r2" and
/// "validation_subset_accuracy" that apply.
template <class T = float>
class LossLog final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError where every is 0.
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

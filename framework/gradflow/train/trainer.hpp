#pragma once
// The training loop. It has no privileges: it calls public functions only, and the same loop written by hand gives the
// same bytes (examples/040_loop_by_hand.cpp).
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include <gradflow/data/batches.hpp>
#include <gradflow/data/dataset.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/optim/optimizer.hpp>
#include <gradflow/optim/schedule.hpp>
#include <gradflow/train/history.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// How a Trainer trains: length, batches, limits on the gradient, schedule.
struct TrainerOptions {
  std::size_t epochs = 10;      ///< of one fit(): this many times the steps of an epoch
  std::size_t steps = 0;        ///< if not 0, this many steps, in place of epochs
  std::size_t batch_size = 32;  ///< samples in a step: at least 1; the last batch of an epoch may have fewer
  std::uint64_t seed = 0;       ///< of the order of the samples
  bool shuffle = true;          ///< a new order every epoch
  double clip_norm = std::numeric_limits<double>::infinity();   ///< limit on the L2 norm of the whole gradient
  double clip_value = std::numeric_limits<double>::infinity();  ///< limit on each of its numbers
  std::shared_ptr<Schedule> schedule = nullptr;                 ///< null: none; it has a memory: one for each trainer
  /// End with the parameters of the best epoch, as History::best_epoch has it. The next fit() continues from the last.
  bool restore_best = false;
  std::size_t threads = 1;  ///< that share a step, for networks of 256 units and more; the results have the same bits
};

/// Trains a network on batches of samples, evaluates it after each epoch and calls the observers. T: float or double.
template <class T>
class Trainer {
 public:
  /// loss: a policy such as CrossEntropy{}, or a LossPtr<T>. Network, optimiser and observers are kept by reference.
  /// Throws ValueError for options that are no usable numbers.
  template <class L>
  Trainer(Network<T>& network, const L& loss, Optimizer<T>& optimizer, TrainerOptions options = {})
      : Trainer(make_loss<T>(loss), network, optimizer, std::move(options)) {}

  ~Trainer();

  /// Adds an observer, which is called after those that were added before. Returns *this, so that fit() can follow.
  Trainer& watch(Observer<T>& observer);

  /// Trains, from the parameters and the optimiser's state as they are; from those of a checkpoint where an observer
  /// puts it back (Checkpoints). Before anything is read, throws ShapeError unless x has a column for each input of the
  /// network and y is a target as Loss::evaluate() takes it; ValueError for a number that is not finite and for a
  /// network that was not initialised. It also throws ValueError for a network that ends in probabilities, if the loss
  /// takes logits, and for an optimiser that has made steps of another network. Samples count by their weights.
  /// Validation data without samples count as none. A run that diverges ends early and says so in its history.
  ///
  /// The next fit() continues: the order of the samples, the numbers of steps and epochs, the schedule and the best
  /// epoch are those of one longer call, and ten fits of one epoch leave the bytes of one of ten. Throws ValueError
  /// where the schedule depends on the length of the run. A fit that ended inside an epoch is continued with the rest
  /// of it. After restore_best the next fit continues from the last parameters, unless somebody has changed the best
  /// ones in between. Training data with another number of samples begin a new epoch in a new order; validation data
  /// with another number begin a new search for the best. After a run that diverged, and for a network that was
  /// initialised anew, fit() begins anew, as a new Trainer does.
  History fit(const Dataset<T>& train, const Dataset<T>& validation = {});

 private:
  struct Run;
  struct Progress;
  struct Kept;

  Trainer(LossPtr<T> loss, Network<T>& network, Optimizer<T>& optimizer, TrainerOptions options);
  void check_data(const Dataset<T>& train, const Dataset<T>& validation) const;
  void check_shapes(std::string_view where, const Dataset<T>& data) const;
  void check_initialized() const;
  void check_kept();
  void put_back_last();
  void keep(Run& run);
  void notify_between_steps(Run& run);
  void run_step(Run& run, const Dataset<T>& batch);
  void update(Run& run, Step<T>& step);
  void end_epoch(Run& run);
  bool diverged(Run& run, double loss) const;
  void record_divergence(Run& run, std::size_t step) const;
  Needs gather_needs(std::size_t step) const;

  LossPtr<T> loss_;
  Network<T>& network_;
  Optimizer<T>& optimizer_;
  TrainerOptions options_;
  std::vector<Observer<T>*> observers_;
  std::unique_ptr<Kept> kept_;
};

}  // namespace gradflow

#pragma once
// The training loop. It calls only public functions: the same loop written by hand gives the same bytes
// (examples/040_loop_by_hand.cpp).
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

/// How a Trainer trains: number of steps, batches, limits on the gradient, schedule.
struct TrainerOptions {
  std::size_t epochs = 10;      ///< one fit() makes the steps of this many epochs
  std::size_t steps = 0;        ///< if not 0: one fit() makes this many steps, instead of `epochs`
  std::size_t batch_size = 32;  ///< samples in each step: at least 1; the last batch of an epoch may have fewer
  std::uint64_t seed = 0;       ///< seed for the order of the samples
  bool shuffle = true;          ///< makes a new order for every epoch
  /// Limit on the L2 norm of the whole gradient, without the gradients of frozen parameters.
  double clip_norm = std::numeric_limits<double>::infinity();
  double clip_value = std::numeric_limits<double>::infinity();  ///< limit on each number of the gradient
  std::shared_ptr<Schedule> schedule = nullptr;  ///< null: none; a schedule has state: use one for each Trainer
  /// Ends with the parameters of History::best_epoch. The next fit() continues from the last parameters instead.
  bool restore_best = false;
  /// Number of threads that share each step. More than one pays for layers of 256 units and more. The results have the
  /// same bits.
  std::size_t threads = 1;
};

/// Trains a network on batches of samples, evaluates it after each epoch and calls the observers. T: float or double.
template <class T>
class Trainer {
 public:
  /// loss: a policy such as CrossEntropy{}, or a LossPtr<T>. The Trainer keeps references to network, optimiser and
  /// observers. Throws ValueError if an option is not a usable number.
  template <class L>
  Trainer(Network<T>& network, const L& loss, Optimizer<T>& optimizer, TrainerOptions options = {})
      : Trainer(make_loss<T>(loss), network, optimizer, std::move(options)) {}

  ~Trainer();

  /// Adds an observer. Observers are called in the order in which they were added. Returns *this, so that fit() can
  /// follow.
  Trainer& watch(Observer<T>& observer);

  /// Trains from the current parameters and the current state of the optimiser. If an observer loads a checkpoint
  /// (Checkpoints), trains from the checkpoint instead. Each sample counts by its weight. Validation data without
  /// samples count as no validation data. A run that diverges ends early; see History::divergence.
  ///
  /// The next fit() continues the run: its order of samples, its numbers of steps and epochs, its schedule and its best
  /// epoch. Ten fits of one epoch give the same bytes as one fit of ten epochs. If a fit ended inside an epoch, the
  /// next fit() first trains the rest of that epoch. After restore_best, the next fit() continues from the last
  /// parameters, unless the best parameters were changed in between. If the number of training samples changes, a new
  /// epoch begins in a new order. If the number of validation samples changes, the search for the best epoch begins
  /// again. After a run that diverged, or if the network was initialised again, fit() starts like a new Trainer.
  ///
  /// Throws before it trains. ShapeError: x does not have a column for each input of the network, or y is not a target
  /// that Loss::evaluate() takes. ValueError: a number is not finite, the network was not initialised, the network ends
  /// in probabilities but the loss takes logits, or the optimiser has made steps on another network. ValueError in a
  /// second fit(): the schedule depends on the length of the run. NameError: a group of the optimiser has no parameters
  /// in the network.
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

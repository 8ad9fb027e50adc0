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
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/optim/optimizer.hpp>
#include <gradflow/optim/schedule.hpp>
#include <gradflow/train/history.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

struct TrainerOptions {
  std::size_t epochs = 10;
  std::size_t steps = 0;  ///< if not 0, so many steps in place of epochs
  std::size_t batch_size = 32;
  std::uint64_t seed = 0;                                       ///< of the order of the samples
  bool shuffle = true;                                          ///< a new order every epoch
  double clip_norm = std::numeric_limits<double>::infinity();   ///< limit on the L2 norm of the whole gradient
  double clip_value = std::numeric_limits<double>::infinity();  ///< limit on each of its numbers
  std::shared_ptr<Schedule> schedule = nullptr;                 ///< null: none; it has a memory: one for each trainer
  bool restore_best = false;  ///< end with the parameters of the best epoch, as History::best_epoch has it
  std::size_t threads = 1;    ///< that share a step, for networks of 256 units and more; the results have the same bits
};

template <class T>
class Trainer {
 public:
  /// loss: a policy such as CrossEntropy{}, or a LossPtr<T>. Network, optimiser and observers are kept by reference.
  /// Throws ValueError for options that are no usable numbers.
  template <class L>
  Trainer(Network<T>& network, const L& loss, Optimizer<T>& optimizer, TrainerOptions options = {})
      : Trainer(make_loss<T>(loss), network, optimizer, std::move(options)) {}

  Trainer& watch(Observer<T>& observer);

  /// Trains. Goes on from the parameters and the optimiser's state as they are; from those of a checkpoint where an
  /// observer puts it back (Checkpoints). Before anything is read, throws ShapeError unless x has a column for each
  /// input of the network and y is a target as Loss::evaluate() takes it; ValueError for a number that is not finite,
  /// for a network whose parameters nobody has set (Network::is_initialized()), and for an optimiser that has made
  /// steps of another network. Validation data without samples count as none. A run that diverges ends early and says
  /// so in its history.
  History fit(const Dataset<T>& train, const Dataset<T>& validation = {});

 private:
  struct Run;

  Trainer(LossPtr<T> loss, Network<T>& network, Optimizer<T>& optimizer, TrainerOptions options);
  void check_data(const Dataset<T>& train, const Dataset<T>& validation) const;
  void check_shapes(std::string_view where, const Dataset<T>& data) const;
  void check_initialized() const;
  void tell_between_steps(Run& run);
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
};

}  // namespace gradflow

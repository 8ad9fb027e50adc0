#pragma once
// The state of a Trainer during fit(), and what it keeps for the next fit(). Used by trainer.cpp and trainer_run.cpp.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gradflow/base/state_values.hpp>
#include <gradflow/data/batches.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
/// @cond

/// How far a run has come, in addition to its history.
template <class T>
struct Trainer<T>::Progress {
  std::size_t epoch = 0;
  double loss_sum = 0;  ///< of this epoch so far: each loss times the weight of its batch
  double weight = 0;    ///< the sum of the weights of these batches
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< of the last complete epoch
  double best_loss = std::numeric_limits<double>::infinity();
  bool asked_length = false;  ///< the schedule has read the length of the run
};

/// What one fit() keeps for the next.
template <class T>
struct Trainer<T>::Kept {
  std::uint64_t network;  ///< identity of the network
  std::size_t train_samples, validation_samples;
  State batches;
  Progress progress;
  std::size_t steps;
  std::optional<std::size_t> best_epoch;
  AlignedVector<T> best_values;
  AlignedVector<T> last_values;  ///< if the best values replaced them
};

/// The state of one call of fit().
template <class T>
struct Trainer<T>::Run final : RunState<T>, Progress {
  Run(Trainer& of, const Dataset<T>& train_part, const Dataset<T>& validation_part);
  void continue_from(const Kept& kept);
  void extend_to_length(const StateVisitor& state, std::size_t saved_steps);
  void visit(StateVisitor& state) override;

  Trainer& trainer;
  const Dataset<T>&train, &validation;
  const double base_rate;
  const std::string optimizer;  ///< description at the start; later the schedule may have changed the learning rate
  const bool keeps_z;           ///< whether the network kept z before this run
  const bool keeps_best;
  Batches<T> batches;
  const std::size_t total_steps;  ///< including the steps of earlier fits
  Matrix<T> delta = {};
  std::vector<Range> ranges = {};
  std::vector<RangeNorms> norms = {};
  std::string data_checksum = {};  ///< empty until the first visit()
};

/// @endcond
}  // namespace gradflow

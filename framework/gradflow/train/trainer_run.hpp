#pragma once
// What a Trainer knows during a fit(), and what it keeps for the next one: for trainer.cpp and trainer_run.cpp.
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

/// How far a run is, beside what its history says.
template <class T>
struct Trainer<T>::Progress {
  std::size_t epoch = 0;
  double loss_sum = 0;  ///< of this epoch so far: losses, each by the weight of its batch
  double weight = 0;    ///< the sum of those weights
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< of the last epoch that is whole
  double best_loss = std::numeric_limits<double>::infinity();
  bool asked_length = false;  ///< the schedule did
};

/// What one fit() leaves for the next.
template <class T>
struct Trainer<T>::Kept {
  std::uint64_t network;  ///< its identity
  std::size_t train_samples, validation_samples;
  State batches;
  Progress progress;
  std::size_t steps;
  std::optional<std::size_t> best_epoch;
  AlignedVector<T> best_parameters;
  AlignedVector<T> last_parameters;  ///< if the best took their place
};

/// What one call of fit() knows.
template <class T>
struct Trainer<T>::Run final : RunState<T>, Progress {
  Run(Trainer& of, const Dataset<T>& train_part, const Dataset<T>& validation_part);
  void continue_from(const Kept& kept);
  void extend_to_length(const StateVisitor& state, std::size_t saved_steps);
  void visit(StateVisitor& state) override;

  Trainer& trainer;
  const Dataset<T>&train, &validation;
  const double base_rate;
  const std::string optimizer;  ///< as it was at the start: the learning rate is the schedule's to change
  const bool keeps_z;           ///< the user asked the network for it
  const bool keeps_best;
  Batches<T> batches;
  const std::size_t total_steps;  ///< with those of the fits before
  Matrix<T> delta = {};
  std::vector<Range> ranges = {};
  std::vector<RangeNorms> norms = {};
  std::string data_checksum = {};  ///< once it was asked for
};

/// @endcond
}  // namespace gradflow

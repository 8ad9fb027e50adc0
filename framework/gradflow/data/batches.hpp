#pragma once
// Batches<T>: gives a data set in batches, in a new random order every epoch.
//   while (const Dataset<float>* batch = batches.next()) { ... }
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gradflow/base/random.hpp>
#include <gradflow/base/state.hpp>
#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// How a data set becomes batches.
struct BatchOptions {
  std::size_t size = 32;   ///< samples in a batch, at least 1
  std::uint64_t seed = 0;  ///< seed of the random order
  bool shuffle = true;     ///< false: the order of the data set, every epoch
};

/// Gives a data set in batches, epoch after epoch.
template <class T>
class Batches {
 public:
  /// Keeps a reference to the data set. Throws ValueError if options.size is 0. Throws ShapeError if the data set has
  /// no samples, or if x and y have different numbers of samples.
  explicit Batches(const Dataset<T>& dataset, const BatchOptions& options = {});
  explicit Batches(Dataset<T>&&, const BatchOptions& = {}) = delete;

  /// Returns the next batch of this epoch, with `size` samples; the last batch may have fewer. Returns null at the end
  /// of the epoch; the call after that begins the next epoch. Each call overwrites the batch of the call before, and
  /// needs no new memory after the first batch.
  const Dataset<T>* next();
  /// Number of samples that next() has returned in this epoch; 0 between two epochs.
  std::size_t position() const { return position_; }
  /// Number of batches in an epoch.
  std::size_t count() const { return (order_.size() + options_.size - 1) / options_.size; }

  /// Saves or loads the random generator, the order of this epoch and the position in that order.
  void visit_state(StateVisitor& state);

 private:
  const Dataset<T>& dataset_;
  BatchOptions options_;
  Rng rng_;
  std::vector<std::size_t> order_;
  std::size_t position_ = 0;
  Dataset<T> batch_;
};

}  // namespace gradflow

#pragma once
// Batches<T>: a data set in pieces, in a new random order every epoch.
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
  std::uint64_t seed = 0;  ///< of the order
  bool shuffle = true;     ///< false: the order of the data set, every epoch
};

/// Gives a data set in batches, epoch after epoch.
template <class T>
class Batches {
 public:
  /// Keeps a reference to the data set. Throws ValueError where size is 0, ShapeError where there are no samples or x
  /// and y differ in them.
  explicit Batches(const Dataset<T>& dataset, const BatchOptions& options = {});
  explicit Batches(Dataset<T>&&, const BatchOptions& = {}) = delete;

  /// The next batch of this epoch, at most `size` samples; the last may be short. Null at the end of the epoch; the
  /// call after that begins the next one. The batch is overwritten by the next call, which allocates nothing.
  const Dataset<T>* next();
  /// Samples of this epoch that next() has given; 0 between two epochs.
  std::size_t position() const { return position_; }
  /// Batches in an epoch.
  std::size_t count() const { return (order_.size() + options_.size - 1) / options_.size; }

  /// The generator, this epoch's order and the position in it.
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

#pragma once
// Where numbers go. Observers make records; a sink puts them somewhere. A sink knows nothing of networks.
#include <cstddef>
#include <mutex>
#include <span>
#include <string_view>

#include <gradflow/base/state.hpp>

namespace gradflow {

/// One number of one step, with a histogram beside it where there is one.
struct Record {
  std::size_t step;           ///< from 0
  std::string_view quantity;  ///< "delta_norm", "weight_gradient_norm", "train_loss", ...; outlives the sink's call
  int layer;                  ///< from 0; -1: the whole network
  double value;               ///< may be infinite or NaN
  std::span<const double> bins = {};  ///< a histogram's, else empty: equal ones
  double low = 0;                     ///< the lower edge of the first bin
  double high = 0;                    ///< the upper edge of the last bin; low and high both 0: not said
};

/// Derive and override write_records. Errors are thrown by constructors only; during training a sink that writes
/// somewhere reports its first failure once and drops the rest, so that a full disk does not end a run.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Takes the records that belong together: one observer's, of one step. May be called from several threads.
  void write(std::span<const Record> records) {
    const std::lock_guard lock(mutex_);
    write_records(records);
  }
  /// Takes one record as a group of its own.
  void write(const Record& record) { write({&record, 1}); }

  /// How far it has come, for a resumed run. Several observers of one sink may each ask.
  void visit_state(StateVisitor& state) {
    const std::lock_guard lock(mutex_);
    const auto scope = state.scope("sink");
    visit_written(state);
  }

 private:
  virtual void write_records(std::span<const Record> records) = 0;
  /// Makes durable what was taken, or takes back what came after it. A sink that leaves nothing behind has no state.
  virtual void visit_written(StateVisitor&) {}

  std::mutex mutex_;
};

}  // namespace gradflow

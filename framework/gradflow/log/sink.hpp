#pragma once
// Sinks receive the numbers that observers measure, as records, and write or store them. A sink does not depend on
// networks.
#include <cstddef>
#include <mutex>
#include <span>
#include <string_view>

#include <gradflow/base/state.hpp>

namespace gradflow {

/// One number measured at one step, optionally with a histogram.
struct Record {
  std::size_t step;           ///< counted from 0
  std::string_view quantity;  ///< "delta_norm", "weight_gradient_norm", "train_loss", ...; must be valid during write()
  int layer;                  ///< counted from 0; -1: the whole network
  double value;               ///< may be infinite or NaN
  std::span<const double> bins = {};  ///< bins of equal width; empty: no histogram
  double low = 0;                     ///< the lower edge of the first bin
  double high = 0;                    ///< the upper edge of the last bin; low and high both 0: edges not given
};

/// Base class of all sinks: derive from it and override write_records(). Only constructors throw errors about files. If
/// writing fails during training, a sink reports the first failure and drops all later records, so that a full disk
/// does not end a run.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Writes a group: the records of one observer at one step. May be called from several threads.
  void write(std::span<const Record> records) {
    const std::lock_guard lock(mutex_);
    write_records(records);
  }
  /// Writes one record as a separate group.
  void write(const Record& record) { write({&record, 1}); }

  /// Saves or loads how much the sink has written, for a resumed run. Several observers of one sink may each call it.
  void visit_state(StateVisitor& state) {
    const std::lock_guard lock(mutex_);
    const auto scope = state.scope("sink");
    visit_written(state);
  }

 private:
  /// Writes one group. Calls never overlap.
  virtual void write_records(std::span<const Record> records) = 0;
  /// Saving: makes the records written so far durable. Loading: removes records that were written after the saved
  /// state. A sink without files or other lasting output has no state.
  virtual void visit_written(StateVisitor&) {}

  std::mutex mutex_;
};

}  // namespace gradflow

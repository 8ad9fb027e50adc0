#pragma once
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradflow/base/file.hpp>
#include <gradflow/io/checkpoint.hpp>

namespace gradflow {

/// When Checkpoints saves a run, what it keeps, and whether it resumes.
struct CheckpointOptions {
  double seconds = 60;     ///< from one checkpoint to the next
  std::size_t steps = 0;   ///< if not 0, this many steps in place of seconds
  std::size_t newest = 2;  ///< this many are kept
  bool resume = false;     ///< continue from the newest one that is whole; where there is none, begin
  bool extend = false;     ///< make the run longer also where its schedule depends on the length; see change()
  ModelInfo info = {};     ///< of the models that the files are
  Metadata notes = {};     ///< texts of yours: NewestCheckpoint::notes
};

/// Saves a run while it trains, in a folder of its own: at its start, at intervals, where it is interrupted, and at
/// its end. The newest files are kept, and best.safetensors, the model of the best epoch so far. A run that was resumed
/// ends with the same bytes as if it had never stopped: parameters, history, and what sinks have written that keep
/// their files.
///   Checkpoints checkpoints("runs/moons", {.resume = true});
///   trainer.watch(checkpoints).fit(train, test);
/// A run that had ended continues if the Trainer's options now ask for more steps. It ends with the bytes of one run of
/// that length, if it had ended with a whole epoch; but observers that measure a run's last step have measured both. A
/// schedule that depends on the length of the run is refused, or says what changes: see CheckpointOptions::extend.
/// Files are written by a thread of its own, while the run continues. Where one cannot be written the run continues
/// too, and failure() has the error. A state that is not finite is not saved: of a run that diverged the last good
/// checkpoint is left.
template <class T = float>
class Checkpoints final : public Observer<T> {
 public:
  /// Makes the folder, and locks it as long as this object is there. Throws std::system_error where it cannot, or where
  /// another run writes into it; ValueError for numbers that are not usable.
  explicit Checkpoints(std::string folder, CheckpointOptions options = {});
  ~Checkpoints() override;

  Needs needs(std::size_t) const override { return {.best = true}; }
  /// At the start of a run that is to resume, throws what load_checkpoint() throws, and FormatError where no checkpoint
  /// is whole. A new run throws ValueError if the folder has checkpoints, of an earlier run of this object too.
  void between_steps(RunState<T>& run) override;

  /// The newest one that is known to be whole and on the disk; empty before the first.
  const std::string& newest() const { return newest_; }
  /// Steps that the run had made then.
  std::size_t newest_step() const { return newest_step_; }
  /// Where the run was taken up; nothing where it began.
  std::optional<std::size_t> resumed_at() const { return resumed_at_; }
  /// What the options' `extend` has changed of the schedule; empty: nothing.
  const std::string& change() const { return change_; }
  /// What was wrong with newer ones than the one that the run was resumed from.
  const std::vector<std::string>& skipped() const { return skipped_; }
  /// Why the last one could not be saved; null where it was.
  std::exception_ptr failure() const { return failure_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Writing;

  void begin(RunState<T>& run);
  bool is_due(const RunState<T>& run) const;
  void start_writing(RunState<T>& run);
  void finish_writing();
  void prune();

  std::string folder_;
  CheckpointOptions options_;
  FolderLock lock_;
  std::vector<std::string> kept_;  // oldest first
  std::string newest_, change_;
  std::size_t newest_step_ = 0;
  std::optional<std::size_t> resumed_at_, best_epoch_;
  std::vector<std::string> skipped_;
  std::exception_ptr failure_;
  std::unique_ptr<Writing> writing_;  // the one under way
  std::size_t seen_step_ = 0;         // of the last one that was begun
  Clock::time_point begun_at_{};      // and when
};

extern template class Checkpoints<float>;
extern template class Checkpoints<double>;

}  // namespace gradflow

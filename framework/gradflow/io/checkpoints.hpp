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
  double seconds = 60;     ///< time between two checkpoints
  std::size_t steps = 0;   ///< if not 0: number of steps between two checkpoints, instead of seconds
  std::size_t newest = 2;  ///< number of newest checkpoints to keep, at least 1
  bool resume = false;  ///< continue from the newest undamaged checkpoint; in a folder without checkpoints, begin a run
  bool extend = false;  ///< allow a longer run even if its schedule depends on the length; see change()
  ModelInfo info = {};  ///< info of the model in each file
  Metadata notes = {};  ///< your own texts, which NewestCheckpoint::notes returns
};

/// Saves a run during training, in a separate folder: at the start, at intervals, when the run is interrupted, and at
/// the end. Keeps the newest checkpoints and best.safetensors, the model of the best epoch so far. A resumed run ends
/// with the same bytes as if it had never stopped: the parameters, the history, and the files of sinks that append.
///   Checkpoints checkpoints("runs/moons", {.resume = true});
///   trainer.watch(checkpoints).fit(train, test);
/// A finished run continues if the Trainer's options now have more steps. If the shorter run ended with a complete
/// epoch, the longer run ends with the same bytes as a single run of the new length. One exception: observers that
/// measure the last step of a run have measured the last step of the shorter run as well. A schedule that depends on
/// the length of the run causes an error, unless CheckpointOptions::extend is true; change() then describes the
/// difference. A separate thread writes the files while the run continues. If a file cannot be written, the run still
/// continues, and failure() returns the error. Parameters that are not finite are not saved: after a divergence the
/// last good checkpoint remains.
template <class T = float>
class Checkpoints final : public Observer<T> {
 public:
  /// Creates the folder if it is missing, and locks it as long as this object exists. Throws std::system_error if that
  /// fails, or if another run has locked the folder. Throws ValueError if options.seconds is negative or NaN, or
  /// options.newest is 0.
  explicit Checkpoints(std::string folder, CheckpointOptions options = {});
  ~Checkpoints() override;

  Needs needs(std::size_t) const override { return {.best = true}; }
  /// Resumes, saves, or does nothing. At the start of a resumed run, throws what load_checkpoint() throws, and
  /// FormatError if every checkpoint is damaged. At the start of a new run, throws ValueError if the folder already has
  /// checkpoints, even from an earlier run of this object.
  void between_steps(RunState<T>& run) override;

  /// Path of the newest checkpoint that is completely on the disk; empty before the first checkpoint.
  const std::string& newest() const { return newest_; }
  /// Number of steps that the run had made at the checkpoint newest().
  std::size_t newest_step() const { return newest_step_; }
  /// Number of steps that the run had made when it was resumed; empty for a new run.
  std::optional<std::size_t> resumed_at() const { return resumed_at_; }
  /// How CheckpointOptions::extend has changed the schedule; empty: no change.
  const std::string& change() const { return change_; }
  /// For each checkpoint newer than the one that the run was resumed from: why it could not be used.
  const std::vector<std::string>& skipped() const { return skipped_; }
  /// The error of the last checkpoint, if it could not be saved; otherwise null.
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
  std::unique_ptr<Writing> writing_;  // the checkpoint that is being written
  std::size_t seen_step_ = 0;         // step of the last checkpoint that was begun
  Clock::time_point begun_at_{};      // when that checkpoint was begun
};

extern template class Checkpoints<float>;
extern template class Checkpoints<double>;

}  // namespace gradflow

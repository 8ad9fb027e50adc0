#include <gradflow/io/checkpoints.hpp>

#include <filesystem>
#include <future>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/math/reduce.hpp>

namespace gradflow {
namespace {

namespace fs = std::filesystem;

const std::string& made(const std::string& folder) {
  make_folder(folder);
  return folder;
}

}  // namespace

template <class T>
struct Checkpoints<T>::Writing {
  std::size_t step;
  std::string path;
  std::future<void> written;

  bool is_done() const { return written.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
};

template <class T>
Checkpoints<T>::Checkpoints(std::string folder, CheckpointOptions options)
    : folder_(std::move(folder)), options_(std::move(options)), lock_(made(folder_)) {
  check_range("checkpoints", "seconds", options_.seconds, 0, std::numeric_limits<double>::infinity(), false);
  if (options_.newest == 0) throw ValueError({"checkpoints", "newest", "0", "at least 1", {}});
  kept_ = list_checkpoints(folder_);
}

template <class T>
Checkpoints<T>::~Checkpoints() = default;  // waits for the checkpoint that is being written

template <class T>
void Checkpoints<T>::between_steps(RunState<T>& run) {
  if (run.begins) begin(run);
  if (writing_ && writing_->is_done()) finish_writing();
  if (is_due(run)) {
    finish_writing();
    start_writing(run);
  }
  // Waits for the first checkpoint, too. Sinks write only after it is saved, so there is always a checkpoint to which a
  // resumed run can cut back the files of the sinks.
  if (run.ended || run.begins) finish_writing();
}

template <class T>
void Checkpoints<T>::begin(RunState<T>& run) {
  newest_.clear();
  change_.clear();
  resumed_at_ = best_epoch_ = std::nullopt;
  if (!kept_.empty() && !options_.resume)
    throw ValueError(
        {folder_, "the folder has checkpoints of another run", {}, {}, "set resume = true to continue that run"});
  if (kept_.empty()) return;
  NewestCheckpoint found = newest_checkpoint(folder_);
  skipped_ = std::move(found.skipped);
  if (found.path.empty() && skipped_.empty()) return;
  if (found.path.empty()) throw FormatError({folder_, "no checkpoint can be used", {}, {}, skipped_.front()});
  run.extend = options_.extend;
  load_checkpoint(found.path, run);
  change_ = run.change;
  // Newer files are damaged: prune() must neither count nor remove them.
  std::erase_if(kept_, [&](const std::string& path) { return path > found.path; });
  newest_ = std::move(found.path);
  resumed_at_ = newest_step_ = seen_step_ = run.history.steps;
  begun_at_ = Clock::now();
}

template <class T>
bool Checkpoints<T>::is_due(const RunState<T>& run) const {
  if (run.history.outcome == Outcome::diverged || run.history.outcome == Outcome::interrupted) return false;
  if (run.begins) return !resumed_at_ && run.network.is_initialized();
  if (run.ended || run.next == Next::interrupt) return true;
  if (run.history.steps == seen_step_) return false;
  if (options_.steps > 0) return run.history.steps % options_.steps == 0;
  return !writing_ && std::chrono::duration<double>(Clock::now() - begun_at_).count() >= options_.seconds;
}

template <class T>
void Checkpoints<T>::start_writing(RunState<T>& run) {
  if (!all_finite(std::as_const(run.network).values())) return;
  seen_step_ = run.history.steps;
  begun_at_ = Clock::now();
  const std::string best = best_epoch_ == run.history.best_epoch ? "" : folder_ + "/best.safetensors";
  best_epoch_ = run.history.best_epoch;
  std::string path = fmt::format("{}/step-{:012}.safetensors", folder_, run.history.steps);
  auto write = [path, best, checkpoint = Checkpoint(run, options_.info, options_.notes)] {
    if (!best.empty())
      checkpoint.write_best(best);  // first, so that every checkpoint on the disk has its best model beside it
    checkpoint.write(path);
  };
  writing_.reset(new Writing{run.history.steps, std::move(path), std::async(std::launch::async, std::move(write))});
}

template <class T>
void Checkpoints<T>::finish_writing() {
  if (!writing_) return;
  const std::unique_ptr<Writing> done = std::move(writing_);
  failure_ = nullptr;
  try {
    done->written.get();
    if (kept_.empty() || kept_.back() != done->path) kept_.push_back(done->path);
    newest_ = done->path;
    newest_step_ = done->step;
    prune();
  } catch (...) {
    failure_ = std::current_exception();
    best_epoch_.reset();  // best.safetensors may be the file that was not written: write it again
  }
}

template <class T>
void Checkpoints<T>::prune() {
  while (kept_.size() > options_.newest) {
    fs::remove(kept_.front());
    kept_.erase(kept_.begin());
  }
}

template class Checkpoints<float>;
template class Checkpoints<double>;

}  // namespace gradflow

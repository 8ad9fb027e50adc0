#pragma once
// An experiment: trains networks on one task, each from several seeds, in parallel on all cores.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradflow/gradflow.hpp>

#include <cli/rows.hpp>
#include <cli/settings.hpp>
#include <cli/task.hpp>

/// One network to train: the activation of its hidden layers, and their widths.
struct Candidate {
  std::string activation;
  std::vector<std::size_t> widths;
  std::string init = {};   ///< empty: the value of --init
  std::string label = {};  ///< shown with its progress; empty: the activation
};

/// A network to be trained from one seed.
struct Job {
  Candidate candidate;
  std::uint64_t seed;
  bool keep_rows = false;  ///< keep all measured values, for gradients.csv
};

/// The result of one run. Its name is the activation of the hidden layers, and its verdict is set.
struct RunResult : gradflow::ReportRun {
  gradflow::GradientFlow start;                       ///< gradient flow of the first step
  std::unique_ptr<GradientRows> rows;                 ///< null unless Job::keep_rows
  std::unique_ptr<EpochRows> epochs;                  ///< null unless Job::keep_rows
  std::unique_ptr<gradflow::TensorBoardSink> events;  ///< null unless Job::keep_rows and --tensorboard
  std::optional<gradflow::Model<float>> model;        ///< empty: no checkpoints, or a number is not finite
  std::string last_checkpoint;  ///< path of the newest, "FOLDER/step-000000001200.safetensors"; empty: none
  std::string change;           ///< how a run that was made longer differs from one long run; empty: no difference
  std::exception_ptr checkpoint_failure;  ///< why the last checkpoint could not be written; null if it was written
};

/// Returns the folder of a run's checkpoints: "OUTPUT/checkpoints/seed-1".
std::string checkpoint_folder(const Settings& settings, std::uint64_t seed);

/// Makes the optimiser of --optimizer and --learning-rate.
std::unique_ptr<gradflow::Optimizer<float>> make_optimizer(const Settings& settings);

using Tasks = std::map<std::uint64_t, std::shared_ptr<const Task>>;

/// Makes the task of every seed. Throws UsageError if the schedule needs a validation part and there is none.
Tasks make_tasks(const Settings& settings);

/// Where the progress of runs is shown. If display is null, no progress is shown.
struct ProgressPlace {
  gradflow::ProgressDisplay* display;
  bool lines_stay;  ///< whether the lines of finished runs stay on the display
};

/// Runs the jobs in parallel, roughly in the order of `jobs`. Calls take(position of the job, result) after each job,
/// on the thread that ran it. If the caller has an InterruptGuard and a signal arrives, only the jobs that had already
/// begun are finished and handed over.
void run_jobs(const Settings& settings, const Tasks& tasks, const std::vector<Job>& jobs, ProgressPlace progress,
              const std::function<void(std::size_t, std::unique_ptr<RunResult>)>& take);

/// Trains every candidate from every seed. Returns the results by candidate, and within a candidate by seed. If the
/// caller has an InterruptGuard and a signal arrives, returns only the results of runs that had already begun.
std::vector<std::unique_ptr<RunResult>> run_experiment(const Settings& settings,
                                                       const std::vector<Candidate>& candidates);

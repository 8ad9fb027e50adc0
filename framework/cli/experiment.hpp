#pragma once
// An experiment: networks of one task, each trained from several seeds, side by side on the cores there are.
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
  std::string init = {};   ///< empty: as --init says
  std::string label = {};  ///< of its progress; empty: the activation
};

/// A network to be trained from one seed.
struct Job {
  Candidate candidate;
  std::uint64_t seed;
  bool keep_rows = false;  ///< all that is measured, for gradients.csv
};

/// What is left of one run; its name is the activation of the hidden layers, and it has a verdict.
struct RunResult : gradflow::ReportRun {
  gradflow::GradientFlow start;                 ///< of the first step
  std::unique_ptr<GradientRows> rows;           ///< where they were asked for,
  std::unique_ptr<EpochRows> epochs;            ///< and these
  std::optional<gradflow::Model<float>> model;  ///< where the command keeps it; none of a run that ended not finite
  std::string last_checkpoint;                  ///< the newest one, "FOLDER/step-000000001200.safetensors"; empty: none
  std::string change;                           ///< what a longer run has changed; empty: nothing
  std::exception_ptr checkpoint_failure;        ///< why the last one could not be written; null where it was
};

/// Where a run's checkpoints are: "OUTPUT/checkpoints/seed-1".
std::string checkpoint_folder(const Settings& settings, std::uint64_t seed);

/// As --optimizer and --learning-rate say.
std::unique_ptr<gradflow::Optimizer<float>> make_optimizer(const Settings& settings);

using Tasks = std::map<std::uint64_t, std::shared_ptr<const Task>>;

/// The task of every seed.
Tasks make_tasks(const Settings& settings);

/// On no display where it is null.
struct ProgressPlace {
  gradflow::ProgressDisplay* display;
  bool lines_stay;  ///< those of runs that ended
};

/// Does the jobs side by side, in about this order, and hands each result over with the job's position, on the thread
/// that did it. After a signal that an InterruptGuard of the caller has taken, those that had begun are handed over.
void run_jobs(const Settings& settings, const Tasks& tasks, const std::vector<Job>& jobs, ProgressPlace progress,
              const std::function<void(std::size_t, std::unique_ptr<RunResult>)>& take);

/// The results in order: candidate by candidate, each seed after seed. After a signal that an InterruptGuard of the
/// caller has taken, those that had begun.
std::vector<std::unique_ptr<RunResult>> run_experiment(const Settings& settings,
                                                       const std::vector<Candidate>& candidates);

#pragma once
// An experiment: networks of one task, each trained from several seeds, side by side on the cores there are.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gradflow/gradflow.hpp>

#include "settings.hpp"

/// One network to train: the activation of its hidden layers, and their widths.
struct Candidate {
  std::string activation;
  std::vector<std::size_t> widths;
};

/// What is left of one run.
struct RunResult {
  std::string activation;
  std::uint64_t seed = 0;
  std::vector<std::string> layers;  ///< "64 -> 32", first to last
  gradflow::History history;
  gradflow::Evaluation train, validation;  ///< of the network as the run left it
  gradflow::GradientFlow start;            ///< of the first step
  gradflow::MemorySink gradients;          ///< every --log-every steps

  /// By the flow at the start; a run that diverged explodes.
  gradflow::Verdict verdict() const;
};

/// As --optimizer and --learning-rate say.
std::unique_ptr<gradflow::Optimizer<float>> make_optimizer(const Settings& settings);

/// The results in order: candidate by candidate, each seed after seed. After a signal that an InterruptGuard of the
/// caller has taken, those that had begun.
std::vector<std::unique_ptr<RunResult>> run_experiment(const Settings& settings,
                                                       const std::vector<Candidate>& candidates);

#pragma once
// A task: training and validation data, scaled, with a loss that suits their targets.
#include <cstdint>
#include <memory>
#include <string>

#include <gradflow/gradflow.hpp>

#include <cli/settings.hpp>

struct Task {
  gradflow::Dataset<float> train, validation;
  gradflow::LossPtr<float> loss;
  std::size_t outputs;       ///< number of network outputs that the loss needs
  gradflow::ModelInfo info;  ///< info for the models trained on this task
};

/// Reads a file once, and makes the task of any seed from its samples.
class TaskSource {
 public:
  explicit TaskSource(const Settings& settings);
  std::shared_ptr<const Task> task(std::uint64_t seed) const;

 private:
  gradflow::Split<float> parts(std::uint64_t seed) const;

  const Settings& settings_;
  gradflow::Dataset<float> loaded_;   ///< a file's samples
  std::shared_ptr<const Task> only_;  ///< the task of all seeds, if the data set has its own test part
};

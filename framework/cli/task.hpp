#pragma once
// A task: data in a training and a validation part, scaled, with a loss that suits their targets.
#include <cstdint>
#include <memory>
#include <string>

#include <gradflow/gradflow.hpp>

#include <cli/settings.hpp>

struct Task {
  gradflow::Dataset<float> train, validation;
  gradflow::LossPtr<float> loss;
  std::size_t outputs;       ///< that the loss wants of the network
  gradflow::ModelInfo info;  ///< of the models that are made of it
};

/// Reads files once, and makes the task of any seed from them.
class TaskSource {
 public:
  explicit TaskSource(const Settings& settings);
  std::shared_ptr<const Task> task(std::uint64_t seed) const;

 private:
  gradflow::Split<float> parts(std::uint64_t seed) const;

  const Settings& settings_;
  gradflow::Dataset<float> loaded_;   ///< a file's samples
  std::shared_ptr<const Task> only_;  ///< of all seeds, where the data set has a test part of its own
};

#pragma once
// Schedule: what the learning rate is multiplied by during a run.
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/base/state.hpp>

namespace gradflow {

/// How many steps a run makes. It remembers that it was asked: a schedule that asks depends on the run's length.
class RunLength {
 public:
  RunLength(std::size_t steps = 0) : steps_(steps) {}  ///< not explicit: a number of steps is a length
  /// The number of steps. Asking sets was_asked().
  std::size_t operator()() const {
    was_asked_ = true;
    return steps_;
  }
  bool was_asked() const { return was_asked_; }  ///< whether the schedule depends on the length of the run

 private:
  std::size_t steps_;
  mutable bool was_asked_ = false;
};

/// How far a run is, before a step.
struct RunProgress {
  std::size_t step = 0;                                               ///< steps made so far; a run begins at 0
  RunLength total_steps = 0;                                          ///< total_steps(): of the whole run
  std::size_t epoch = 0;                                              ///< epochs completed so far
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< of the last of them; NaN before
};

/// A factor of the learning rate, step by step. It may have a memory: use one object for each Trainer.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual std::string_view name() const = 0;  ///< "cosine"; errors begin with it
  /// "cosine(steps=1000)": what make_schedule() reads back.
  virtual std::string describe() const = 0;
  /// Asked once before every step, in order. The learning rate of the step is the optimiser's own times this. A run
  /// whose schedule asks for total_steps() cannot be made longer: its first steps would have had other rates.
  virtual double factor(const RunProgress& progress) = 0;
  /// What it remembers from step to step, if anything.
  virtual void visit_state(StateVisitor&) {}
};

/// A schedule from its policy: a struct with a name, parameters and factor(progress); where it has a memory,
/// visit_state(state) too.
template <class Policy>
class PolicySchedule : public Schedule {
 public:
  /// Throws ValueError where a parameter is outside its range.
  explicit PolicySchedule(Policy policy = {}) : policy_(policy) { check_parameters(policy_); }

  std::string_view name() const override { return Policy::name; }
  std::string describe() const override { return gradflow::describe(policy_); }
  double factor(const RunProgress& progress) override { return policy_.factor(progress); }
  void visit_state(StateVisitor& state) override {
    if constexpr (requires { policy_.visit_state(state); }) policy_.visit_state(state);
  }

 private:
  Policy policy_;
};

/// make_schedule(CosineDecay{.minimum = 0.01})
template <class Policy>
requires std::is_class_v<Policy> && requires { Policy::name; }
std::unique_ptr<Schedule> make_schedule(Policy policy) { return std::make_unique<PolicySchedule<Policy>>(policy); }

}  // namespace gradflow

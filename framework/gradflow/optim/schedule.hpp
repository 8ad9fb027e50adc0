#pragma once
// Schedule: a factor by which the learning rate is multiplied during a run.
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/base/state.hpp>

namespace gradflow {

/// The number of steps of a run. It records whether it was read: a schedule that reads it depends on the length of the
/// run.
class RunLength {
 public:
  RunLength(std::size_t steps = 0) : steps_(steps) {}  ///< not explicit, so that a number converts to a RunLength
  /// Returns the number of steps, and makes was_asked() true.
  std::size_t operator()() const {
    was_asked_ = true;
    return steps_;
  }
  bool was_asked() const { return was_asked_; }  ///< whether a schedule has read the number of steps

 private:
  std::size_t steps_;
  mutable bool was_asked_ = false;
};

/// How far a run has come, before a step.
struct RunProgress {
  std::size_t step = 0;       ///< steps made so far: 0 before the first step of a run
  RunLength total_steps = 0;  ///< total_steps() returns the number of steps of the whole run
  std::size_t epoch = 0;      ///< epochs completed so far
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< of the last completed epoch, or NaN
};

/// A factor for the learning rate of each step. A schedule may have state: use one object for each Trainer.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual std::string_view name() const = 0;  ///< "cosine"; errors begin with it
  /// Returns "cosine(steps=1000)", which make_schedule() can read.
  virtual std::string describe() const = 0;
  /// Returns the factor for the next step. Called once before every step, in order. The learning rate of the step is
  /// the optimiser's own rate times this factor. If a schedule reads total_steps(), the run cannot be made longer,
  /// because its first steps would have had other rates.
  virtual double factor(const RunProgress& progress) = 0;
  /// Saves or loads the state of the schedule, if it has any.
  virtual void visit_state(StateVisitor&) {}
};

/// A schedule made from a policy: a struct with a name, parameters and factor(progress). A policy with state also has
/// visit_state(state).
template <class Policy>
class PolicySchedule : public Schedule {
 public:
  /// Throws ValueError if a parameter is outside its range.
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

/// Returns the schedule of a policy: make_schedule(CosineDecay{.minimum = 0.01}).
template <class Policy>
requires std::is_class_v<Policy> && requires { Policy::name; }
std::unique_ptr<Schedule> make_schedule(Policy policy) { return std::make_unique<PolicySchedule<Policy>>(policy); }

}  // namespace gradflow

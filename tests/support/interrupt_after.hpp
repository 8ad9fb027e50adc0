#pragma once
#include <cstddef>

#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Interrupts a run after `number` steps, like Ctrl-C.
template <class T>
struct InterruptAfter final : Observer<T> {
  explicit InterruptAfter(std::size_t number) : steps(number) {}
  Next on_step(const Step<T>& step) override { return step.number + 1 == steps ? Next::interrupt : Next::proceed; }
  std::size_t steps;
};

}  // namespace gradflow

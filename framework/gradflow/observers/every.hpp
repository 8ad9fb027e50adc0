#pragma once
// Which steps an observer with the option `every` measures.
#include <cstddef>
#include <string>
#include <string_view>

#include <gradflow/base/errors.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow::detail {

/// Returns true for the steps 0, every, 2 * every, ..., and for the last step of a run that is not stopped early.
template <class T>
bool is_due(const Step<T>& step, std::size_t every) {
  return step.number % every == 0 || step.number + 1 == step.total;
}

/// Returns `every`. Throws ValueError if it is 0. observer: the name that begins the error.
inline std::size_t checked_every(std::string_view observer, std::size_t every) {
  if (every == 0) throw ValueError({std::string(observer), "every", "0", "at least 1", {}});
  return every;
}

}  // namespace gradflow::detail

#pragma once
// Threads that share the work of one large network. They pay where a piece of work takes far longer than waking them: a
// hundred microseconds or more. Whatever is smaller stays on the thread that asks for it.
#include <cstddef>
#include <memory>

namespace gradflow {

namespace detail {

class Team;
using PartFunction = void (*)(const void* f, std::size_t begin, std::size_t end);

/// What the calling thread shares its work with; null: none.
inline constinit thread_local Team* current_team = nullptr;

void share(Team& team, std::size_t n, std::size_t grain, PartFunction function, const void* f);

}  // namespace detail

/// While one of these lives, the thread that made it shares its large products and updates with count - 1 threads more:
///     Threads threads(2);
///     network.forward(x);
/// The last one made counts, and one of 1 says: alone. To be destroyed by the same thread, the last one first.
class Threads {
 public:
  /// Throws ValueError where count is 0, and std::system_error where the system refuses that many.
  explicit Threads(std::size_t count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  std::unique_ptr<detail::Team> team_;  ///< null: alone
  detail::Team* outer_;                 ///< what counted before
};

/// Calls f(begin, end) for parts that together are [0, n), each on a thread of its own: contiguous, as equal as
/// multiples of grain can be, and fixed by n, grain and the number of threads. Alone, or where n is below `least`, it
/// is f(0, n) on this thread. Returns when all parts are done; does not allocate. f may call in_parts, which then stays
/// on its thread; it must not throw.
template <class F>
void in_parts(std::size_t n, std::size_t grain, std::size_t least, const F& f) {
  detail::Team* const team = detail::current_team;
  if (team == nullptr || n < least) return f(std::size_t{0}, n);
  const auto call = [](const void* any, std::size_t begin, std::size_t end) {
    (*static_cast<const F*>(any))(begin, end);
  };
  detail::share(*team, n, grain, call, &f);
}

}  // namespace gradflow

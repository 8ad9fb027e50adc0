#pragma once
// Threads that share the work of one large network. They pay if a piece of work takes far longer than waking the
// threads: a hundred microseconds or more. Smaller work stays on the calling thread.
#include <cstddef>
#include <memory>

namespace gradflow {

namespace detail {

class Team;
using PartFunction = void (*)(const void* f, std::size_t begin, std::size_t end);

/// The team that the calling thread shares its work with; null if there is none.
inline constinit thread_local Team* current_team = nullptr;

void share(Team& team, std::size_t n, std::size_t grain, PartFunction function, const void* f);

}  // namespace detail

/// While a Threads object exists, the thread that made it shares its large products and updates with count - 1 other
/// threads:
///     Threads threads(2);
///     network.forward(x);
/// If a thread has made several, the newest one is used. Threads(1) means that the thread works alone. The objects must
/// be destroyed by the same thread, the newest first.
class Threads {
 public:
  /// Throws ValueError if count is 0, and std::system_error if the system cannot start this many threads.
  explicit Threads(std::size_t count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  std::unique_ptr<detail::Team> team_;  ///< null: the thread works alone
  detail::Team* outer_;                 ///< the team that was used before
};

/// Splits [0, n) into contiguous parts and calls f(begin, end) for each part, each on its own thread. The parts begin
/// at multiples of grain and are as equal as possible. They depend only on n, grain and the number of threads. Without
/// other threads, or if n is below `least`, calls f(0, n) on this thread. Returns when all parts are done. Does not
/// allocate. f must not throw. If f calls in_parts(), that call stays on its thread.
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

#pragma once
// Measures norms of gradients, parameters and updates, while an optimiser step has the numbers in the cache.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/optimizer.hpp>

namespace gradflow::detail {

/// The number of parameters in 8 KiB: numbers measured before an update are still in the cache after it. Half of this
/// size costs more calls. With twice this size, the arrays of an update no longer fit into the first-level cache.
template <class T>
inline constexpr std::size_t measured_at_once = 8192 / sizeof(T);

/// Returns the norm of all numbers, given the norms a and b of two parts. hypot handles tiny and huge norms too, but is
/// slower.
inline double norm_of_both(double a, double b) {
  const double sum = a * a + b * b;
  return sum > 1e-280 && sum < 1e280 ? std::sqrt(sum) : std::hypot(a, b);
}

/// Calls run(Range) on the range, one piece after another, and returns the norms over the whole range.
template <class T, class Run>
RangeNorms measured(std::span<const T> parameters, std::span<const T> gradients, Range range, const Run& run) {
  RangeNorms norms;
  std::array<T, measured_at_once<T>> room;
  while (range.size > 0) {
    const Range piece{range.begin, std::min(range.size, room.size())};
    const auto now = parameters.subspan(piece.begin, piece.size);
    const auto before = std::span(room).first(piece.size);
    std::copy(now.begin(), now.end(), before.begin());
    norms.parameter = norm_of_both(norms.parameter, norm(before));
    run(piece);
    std::transform(now.begin(), now.end(), before.begin(), before.begin(), [](T a, T b) { return a - b; });
    norms.update = norm_of_both(norms.update, norm(before));
    norms.gradient = norm_of_both(norms.gradient, norm(gradients.subspan(piece.begin, piece.size)));
    range = {range.begin + piece.size, range.size - piece.size};
  }
  return norms;
}

/// Calls run(Range) for all parameters, one part after another, and measures the norms that the options ask for.
template <class T, class Run>
void run_measured(std::span<const T> parameters, std::span<const T> gradients, const StepOptions& options,
                  const Run& run) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < options.ranges.size(); ++i) {
    const auto [begin, size] = options.ranges[i];
    run({done, begin - done});
    options.norms[i] = measured(parameters, gradients, {begin, size}, run);
    done = begin + size;
  }
  run({done, parameters.size() - done});
}

}  // namespace gradflow::detail

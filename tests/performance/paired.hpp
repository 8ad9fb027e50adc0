#pragma once
// Times two programs in turn, so that other work on the machine disturbs both in the same way. By default the times are
// processor time, which other programs hardly change.
#include <algorithm>
#include <cstddef>
#include <vector>

#include <time.h>

namespace performance {

struct Quartiles {
  double low, median, high;
};

/// Returns the quartiles of at least one value.
inline Quartiles quartiles(std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * double(values.size() - 1) + 0.5)];
  };
  return {at(0.25), at(0.5), at(0.75)};
}

inline double time_of(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline constexpr clockid_t processor = CLOCK_PROCESS_CPUTIME_ID, wall = CLOCK_MONOTONIC;

template <class Run>
double seconds(const Run& run, clockid_t clock = processor) {
  const double start = time_of(clock);
  run();
  return time_of(clock) - start;
}

/// Returns the quartiles of (time of `run`) / (time of `other`). Each round runs both once; the order alternates.
template <class Run, class Other>
Quartiles paired_ratio(std::size_t rounds, const Run& run, const Other& other, clockid_t clock = processor) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < rounds; ++round) {
    const double before = round % 2 == 0 ? seconds(run, clock) : 0;
    const double time_of_other = seconds(other, clock);
    ratios.push_back((round % 2 == 0 ? before : seconds(run, clock)) / time_of_other);
  }
  return quartiles(ratios);
}

}  // namespace performance

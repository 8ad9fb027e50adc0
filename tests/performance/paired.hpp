#pragma once
// Two programs timed in turn, in seconds of the processor, so that what else runs on the machine disturbs little, and
// both alike.
#include <algorithm>
#include <cstddef>
#include <vector>

#include <time.h>

namespace performance {

struct Quartiles {
  double low, median, high;
};

/// values: at least one.
inline Quartiles quartiles(std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * double(values.size() - 1) + 0.5)];
  };
  return {at(0.25), at(0.5), at(0.75)};
}

inline double processor_time() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Run>
double seconds(const Run& run) {
  const double start = processor_time();
  run();
  return processor_time() - start;
}

/// What `run` takes, over what `other` takes: both once in every round, each first in every other one.
template <class Run, class Other>
Quartiles paired_ratio(std::size_t rounds, const Run& run, const Other& other) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < rounds; ++round) {
    const double before = round % 2 == 0 ? seconds(run) : 0;
    const double time_of_other = seconds(other);
    ratios.push_back((round % 2 == 0 ? before : seconds(run)) / time_of_other);
  }
  return quartiles(ratios);
}

}  // namespace performance

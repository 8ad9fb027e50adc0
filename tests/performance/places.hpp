#pragma once
// How long a function takes at every place of its range, over what it takes at the centre. It may take longer where an
// argument, a result or a number between them is below the smallest normal one: some processors need a hundred times as
// long for an operation on such a number.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <gradflow/base/memory.hpp>

namespace performance {

/// The numbers from `from` towards `to`, which may be the same; both have one sign.
template <class T>
struct Place {
  T from = 0, to = 0;
  double nanoseconds = std::numeric_limits<double>::infinity();  ///< a number; the least that was seen
};

/// All numbers of T: by octaves, those in which functions bend by 32 parts of an octave; zeros, infinities and NaN.
template <class T>
std::vector<Place<T>> all_places() {
  using Limits = std::numeric_limits<T>;
  std::vector<Place<T>> places{{0, 0}, {Limits::infinity(), Limits::infinity()}, {0, Limits::min()}};
  for (T octave = Limits::min(); octave <= Limits::max() / 2; octave *= 2) {
    const int parts = octave >= T(0.0625) && octave < T(2048) ? 32 : 1;
    const T width = octave / static_cast<T>(parts);
    for (int i = 0; i < parts; ++i) places.push_back({octave + width * T(i), octave + width * T(i + 1)});
  }
  places.push_back({Limits::max() / 2, Limits::max()});
  for (std::size_t i = 0, n = places.size(); i < n; ++i) places.push_back({-places[i].from, -places[i].to});
  places.push_back({Limits::quiet_NaN(), Limits::quiet_NaN()});
  return places;
}

template <class T>
struct Slowest {
  Place<T> place = {}, centre = {};
  double ratio() const { return place.nanoseconds / centre.nanoseconds; }
};

/// sweep(x) goes over numbers x once; the centre is the numbers given. The least time of many rounds, each over all
/// places, so that what else runs on the machine disturbs little.
template <class T, class Sweep>
Slowest<T> slowest_place(const gradflow::AlignedVector<T>& centre, const Sweep& sweep) {
  using Clock = std::chrono::steady_clock;
  constexpr int rounds = 12, sweeps = 4;
  auto x = centre;
  const auto time = [&](Place<T>& place) {
    sweep(x);
    const auto start = Clock::now();
    for (int i = 0; i < sweeps; ++i) sweep(x);
    const std::chrono::duration<double, std::nano> taken = Clock::now() - start;
    place.nanoseconds = std::min(place.nanoseconds, taken.count() / (sweeps * static_cast<double>(x.size())));
  };
  Place<T> at_centre;
  std::vector<Place<T>> places = all_places<T>();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t p = 0; p < places.size(); ++p) {
      if (p % 64 == 0) {
        x = centre;
        time(at_centre);
      }
      Place<T>& place = places[p];
      // Infinity less infinity would be NaN.
      const T step = std::isfinite(place.to) ? (place.to - place.from) / static_cast<T>(x.size()) : 0;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = place.from + step * static_cast<T>(i);
      time(place);
    }
  }
  const auto slower = [](const Place<T>& a, const Place<T>& b) { return a.nanoseconds < b.nanoseconds; };
  return {*std::ranges::max_element(places, slower), at_centre};
}

}  // namespace performance

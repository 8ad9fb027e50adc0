#pragma once
// Compares the time of a function in each part of its range with its time at the centre. A function may be slower if an
// argument, an intermediate number or a result is subnormal: some processors need 100 times longer for an operation on
// a subnormal number.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <gradflow/base/memory.hpp>

namespace performance {

/// A part of the range: the numbers from `from` towards `to`. Both have the same sign, and may be equal.
template <class T>
struct Place {
  T from = 0, to = 0;
  double nanoseconds = std::numeric_limits<double>::infinity();  ///< per number, the smallest time measured
};

/// Divides all numbers of T into places: octaves, with zeros, infinities and NaN apart. Octaves in [1/16, 2048), where
/// functions bend, are divided into 32 parts.
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

/// Returns the slowest place, and the time at the numbers `centre`. sweep(x) evaluates the function once for each
/// number in x. Times are the smallest of many rounds, each over all places, so that other work on the machine disturbs
/// little.
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
      // Infinity minus infinity would be NaN.
      const T step = std::isfinite(place.to) ? (place.to - place.from) / static_cast<T>(x.size()) : 0;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = place.from + step * static_cast<T>(i);
      time(place);
    }
  }
  const auto slower = [](const Place<T>& a, const Place<T>& b) { return a.nanoseconds < b.nanoseconds; };
  return {*std::ranges::max_element(places, slower), at_centre};
}

}  // namespace performance

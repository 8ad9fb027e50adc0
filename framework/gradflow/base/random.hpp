#pragma once
// One generator for weights, data and the order of batches. The same seed gives the same numbers whatever the compiler,
// the standard library or the mathematics library: only integers, and + - * / of doubles, make them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gradflow {

/// xoshiro256++ (Blackman & Vigna 2019), seeded by splitmix64.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// 64 random bits.
  std::uint64_t next();
  /// A whole number in [0, n), each equally likely (Lemire 2019); n > 0.
  std::uint64_t below(std::uint64_t n);
  /// [0, 1), 53 bits.
  double uniform();
  /// [low, high)
  double uniform(double low, double high);
  /// Standard normal: ratio of uniforms (Kinderman & Monahan 1977).
  double normal();
  /// Puts the elements into a random order, each of the orders equally likely (Fisher & Yates).
  void shuffle(std::span<std::size_t> order);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace gradflow

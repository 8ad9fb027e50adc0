#pragma once
// The random generator for weights, data and the order of batches. The same seed gives the same numbers with every
// compiler and standard library, because the generator uses only integers and + - * / of doubles. (normal() also uses a
// logarithm, but only to accept or reject a draw.)
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <gradflow/base/state.hpp>

namespace gradflow {

/// Returns 64 bits that depend on both numbers, as if they were random (splitmix64: Steele, Lea & Flood 2014). For a
/// fixed seed, different numbers give different results.
constexpr std::uint64_t mixed(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t z = seed + 0x9e3779b97f4a7c15 * (number + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// xoshiro256++ (Blackman & Vigna 2019), seeded by splitmix64.
class Rng {
 public:
  /// purpose: "weights", "split", ... Generators with the same seed and different purposes are independent of each
  /// other. Without a purpose, a toy data set and its split would use the same random numbers if they have the same
  /// seed.
  explicit Rng(std::uint64_t seed, std::string_view purpose = {});

  /// Returns 64 random bits.
  std::uint64_t next();
  /// Returns a whole number in [0, n), each equally likely (Lemire 2019). n must be above 0.
  std::uint64_t below(std::uint64_t n);
  /// Returns a number in [0, 1), with 53 random bits.
  double uniform();
  /// Returns a number in [low, high).
  double uniform(double low, double high);
  /// Returns a standard normal number, by the ratio of uniforms (Kinderman & Monahan 1977).
  double normal();
  /// Puts the elements into a random order. All orders are equally likely (Fisher & Yates).
  void shuffle(std::span<std::size_t> order);

  /// Saves or loads the generator's 256 bits.
  void visit_state(StateVisitor& state) { state.numbers("generator", std::span(state_)); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace gradflow

#pragma once
// One generator for weights, data and the order of batches. The same seed gives the same numbers whatever the compiler
// or the standard library: integers and + - * / of doubles make them. (normal() asks a logarithm, but only to accept or
// refuse.)
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <gradflow/base/state.hpp>

namespace gradflow {

/// xoshiro256++ (Blackman & Vigna 2019), seeded by splitmix64.
class Rng {
 public:
  /// purpose: "weights", "split", ... Streams of one seed and different purposes have nothing to do with each other;
  /// were they one stream, points and split of one seed would fall into the same order.
  explicit Rng(std::uint64_t seed, std::string_view purpose = {});

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

  /// The generator's 256 bits.
  void visit_state(StateVisitor& state) { state.numbers("generator", std::span(state_)); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace gradflow

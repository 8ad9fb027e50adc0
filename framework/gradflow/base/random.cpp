#include <gradflow/base/random.hpp>

#include <bit>
#include <cmath>
#include <tuple>
#include <utility>

namespace gradflow {
namespace {

/// Returns the text's FNV-1a hash (Fowler, Noll & Vo).
std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// Returns the high and the low half of a 64 x 64 bit product. ISO C++ has no 128-bit type that would hold it.
std::pair<std::uint64_t, std::uint64_t> wide_product(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  const std::uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
  const std::uint64_t carry = a0 * b1 + (middle & 0xffffffff);
  return {a1 * b1 + (middle >> 32) + (carry >> 32), a * b};
}

}  // namespace

Rng::Rng(std::uint64_t seed, std::string_view purpose) {
  if (!purpose.empty()) seed += fnv1a(purpose);
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] = mixed(seed, i);
}

std::uint64_t Rng::next() {
  auto& [a, b, c, d] = state_;
  const std::uint64_t result = std::rotl(a + d, 23) + a;
  const std::uint64_t t = b << 17;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= t;
  d = std::rotl(d, 45);
  return result;
}

std::uint64_t Rng::below(std::uint64_t n) {
  auto [high, low] = wide_product(next(), n);
  // Rejects lower halves below 2^64 mod n: they would make some numbers more likely than others.
  const std::uint64_t unfair = (0 - n) % n;
  while (low < unfair) std::tie(high, low) = wide_product(next(), n);
  return high;
}

double Rng::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Rng::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Rng::normal() {
  // (u, v) is uniform over the box around the region u <= exp(-(v/u)^2 / 4). Inside this region v/u is normal. The
  // logarithm only decides whether a draw is accepted, so its last bit changes a result at most once in 10^16 draws.
  constexpr double half_height = 0.8577638849607068;  // sqrt(2/e)
  for (;;) {
    const double u = 1 - uniform();
    const double v = uniform(-half_height, half_height);
    if (v * v <= -4 * u * u * std::log(u)) return v / u;
  }
}

void Rng::shuffle(std::span<std::size_t> order) {
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[below(left)]);
}

}  // namespace gradflow

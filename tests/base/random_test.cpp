#include <gradflow/base/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

struct FirstEight {
  std::uint64_t seed;
  std::array<std::uint64_t, 8> next;
  std::array<double, 8> uniform, normal;
};

// The numbers are the same with g++ and clang++, at -O0 and at -O3.
const FirstEight first_eight[] = {
    {0,
     {0x53175d61490b23df, 0x61da6f3dc380d507, 0x5c0fdf91ec9a7bfc, 0x02eebf8c3bbe5e1a, 0x7eca04ebaf4a5eea,
      0x0543c37757f08d9a, 0xdb7490c75ab5026e, 0xd87343e6464bc959},
     {0x1.4c5d7585242c8p-2, 0x1.8769bcf70e034p-2, 0x1.703f7e47b269ep-2, 0x1.775fc61ddf2cp-7, 0x1.fb2813aebd296p-2,
      0x1.50f0ddd5fc22p-6, 0x1.b6e9218eb56ap-1, 0x1.b0e687cc8c979p-1},
     {-0x1.324821c4a78fap-2, -0x1.4f0b54c3d1c46p+0, -0x1.a12a511a023cap+0, -0x1.092f6cbd386dp+0, -0x1.1602f7e2c245bp+0,
      -0x1.76c6868406448p-3, -0x1.c4c08df36e5a5p+0, -0x1.f9e7edf77ed05p-3}},
    {1,
     {0xcfc5d07f6f03c29b, 0xbf424132963fe08d, 0x19a37d5757aaf520, 0xbf08119f05cd56d6, 0x2f47184b86186fa4,
      0x97299fcae7202345, 0xfca3c79508f41507, 0x85fea5c90363f221},
     {0x1.9f8ba0fede078p-1, 0x1.7e8482652c7fcp-1, 0x1.9a37d5757aafp-4, 0x1.7e10233e0b9aap-1, 0x1.7a38c25c30c34p-3,
      0x1.2e533f95ce404p-1, 0x1.f9478f2a11e82p-1, 0x1.0bfd4b9206c7ep-1},
     {0x1.20075e3a89103p+1, 0x1.e0ab2f190a0ap-2, 0x1.85e4c1d65d0bcp-3, 0x1.87bf753b3a826p+1, -0x1.8f4d9d1675c71p-3,
      -0x1.adee63fa75721p-4, 0x1.5ec7f57bc171ap-1, -0x1.69639103f56dcp-3}}};

TEST(Rng, TheSameSeedGivesTheSameNumbersOnEveryCompiler) {
  for (const FirstEight& expected : first_eight) {
    Rng bits(expected.seed), uniform(expected.seed), normal(expected.seed);
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(bits.next(), expected.next[i]) << expected.seed << ' ' << i;
      EXPECT_EQ(uniform.uniform(), expected.uniform[i]) << expected.seed << ' ' << i;
      EXPECT_EQ(normal.normal(), expected.normal[i]) << expected.seed << ' ' << i;
    }
  }
}

struct Moments {
  double mean = 0, variance = 0;
};

template <class Draw>
Moments moments(Draw draw, int n) {
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  return {sum / n, squares / n - (sum / n) * (sum / n)};
}

constexpr int samples = 400000;

TEST(Rng, PurposesOfOneSeedHaveStreamsOfTheirOwn) {
  EXPECT_EQ(Rng(1, "split").next(), Rng(1, "split").next());
  EXPECT_NE(Rng(1, "split").next(), Rng(1, "weights").next());
  EXPECT_NE(Rng(1, "split").next(), Rng(2, "split").next());
  EXPECT_EQ(Rng(1, "").next(), Rng(1).next());
}

TEST(Rng, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(7);
  const auto [mean, variance] = moments([&] { return rng.normal(); }, samples);
  EXPECT_LT(std::abs(mean), 4 / std::sqrt(samples));
  EXPECT_LT(std::abs(variance - 1), 4 * std::sqrt(2.0 / samples));
}

TEST(Rng, NormalHasTheTailsOfTheNormalDistribution) {
  Rng rng(8);
  std::array<int, 4> beyond{};
  for (int i = 0; i < samples; ++i) {
    const double x = rng.normal();
    for (std::size_t k = 0; k < beyond.size(); ++k) beyond[k] += x > static_cast<double>(k);
  }
  for (std::size_t k = 0; k < beyond.size(); ++k) {
    const double p = std::erfc(static_cast<double>(k) / std::sqrt(2.0)) / 2;
    EXPECT_LT(std::abs(beyond[k] - samples * p), 4 * std::sqrt(samples * p * (1 - p))) << k;
  }
}

TEST(Rng, UniformIsInItsIntervalWithItsMeanAndVariance) {
  Rng rng(9);
  const auto draw = [&] {
    const double x = rng.uniform(-2, 4);
    EXPECT_TRUE(x >= -2 && x < 4);
    return x;
  };
  const auto [mean, variance] = moments(draw, samples);
  EXPECT_LT(std::abs(mean - 1), 4 * std::sqrt(3.0 / samples));
  // The fourth central moment of a uniform variable is 9/5 of its squared variance. Here the variance is 3.
  EXPECT_LT(std::abs(variance - 3), 4 * std::sqrt((9.0 / 5 - 1) * 9 / samples));
}

TEST(Rng, BelowGivesEveryNumberEquallyOften) {
  Rng rng(10);
  for (const std::uint64_t n : {1u, 2u, 3u, 5u, 7u, 10u}) {
    constexpr int draws = 60000;
    std::vector<int> counts(n);
    for (int i = 0; i < draws; ++i) ++counts.at(rng.below(n));
    const double p = 1 / static_cast<double>(n);
    for (const int count : counts) EXPECT_LE(std::abs(count - draws * p), 4 * std::sqrt(draws * p * (1 - p))) << n;
  }
}

TEST(Rng, BelowIsFairWhereTheWordIsNotAMultiple) {
  // n is 3/4 of 2^64: four words share three numbers. Without rejection, every third number would be drawn twice as
  // often.
  Rng rng(11);
  constexpr std::uint64_t n = 3ull << 62;
  constexpr int draws = 30000;
  std::array<int, 3> thirds{};
  for (int i = 0; i < draws; ++i) ++thirds.at(rng.below(n) % 3);
  for (const int count : thirds) EXPECT_LT(std::abs(count - draws / 3), 4 * std::sqrt(draws * 2.0 / 9));
}

TEST(Rng, ShuffleKeepsEveryElement) {
  Rng rng(12);
  for (std::size_t n = 0; n < 40; ++n) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto before = order;
    rng.shuffle(order);
    EXPECT_TRUE(std::is_permutation(order.begin(), order.end(), before.begin()));
  }
}

TEST(Rng, ShuffleGivesEveryOrderEquallyOften) {
  Rng rng(13);
  constexpr int draws = 60000;
  std::map<std::vector<std::size_t>, int> counts;
  for (int i = 0; i < draws; ++i) {
    std::vector<std::size_t> order{0, 1, 2};
    rng.shuffle(order);
    ++counts[order];
  }
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_LT(std::abs(count - draws / 6), 4 * std::sqrt(draws * 5.0 / 36));
}

}  // namespace
}  // namespace gradflow

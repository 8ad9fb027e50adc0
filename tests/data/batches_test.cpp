#include <gradflow/data/batches.hpp>
#include <gradflow/data/toy.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>

#include <support/errors.hpp>

namespace gradflow {
namespace {

template <class T>
class BatchesTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(BatchesTest, Numbers);

/// Returns n samples. Sample i has x = (i, -i) and y = 10 i.
template <class T>
Dataset<T> numbered(std::size_t n) {
  Dataset<T> dataset{zeros<T>(n, 2), zeros<T>(n, 1), {}, {}};
  for (std::size_t i = 0; i < n; ++i) {
    dataset.x(i, 0) = static_cast<T>(i);
    dataset.x(i, 1) = -static_cast<T>(i);
    dataset.y(i, 0) = static_cast<T>(10 * i);
  }
  return dataset;
}

struct EpochOrder {
  std::vector<std::size_t> order, sizes;
};

template <class T>
EpochOrder one_epoch(Batches<T>& batches) {
  EpochOrder epoch;
  while (const Dataset<T>* batch = batches.next()) {
    epoch.sizes.push_back(samples(*batch));
    if (epoch.sizes.size() > 1000) return ADD_FAILURE() << "the epoch does not end", epoch;
    for (std::size_t i = 0; i < samples(*batch); ++i) {
      EXPECT_EQ(batch->y(i, 0), 10 * batch->x(i, 0));
      EXPECT_EQ(batch->x(i, 1), -batch->x(i, 0));
      epoch.order.push_back(static_cast<std::size_t>(batch->x(i, 0)));
    }
  }
  return epoch;
}

std::vector<std::size_t> ascending(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

TEST(BatchesOfToys, FirstEpochMixesTheClassesWithTheSeedOfTheToyToo) {
  const Dataset<float> data = moons({.samples = 1000, .seed = 1});
  Batches<float> batches(data, {.size = 100, .seed = 1});
  while (const Dataset<float>* batch = batches.next()) {
    float ones = 0;
    for (std::size_t i = 0; i < samples(*batch); ++i) ones += batch->y(i, 0);
    EXPECT_GT(ones, 20);
    EXPECT_LT(ones, 80);
  }
}

TYPED_TEST(BatchesTest, EverySampleComesExactlyOnceAnEpochAndTheShortBatchIsKept) {
  const auto data = numbered<TypeParam>(10);
  Batches<TypeParam> batches(data, {.size = 4, .seed = 1});
  EXPECT_EQ(batches.count(), 3u);
  for (int e = 0; e < 5; ++e) {
    EpochOrder epoch = one_epoch(batches);
    EXPECT_EQ(epoch.sizes, (std::vector<std::size_t>{4, 4, 2}));
    std::ranges::sort(epoch.order);
    EXPECT_EQ(epoch.order, ascending(10));
  }
}

TYPED_TEST(BatchesTest, EveryEpochHasAnotherOrder) {
  const auto data = numbered<TypeParam>(100);
  Batches<TypeParam> batches(data, {.size = 32, .seed = 1});
  std::vector<std::vector<std::size_t>> orders{ascending(100)};
  for (int e = 0; e < 10; ++e) {
    orders.push_back(one_epoch(batches).order);
    EXPECT_EQ(std::ranges::count(orders, orders.back()), 1) << "epoch " << e;
  }
}

TYPED_TEST(BatchesTest, TheSameSeedGivesTheSameOrdersAndAnotherSeedOthers) {
  const auto data = numbered<TypeParam>(50);
  Batches<TypeParam> a(data, {.size = 8, .seed = 7}), b(data, {.size = 8, .seed = 7}), c(data, {.size = 8, .seed = 8});
  for (int e = 0; e < 3; ++e) {
    const auto order = one_epoch(a).order;
    EXPECT_EQ(order, one_epoch(b).order);
    EXPECT_NE(order, one_epoch(c).order);
  }
}

TYPED_TEST(BatchesTest, WithoutShuffleTheOrderIsThatOfTheDataEveryEpoch) {
  const auto data = numbered<TypeParam>(10);
  Batches<TypeParam> batches(data, {.size = 3, .shuffle = false});
  for (int e = 0; e < 3; ++e) EXPECT_EQ(one_epoch(batches).order, ascending(10));
}

TYPED_TEST(BatchesTest, TheLastBatchIsWholeWhereTheSizeDividesAndOneBatchHoldsAllWhereItIsLarger) {
  const auto data = numbered<TypeParam>(12);
  Batches<TypeParam> three(data, {.size = 4}), one(data, {.size = 100}), twelve(data, {.size = 1});
  EXPECT_EQ(one_epoch(three).sizes, (std::vector<std::size_t>{4, 4, 4}));
  EXPECT_EQ(three.count(), 3u);
  EXPECT_EQ(one_epoch(one).sizes, (std::vector<std::size_t>{12}));
  EXPECT_EQ(one.count(), 1u);
  EXPECT_EQ(one_epoch(twelve).sizes, std::vector<std::size_t>(12, 1));
  EXPECT_EQ(twelve.count(), 12u);
}

TYPED_TEST(BatchesTest, SamplesArriveWholeHoweverWideTheyAreAndHoweverManyAreInABatch) {
  using T = TypeParam;
  for (const std::size_t width : {1u, 31u, 32u, 33u, 64u, 65u, 300u}) {
    auto data = numbered<T>(20);
    data.x = zeros<T>(20, width);
    for (std::size_t i = 0; i < data.x.size(); ++i) data.x.data()[i] = static_cast<T>(i);
    for (const std::size_t size : {1u, 7u, 8u, 9u, 20u}) {
      Batches<T> batches(data, {.size = size, .seed = 3});
      while (const Dataset<T>* batch = batches.next())
        for (std::size_t i = 0; i < samples(*batch); ++i) {
          const auto sample = row(data.x, static_cast<std::size_t>(batch->y(i, 0)) / 10);
          EXPECT_TRUE(std::ranges::equal(row(batch->x, i), sample)) << "width " << width << ", size " << size;
        }
    }
  }
}

TYPED_TEST(BatchesTest, RefuseASizeOfZeroAndNoSamples) {
  const auto data = numbered<TypeParam>(3), none = numbered<TypeParam>(0);
  EXPECT_EQ(message_of<ValueError>([&] { Batches<TypeParam>(data, {.size = 0}); }),
            "batches: size: got 0, expected at least 1");
  EXPECT_EQ(message_of<ShapeError>([&] { Batches<TypeParam>{none}; }),
            "batches: x: got [0, 2], expected [1, 2], at least one row");
}

}  // namespace
}  // namespace gradflow

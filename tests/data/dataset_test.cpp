#include <gradflow/data/dataset.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/batches.hpp>
#include <gradflow/data/csv.hpp>
#include <gradflow/data/toy.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

/// Returns n samples. Sample i has the features 10 i and 10 i + 1, and the class i mod classes. classes = 0:
/// regression.
template <class T>
Dataset<T> counted(std::size_t n, std::size_t classes) {
  Dataset<T> data{zeros<T>(n, 2), zeros<T>(n, 1), {"a", "b"}, std::vector<std::string>(classes, "c")};
  for (std::size_t i = 0; i < n; ++i) {
    data.x(i, 0) = static_cast<T>(10 * i);
    data.x(i, 1) = static_cast<T>(10 * i + 1);
    data.y(i, 0) = static_cast<T>(classes ? i % classes : i);
  }
  return data;
}

template <class T>
std::vector<double> class_counts(const Dataset<T>& data) {
  std::vector<double> counts(classes(data));
  for (const T y : flat(data.y)) ++counts[static_cast<std::size_t>(y)];
  return counts;
}

template <class T>
class DatasetOf : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(DatasetOf, Numbers);

TYPED_TEST(DatasetOf, KnowsItsSizes) {
  const auto data = counted<TypeParam>(7, 3);
  EXPECT_EQ(samples(data), 7u);
  EXPECT_EQ(features(data), 2u);
  EXPECT_EQ(classes(data), 3u);
  EXPECT_TRUE(is_classification(data));
  EXPECT_FALSE(is_classification(counted<TypeParam>(7, 0)));
}

TYPED_TEST(DatasetOf, SplitsIntoTwoPartsThatMakeTheWhole) {
  for (const std::size_t classes : {0u, 3u}) {
    const auto [train, test] = split(counted<TypeParam>(101, classes), {.fraction = 0.8, .seed = 5});
    EXPECT_EQ(samples(train), 81u);
    EXPECT_EQ(samples(test), 20u);
    EXPECT_EQ(train.feature_names, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(test.feature_names, train.feature_names);
    EXPECT_EQ(test.class_names.size(), classes);
    std::set<TypeParam> seen;
    for (const auto* part : {&train, &test}) {
      for (std::size_t i = 0; i < samples(*part); ++i) {
        const auto number = static_cast<std::size_t>(part->x(i, 0)) / 10;
        EXPECT_EQ(part->x(i, 1), part->x(i, 0) + 1);
        EXPECT_EQ(part->y(i, 0), static_cast<TypeParam>(classes ? number % classes : number));
        seen.insert(part->x(i, 0));
      }
    }
    EXPECT_EQ(seen.size(), 101u);
  }
}

TYPED_TEST(DatasetOf, GivesBothPartsTheirShareOfEachClass) {
  for (const char* name : {"iris", "wine", "breast_cancer", "digits"}) {
    const auto whole = load_csv<TypeParam>(std::string(GRADFLOW_DATASETS "/") + name + ".csv");
    for (const double fraction : {0.1, 0.5, 0.7, 0.8, 0.99}) {
      const auto [train, test] = split(whole, {.fraction = fraction, .seed = 1});
      EXPECT_EQ(samples(train), std::llround(fraction * static_cast<double>(samples(whole)))) << name << fraction;
      EXPECT_EQ(samples(train) + samples(test), samples(whole));
      const auto of_whole = class_counts(whole), of_train = class_counts(train);
      for (std::size_t c = 0; c < classes(whole); ++c)
        EXPECT_LT(std::abs(of_train[c] - fraction * of_whole[c]), 1) << name << fraction << " class " << c;
    }
  }
}

TYPED_TEST(DatasetOf, SplitsInAnOrderThatTheSeedDecides) {
  const auto whole = counted<TypeParam>(100, 2);
  const auto a = split(whole, {.seed = 1}), again = split(whole, {.seed = 1}), b = split(whole, {.seed = 2});
  EXPECT_TRUE(std::ranges::equal(flat(a.train.x), flat(again.train.x)));
  EXPECT_FALSE(std::ranges::equal(flat(a.train.x), flat(b.train.x)));
  EXPECT_FALSE(std::ranges::is_sorted(flat(a.train.y)));
  EXPECT_FALSE(std::ranges::is_sorted(flat(a.test.y)));
}

TYPED_TEST(DatasetOf, LeavesAnEmptyPartItsColumns) {
  const auto all = split(counted<TypeParam>(10, 2), {.fraction = 1});
  EXPECT_EQ(samples(all.train), 10u);
  EXPECT_EQ(rows(all.test.x), 0u);
  EXPECT_EQ(columns(all.test.x), 2u);
  EXPECT_EQ(columns(all.test.y), 1u);
  EXPECT_EQ(classes(all.test), 2u);
  const auto none = split(counted<TypeParam>(10, 2), {.fraction = 0});
  EXPECT_EQ(samples(none.train), 0u);
  EXPECT_EQ(samples(none.test), 10u);
}

TYPED_TEST(DatasetOf, RefusesToSplitWhatCannotBe) {
  const auto message = [](const Dataset<TypeParam>& data, double fraction) {
    return message_of<std::invalid_argument>([&] { split(data, {.fraction = fraction}); });
  };
  auto data = counted<TypeParam>(4, 2);
  EXPECT_EQ(message(data, 1.5), "split: fraction: got 1.5, expected a number in [0, 1]");
  EXPECT_EQ(message(data, -0.1), "split: fraction: got -0.1, expected a number in [0, 1]");
  EXPECT_EQ(message(data, NAN), "split: fraction: got nan, expected a number in [0, 1]");
  data.y(2, 0) = TypeParam(0.5);
  EXPECT_EQ(message(data, 0.5), "split: class of sample 2: got 0.5, expected a whole number in [0, 2)");
  data.y(2, 0) = 2;
  EXPECT_EQ(message(data, 0.5), "split: class of sample 2: got 2, expected a whole number in [0, 2)");
  data.y = zeros<TypeParam>(4, 2);
  EXPECT_EQ(message(data, 0.5),
            "split: y: got [4, 2], expected [4, 1], one column of class indices; call one_hot() after split()");
  data.y = zeros<TypeParam>(3, 1);
  EXPECT_EQ(message(data, 0.5), "split: y: got [3, 1], expected [4, 1], a row for each row of x");
}

TYPED_TEST(DatasetOf, GathersSamplesInTheOrderOfTheIndices) {
  const auto data = counted<TypeParam>(10, 0);
  Dataset<TypeParam> batch;
  const std::vector<std::size_t> indices{7, 0, 7};
  gather<TypeParam>(data, indices, batch);
  EXPECT_EQ(std::vector<TypeParam>(batch.x.begin(), batch.x.end()), (std::vector<TypeParam>{70, 71, 0, 1, 70, 71}));
  EXPECT_EQ(std::vector<TypeParam>(batch.y.begin(), batch.y.end()), (std::vector<TypeParam>{7, 0, 7}));
}

TYPED_TEST(DatasetOf, GathersRowsOfAnyWidth) {
  const std::vector<std::size_t> indices{3, 0, 11, 3, 5, 7, 2, 9, 10, 1, 8};
  for (const std::size_t width : std::vector<std::size_t>{1, 8, 9, 63, 64, 65, 200}) {
    Dataset<TypeParam> data{zeros<TypeParam>(12, width), zeros<TypeParam>(12, 1), {}, {}}, batch;
    std::iota(data.x.begin(), data.x.end(), TypeParam(0));
    gather<TypeParam>(data, indices, batch);
    for (std::size_t i = 0; i < indices.size(); ++i)
      for (std::size_t j = 0; j < width; ++j)
        ASSERT_EQ(batch.x(i, j), data.x(indices[i], j)) << width << ": " << i << ", " << j;
  }
}

TYPED_TEST(DatasetOf, GathersAShortBatchAndAFullOneAgainInTheSameMemory) {
  const auto data = counted<TypeParam>(10, 2);
  Dataset<TypeParam> batch;
  const std::vector<std::size_t> indices{9, 8, 7, 6, 5};
  gather<TypeParam>(data, indices, batch);
  const TypeParam* const memory = batch.x.data();
  gather<TypeParam>(data, std::span(indices).first(2), batch);
  EXPECT_EQ(rows(batch.x), 2u);
  gather<TypeParam>(data, indices, batch);
  EXPECT_EQ(batch.x.data(), memory);
  EXPECT_EQ(batch.x(4, 0), 50);
}

TYPED_TEST(DatasetOf, RefusesToGatherASampleThatIsNotThere) {
  auto data = counted<TypeParam>(10, 2);
  Dataset<TypeParam> batch;
  const std::vector<std::size_t> indices{3, 10};
  EXPECT_EQ(message_of<ValueError>([&] { gather<TypeParam>(data, indices, batch); }),
            "gather: index: got 10, expected less than 10, the number of samples");
  EXPECT_THROW(gather<TypeParam>(data, std::span(indices).first(1), data), ValueError);
}

TYPED_TEST(DatasetOf, TurnsClassesIntoOneHotRows) {
  const auto hot = one_hot(counted<TypeParam>(5, 3).y, 3);
  ASSERT_EQ(columns(hot), 3u);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(hot(i, c), i % 3 == c ? 1 : 0);
  EXPECT_EQ(message_of<ValueError>([] { one_hot(counted<TypeParam>(5, 3).y, 2); }),
            "one_hot: class of sample 2: got 2, expected a whole number in [0, 2)");
  EXPECT_THROW(one_hot(hot, 3), ShapeError);
}

TYPED_TEST(DatasetOf, NamesTheNumberThatIsNotFinite) {
  auto data = counted<TypeParam>(5, 2);
  EXPECT_NO_THROW(require_finite(data, "training"));
  data.x(3, 1) = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_EQ(message_of<ValueError>([&] { require_finite(data, "training"); }),
            "training: sample 3, feature 'b': got nan, expected a finite number");
  data.feature_names.clear();
  data.x(3, 1) = std::numeric_limits<TypeParam>::infinity();
  EXPECT_EQ(message_of<ValueError>([&] { require_finite(data, "training"); }),
            "training: sample 3, feature 1: got inf, expected a finite number");
  data.x(3, 1) = 0;
  data.y(4, 0) = -std::numeric_limits<TypeParam>::infinity();
  EXPECT_EQ(message_of<ValueError>([&] { require_finite(data, "training"); }),
            "training: sample 4, target 0: got -inf, expected a finite number");
}

TYPED_TEST(DatasetOf, KeepsEachWeightWithItsSample) {
  using T = TypeParam;
  Dataset<T> data{zeros<T>(40, 1), zeros<T>(40, 1), {}, {}};
  for (std::size_t i = 0; i < 40; ++i) {
    data.x(i, 0) = static_cast<T>(i);
    data.weights.push_back(static_cast<T>(i) / 8);
  }
  const auto expect_kept = [](const Dataset<T>& part) {
    ASSERT_EQ(part.weights.size(), samples(part));
    for (std::size_t i = 0; i < samples(part); ++i) EXPECT_EQ(part.weights[i], part.x(i, 0) / 8);
  };
  const auto [train, test] = split(data, {.fraction = 0.7, .seed = 3});
  expect_kept(train);
  expect_kept(test);
  Batches<T> batches(data, {.size = 12, .seed = 1});
  while (const Dataset<T>* batch = batches.next()) expect_kept(*batch);

  Dataset<T> into = data;
  data.weights.clear();
  gather(data, std::vector<std::size_t>{1, 2}, into);
  EXPECT_TRUE(into.weights.empty());
}

TYPED_TEST(DatasetOf, HasAChecksumOfItsWeightsToo) {
  Dataset<TypeParam> data = counted<TypeParam>(6, 3);
  const std::string without = checksum(data);
  data.weights.assign(samples(data), 1);
  EXPECT_NE(checksum(data), without);
}

TYPED_TEST(DatasetOf, RefusesWeightsThatAreNone) {
  using T = TypeParam;
  Dataset<T> data{zeros<T>(3, 1), zeros<T>(3, 1), {}, {}};
  const auto says = [&](std::vector<T> weights) {
    data.weights = std::move(weights);
    return message_of<std::invalid_argument>([&] { require_finite(data, "data"); });
  };
  EXPECT_EQ(says({1, 2}), "data: weights: got 2 numbers, expected 3, one for each sample");
  EXPECT_EQ(says({1, -2, 1}), "data: weight of sample 1: got -2, expected a finite number of at least 0");
  EXPECT_EQ(says({1, 1, std::numeric_limits<T>::infinity()}),
            "data: weight of sample 2: got inf, expected a finite number of at least 0");
  EXPECT_EQ(says({0, 0, 0}), "data: weights: got 0 for all samples, expected at least one weight above 0");
}

TYPED_TEST(DatasetOf, HasLabelsThatSplitTakes) {
  using T = TypeParam;
  Dataset<T> data{zeros<T>(10, 1), zeros<T>(10, 3), {}, {}};
  data.label_names = {"red", "round", "ripe"};
  const auto [train, test] = split(data, {.fraction = 0.7});
  EXPECT_EQ(samples(train), 7u);
  EXPECT_EQ(test.label_names, data.label_names);
}

// The 569 samples are 212 malignant and 357 benign ones.
TYPED_TEST(DatasetOf, HasWeightsWithWhichItsClassesCountAlike) {
  using T = TypeParam;
  const auto data = load_csv<T>(GRADFLOW_DATASETS "/breast_cancer.csv");
  const std::vector<T> weights = class_weights(data);
  double of_class[2] = {};
  for (std::size_t i = 0; i < samples(data); ++i) {
    const auto c = static_cast<std::size_t>(data.y(i, 0));
    of_class[c] += static_cast<double>(weights[i]);
    EXPECT_EQ(weights[i], static_cast<T>(569.0 / 2 / (c == 0 ? 212 : 357)));
  }
  EXPECT_NEAR(of_class[0], 284.5, 1e-4);
  EXPECT_NEAR(of_class[1], 284.5, 1e-4);

  Dataset<T> unnamed{zeros<T>(4, 1), zeros<T>(4, 1), {}, {}};
  unnamed.y(3, 0) = 7;
  EXPECT_EQ(class_weights(unnamed), (std::vector<T>{T(2.0 / 3), T(2.0 / 3), T(2.0 / 3), 2}));
  unnamed.y(0, 0) = T(0.5);
  EXPECT_THROW(class_weights(unnamed), ValueError);
  EXPECT_THROW(class_weights(Dataset<T>{zeros<T>(4, 1), zeros<T>(4, 2), {}, {}}), ShapeError);
}

TEST(Split, IsRandomWithTheSeedOfTheToyToo) {
  const auto [train, test] = split(moons<double>({.samples = 400, .noise = 0, .seed = 1}), {.seed = 1});
  // The mean x of the first class in the test part. Its x runs along an arc from 1 to -1. moons() and split() both
  // shuffle with seed 1. If both used the same order, the test part would be the end of the arc, and the mean near -1.
  double mean = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < samples(test); ++i)
    if (test.y(i, 0) == 0) mean += test.x(i, 0), ++count;
  EXPECT_LT(std::abs(mean / static_cast<double>(count)), 0.5);
}

TEST(Shuffled, HasEachNumberOnceInAnOrderOfTheSeed) {
  Rng one(1), same(1);
  const auto order = shuffled(100, one), next = shuffled(100, one);
  EXPECT_EQ(order, shuffled(100, same));
  EXPECT_NE(order, next);
  EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 100u);
  EXPECT_EQ(*std::max_element(order.begin(), order.end()), 99u);
  EXPECT_TRUE(shuffled(0, one).empty());
}

}  // namespace
}  // namespace gradflow

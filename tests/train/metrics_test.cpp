#include <gradflow/train/metrics.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class Metrics : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Metrics, Numbers);

/// Returns a network whose output equals its input.
template <class T>
Network<T> identity(std::size_t width) {
  Network<T> network{dense<Identity, T>(width, width, {.bias = false})};
  for (std::size_t i = 0; i < width; ++i) network.parameters()[i * width + i] = 1;
  return network;
}

template <class T>
Evaluation evaluated(const Matrix<T>& output, const Matrix<T>& y, std::vector<std::string> classes, const char* loss) {
  return evaluate(identity<T>(columns(output)), *make_loss<T>(loss), Dataset<T>{output, y, {}, std::move(classes)});
}

TYPED_TEST(Metrics, AccuracyOfOneOutputIsThatOfItsSign) {
  using T = TypeParam;
  const auto e = evaluated<T>(matrix<T>({{0.1}, {-0.1}, {3}, {-3}, {0}}), matrix<T>({{1}, {0}, {0}, {1}, {0}}),
                              {"a", "b"}, "binary_cross_entropy");
  EXPECT_DOUBLE_EQ(e.accuracy, 0.6);
  EXPECT_TRUE(std::isnan(e.mae));
  EXPECT_TRUE(std::isnan(e.r2));
}

TYPED_TEST(Metrics, AccuracyOfOneValueIsThatOfItsNearerClass) {
  using T = TypeParam;
  const auto e =
      evaluated<T>(matrix<T>({{0.9}, {0.6}, {0.4}, {0.1}}), matrix<T>({{1}, {1}, {0}, {0}}), {"a", "b"}, "mse");
  EXPECT_DOUBLE_EQ(e.accuracy, 1);
}

TYPED_TEST(Metrics, ALossThatIsNotFiniteHasNoAccuracy) {
  using T = TypeParam;
  const double nan = std::nan("");
  const auto e = evaluated<T>(matrix<T>({{nan, nan}}), matrix<T>({{0}}), {"a", "b"}, "cross_entropy");
  EXPECT_TRUE(std::isnan(e.loss));
  EXPECT_TRUE(std::isnan(e.accuracy));
}

TYPED_TEST(Metrics, ClassesThatTheOutputsCannotTellApartAreRefused) {
  using T = TypeParam;
  EXPECT_THROW(evaluated<T>(matrix<T>({{1}}), matrix<T>({{2}}), {"a", "b", "c"}, "mse"), ShapeError);
  EXPECT_THROW(evaluated<T>(matrix<T>({{1}}), matrix<T>({{-1}}), {"a", "b"}, "mse"), ValueError);
}

TYPED_TEST(Metrics, AccuracyOfSeveralOutputsIsThatOfTheLargest) {
  using T = TypeParam;
  const auto output = matrix<T>({{1, 2, 0}, {5, 2, 0}, {-3, -2, -1}, {0, 0, 7}});
  const auto by_index = evaluated<T>(output, matrix<T>({{1}, {1}, {2}, {2}}), {"a", "b", "c"}, "cross_entropy");
  EXPECT_DOUBLE_EQ(by_index.accuracy, 0.75);
  const auto one_hot =
      evaluated<T>(output, matrix<T>({{0, 1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 1}}), {"a", "b", "c"}, "cross_entropy");
  EXPECT_DOUBLE_EQ(one_hot.accuracy, 0.75);
  EXPECT_NEAR(one_hot.loss, by_index.loss, 1e-15);
}

/// Returns the mean over the target columns of R^2 = 1 - sum (y - t)^2 / sum (t - mean t)^2, computed in two passes.
template <class T>
double r2_by_hand(const Matrix<T>& y, const Matrix<T>& t) {
  double r2 = 0;
  for (std::size_t j = 0; j < columns(t); ++j) {
    double mean = 0, residual = 0, total = 0;
    for (std::size_t i = 0; i < rows(t); ++i) mean += static_cast<double>(t(i, j)) / static_cast<double>(rows(t));
    for (std::size_t i = 0; i < rows(t); ++i) {
      residual += std::pow(static_cast<double>(y(i, j)) - static_cast<double>(t(i, j)), 2);
      total += std::pow(static_cast<double>(t(i, j)) - mean, 2);
    }
    r2 += (1 - residual / total) / static_cast<double>(columns(t));
  }
  return r2;
}

TYPED_TEST(Metrics, MaeAndR2AreTheirFormulasOverMoreSamplesThanAChunk) {
  using T = TypeParam;
  const auto y = random_matrix<T>(2500, 2, 1);
  auto t = random_matrix<T>(2500, 2, 2);
  for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = T(1000) + y.data()[i] + T(0.5) * t.data()[i];
  double mae = 0, mse = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    const double error = static_cast<double>(y.data()[i]) - static_cast<double>(t.data()[i]);
    mae += std::abs(error) / 5000;
    mse += error * error / 5000;
  }
  const Evaluation e = evaluated<T>(y, t, {}, "mse");
  EXPECT_NEAR(e.mae / mae, 1, 1e-12);
  EXPECT_NEAR(e.loss / mse, 1, sizeof(T) == 4 ? 1e-6 : 1e-12);
  EXPECT_NEAR(e.r2 / r2_by_hand(y, t), 1, 1e-9);
  EXPECT_TRUE(std::isnan(e.accuracy));
}

TYPED_TEST(Metrics, R2IsOneWhereAllIsRightAndZeroForTheMean) {
  using T = TypeParam;
  const auto t = matrix<T>({{1}, {2}, {3}, {6}});
  EXPECT_EQ(evaluated<T>(t, t, {}, "mse").r2, 1);
  EXPECT_NEAR(evaluated<T>(matrix<T>({{3}, {3}, {3}, {3}}), t, {}, "mse").r2, 0, 1e-12);
}

TYPED_TEST(Metrics, R2IsNaNWhereATargetDoesNotVary) {
  using T = TypeParam;
  const auto e = evaluated<T>(matrix<T>({{1}, {2}}), matrix<T>({{3}, {3}}), {}, "mse");
  EXPECT_TRUE(std::isnan(e.r2));
  EXPECT_DOUBLE_EQ(e.mae, 1.5);
}

// 1025 samples: a chunk of 1024, and one more. Only the last sample has a loss, 1. The mean of the chunks' means would
// be 1/2 instead of 1/1025.
TYPED_TEST(Metrics, EverySampleWeighsTheSame) {
  using T = TypeParam;
  auto y = zeros<T>(1025, 1);
  y(1024, 0) = 1;
  EXPECT_DOUBLE_EQ(evaluated<T>(y, zeros<T>(1025, 1), {}, "mse").loss, 1.0 / 1025);
}

TYPED_TEST(Metrics, ClassesNeedNoNamesWhereTheLossReadsLogits) {
  using T = TypeParam;
  const Evaluation several =
      evaluated<T>(matrix<T>({{1, 2}, {3, 1}, {0, 1}}), matrix<T>({{0}, {0}, {1}}), {}, "cross_entropy");
  EXPECT_DOUBLE_EQ(several.accuracy, 2.0 / 3);
  const Evaluation one =
      evaluated<T>(matrix<T>({{0.3}, {-0.2}, {0.7}}), matrix<T>({{1}, {1}, {0.9}}), {}, "binary_cross_entropy");
  EXPECT_DOUBLE_EQ(one.accuracy, 2.0 / 3) << "a logit of 0.3 means class 1, and a target of 0.9 counts as class 1";
  for (const Evaluation& e : {several, one})
    for (const double metric : {e.mae, e.r2, e.subset_accuracy}) EXPECT_TRUE(std::isnan(metric));
}

// Correct labels in each row: 3, 1, 2 and 3 of 3. If only the largest output counted, 1 row of 4 would be correct.
TYPED_TEST(Metrics, OfLabelsAreTheShareOfThoseThatAreRightAndOfSamplesWithAllRight) {
  using T = TypeParam;
  const auto y = matrix<T>({{2, 0.1, -3}, {-1, -1, 5}, {4, -0.2, 0.3}, {-1, -2, -3}});
  const auto t = matrix<T>({{1, 1, 0}, {1, 1, 1}, {1, 0, 0}, {0, 0, 0}});
  const Evaluation e = evaluated<T>(y, t, {}, "binary_cross_entropy");
  EXPECT_DOUBLE_EQ(e.accuracy, 9.0 / 12);
  EXPECT_DOUBLE_EQ(e.subset_accuracy, 2.0 / 4);
  EXPECT_TRUE(std::isnan(e.mae));
  const Evaluation of_classes =
      evaluated<T>(y, matrix<T>({{1, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 0}}), {"a", "b", "c"}, "binary_cross_entropy");
  EXPECT_DOUBLE_EQ(of_classes.accuracy, 2.0 / 4) << "with class names, the largest output decides";
  EXPECT_TRUE(std::isnan(of_classes.subset_accuracy));
}

/// A custom loss on logits that weights class 1 by 3.
struct Weighted {
  static constexpr std::string_view name = "weighted";
  static constexpr Reading reads = Reading::one_logit;
  template <class V>
  V value(const V& y, const V& t) const {
    return 3 * t * softplus(-y) + (1 - t) * softplus(y);
  }
};

TYPED_TEST(Metrics, OfALossOfYourOwnFollowWhatItReads) {
  using T = TypeParam;
  const auto y = matrix<T>({{0.3}, {-0.3}});
  const Dataset<T> data{y, matrix<T>({{1}, {0}}), {}, {}};
  EXPECT_DOUBLE_EQ(evaluate(identity<T>(1), *make_loss<T>(Weighted{}), data).accuracy, 1);
}

// A sample of weight w must count like w copies of the sample. 1500 samples are more than one chunk.
TYPED_TEST(Metrics, AreWeightedMeans) {
  using T = TypeParam;
  const auto as_copies = [](const Matrix<T>& m, std::size_t most) {
    Matrix<T> all = zeros<T>(0, columns(m));
    std::vector<T> numbers;
    for (std::size_t i = 0; i < rows(m); ++i)
      for (std::size_t n = 0; n < i % most; ++n) numbers.insert(numbers.end(), row(m, i).begin(), row(m, i).end());
    resize(all, numbers.size() / columns(m), columns(m));
    std::ranges::copy(numbers, all.data());
    return all;
  };
  const std::size_t n = 1500, most = 4;
  const auto y = random_matrix<T>(n, 2, 1);
  auto values = random_matrix<T>(n, 2, 2), labels = values, classes = zeros<T>(n, 1);
  for (T& label : flat(labels)) label = label > 0;
  for (std::size_t i = 0; i < n; ++i) classes(i, 0) = labels(i, 1);
  std::vector<T> weights(n);
  for (std::size_t i = 0; i < n; ++i) weights[i] = static_cast<T>(i % most);
  const auto expect_alike = [&](const char* loss, const Matrix<T>& t) {
    Dataset<T> weighted{y, t, {}, {}};
    weighted.weights = weights;
    const Dataset<T> copies{as_copies(y, most), as_copies(t, most), {}, {}};
    const auto loss_made = make_loss<T>(loss);
    const Evaluation got = evaluate(identity<T>(2), *loss_made, weighted),
                     expected = evaluate(identity<T>(2), *loss_made, copies);
    const double rounding = sizeof(T) == 4 ? 1e-6 : 1e-12;
    for (const auto metric :
         {&Evaluation::loss, &Evaluation::accuracy, &Evaluation::mae, &Evaluation::r2, &Evaluation::subset_accuracy}) {
      EXPECT_EQ(std::isnan(got.*metric), std::isnan(expected.*metric)) << loss;
      if (!std::isnan(got.*metric)) {
        EXPECT_NEAR(got.*metric, expected.*metric, rounding) << loss;
      }
    }
    EXPECT_NEAR(chance_loss(*loss_made, weighted, 2), chance_loss(*loss_made, copies, 2), rounding) << loss;
  };
  expect_alike("mse", values);
  expect_alike("binary_cross_entropy", labels);
  expect_alike("cross_entropy", classes);
}

TYPED_TEST(Metrics, OfProbabilitiesUnderALossOnLogitsAreRefused) {
  using T = TypeParam;
  const Dataset<T> data{zeros<T>(3, 2), zeros<T>(3, 1), {}, {}};
  for_each_type(Activations{}, [&]<class A>(const A&) {
    Network<T> network{dense<Tanh, T>(2, 2), dense<A, T>(2, 1)};
    const bool probabilities = A::name == "sigmoid" || A::name == "hard_sigmoid" || A::name == "gaussian";
    const auto measure = [&] { evaluate(network, *make_loss<T>("binary_cross_entropy"), data); };
    if (!probabilities) {
      EXPECT_NO_THROW(measure()) << A::name;
      return;
    }
    EXPECT_EQ(message_of<ValueError>(measure),
              network.layer_name(1) +
                  ": output: got probabilities, expected logits, which binary_cross_entropy takes; the loss computes "
                  "the probabilities itself: end the network with identity");
    EXPECT_NO_THROW(evaluate(network, *make_loss<T>("mse"), data));
  });
}

TYPED_TEST(Metrics, AreNaNWithoutSamples) {
  using T = TypeParam;
  const Evaluation e = evaluated<T>(zeros<T>(0, 1), zeros<T>(0, 1), {}, "mse");
  for (const double metric : {e.loss, e.accuracy, e.mae, e.r2}) EXPECT_TRUE(std::isnan(metric));
}

TYPED_TEST(Metrics, ThrowWhatNetworkAndLossThrow) {
  using T = TypeParam;
  const Dataset<T> wide{zeros<T>(4, 3), zeros<T>(4, 1), {}, {}}, two_targets{zeros<T>(4, 1), zeros<T>(4, 2), {}, {}};
  EXPECT_THROW(evaluate(identity<T>(1), *make_loss<T>("mse"), wide), ShapeError);
  EXPECT_THROW(evaluate(identity<T>(1), *make_loss<T>("mse"), two_targets), ShapeError);
}

TYPED_TEST(Metrics, TheLossAtChanceKnowsTheTargetsSharesOrTheirMean) {
  using T = TypeParam;
  const auto chance = [](const char* loss, const Matrix<T>& y, std::size_t outputs) {
    return chance_loss(*make_loss<T>(loss), Dataset<T>{zeros<T>(rows(y), 2), y, {}, {}}, outputs);
  };
  const double uneven = -0.25 * std::log(0.25) - 0.75 * std::log(0.75);
  EXPECT_NEAR(chance("cross_entropy", matrix<T>({{0}, {1}, {2}, {1}, {0}, {2}}), 3), std::log(3), 1e-6);
  EXPECT_NEAR(chance("cross_entropy", matrix<T>({{0}, {1}, {1}, {1}}), 2), uneven, 1e-6);
  EXPECT_NEAR(chance("cross_entropy", matrix<T>({{1, 0}, {0, 1}, {0, 1}, {0, 1}}), 2), uneven, 1e-6);
  EXPECT_NEAR(chance("binary_cross_entropy", matrix<T>({{0}, {1}, {1}, {1}}), 1), uneven, 1e-6);
  EXPECT_NEAR(chance("mse", matrix<T>({{1}, {3}}), 1), 1, 1e-6);
  EXPECT_NEAR(chance("mse", matrix<T>({{1, 5}, {3, 9}}), 2), (1 + 4) / 2.0, 1e-6);
  EXPECT_NEAR(chance("binary_cross_entropy", matrix<T>({{1}, {1}}), 1), 0, 1e-6);
  EXPECT_NEAR(chance("binary_cross_entropy", matrix<T>({{0}, {0}}), 1), 0, 1e-6);
  EXPECT_NEAR(chance("cross_entropy", matrix<T>({{1}, {1}}), 3), 0, 1e-6) << "with one class, a guess is always right";
  EXPECT_TRUE(std::isnan(chance("mse", zeros<T>(0, 1), 1)));
}

}  // namespace
}  // namespace gradflow

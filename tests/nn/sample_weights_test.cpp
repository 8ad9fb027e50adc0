// Compares losses that have sample weights with sums computed sample by sample.
#include <gradflow/nn/losses.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

constexpr std::size_t samples = 7, outputs = 19;  // neither is a multiple of a register's size
const std::vector<double> weights = {0.5, 2, 0, 1, 3.25, 0.125, 7};

Matrix<double> drawn(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Rng rng(seed);
  Matrix<double> m = zeros<double>(rows, columns);
  for (double& x : flat(m)) x = rng.normal();
  return m;
}

/// Returns rows of probabilities, which every loss accepts as targets.
Matrix<double> targets() { return softmax(drawn(samples, outputs, 2)); }

Matrix<double> one_row(const Matrix<double>& m, std::size_t i) {
  Matrix<double> result = zeros<double>(1, columns(m));
  std::ranges::copy(row(m, i), result.data());
  return result;
}

struct Sums {
  double loss = 0;
  Matrix<double> delta = zeros<double>(samples, outputs);
};

/// Evaluates each sample alone and multiplies it by its share of the total weight.
Sums by_hand(const Loss<double>& loss, const Matrix<double>& y, const Matrix<double>& t) {
  double total = 0;
  for (const double weight : weights) total += weight;
  Sums sums;
  for (std::size_t i = 0; i < samples; ++i) {
    Matrix<double> delta;
    sums.loss += weights[i] / total * loss.evaluate(one_row(y, i), one_row(t, i), delta);
    for (std::size_t j = 0; j < outputs; ++j) sums.delta(i, j) = weights[i] / total * delta(0, j);
  }
  return sums;
}

TEST(SampleWeights, MakeAWeightedMeanOfEveryLoss) {
  for_each_type(Losses{}, [](const auto& policy) {
    const auto loss = make_loss<double>(policy);
    const Matrix<double> y = drawn(samples, outputs, 1), t = targets();
    const Sums expected = by_hand(*loss, y, t);
    Matrix<double> delta;
    EXPECT_NEAR(loss->evaluate(y, t, delta, {weights}), expected.loss, 1e-12) << policy.name;
    for (std::size_t i = 0; i < delta.size(); ++i)
      ASSERT_NEAR(delta.data()[i], expected.delta.data()[i], 1e-12) << policy.name;
  });
}

TEST(SampleWeights, ThatAreAllOneChangeNothing) {
  const std::vector<double> ones(samples, 1);
  for_each_type(Losses{}, [&](const auto& policy) {
    const auto loss = make_loss<double>(policy);
    const Matrix<double> y = drawn(samples, outputs, 1), t = targets();
    Matrix<double> delta, weighted;
    EXPECT_NEAR(loss->evaluate(y, t, delta), loss->evaluate(y, t, weighted, {ones}), 1e-14) << policy.name;
    for (std::size_t i = 0; i < delta.size(); ++i)
      ASSERT_NEAR(delta.data()[i], weighted.data()[i], 1e-15) << policy.name;
  });
}

// Several threads or machines can therefore share a batch.
TEST(SampleWeights, OfPartsWithTheTotalOfTheWholeAddUpToTheWhole) {
  for_each_type(Losses{}, [](const auto& policy) {
    const auto loss = make_loss<double>(policy);
    const Matrix<double> y = drawn(samples, outputs, 1), t = targets();
    for (const bool weighted : {true, false}) {
      const SampleWeights<double> all{weighted ? std::span(weights) : std::span<const double>()};
      const double total = weighted ? 13.875 : samples;
      Matrix<double> whole, delta;
      const double expected = loss->evaluate(y, t, whole, all);
      double sum = 0;
      for (std::size_t i = 0; i < samples; ++i) {
        const auto weight = weighted ? std::span(weights).subspan(i, 1) : std::span<const double>();
        sum += loss->evaluate(one_row(y, i), one_row(t, i), delta, {weight, total});
        for (std::size_t j = 0; j < outputs; ++j) ASSERT_NEAR(delta(0, j), whole(i, j), 1e-14) << policy.name;
      }
      EXPECT_NEAR(sum, expected, 1e-12) << policy.name;
    }
  });
}

TEST(SampleWeights, ThatAreAllZeroMakeNothing) {
  for_each_type(Losses{}, [](const auto& policy) {
    const std::vector<double> none(samples, 0);
    Matrix<double> delta;
    EXPECT_EQ(make_loss<double>(policy)->evaluate(drawn(samples, outputs, 1), targets(), delta, {none}), 0);
    for (const double d : flat(delta)) ASSERT_EQ(d, 0) << policy.name;
  });
}

TEST(SampleWeights, ThatAreNoneAreRefused) {
  for_each_type(Losses{}, [](const auto& policy) {
    const auto loss = make_loss<double>(policy);
    Matrix<double> delta;
    const auto refuses = [&](std::vector<double> wrong) {
      return message_of<std::invalid_argument>(
          [&] { loss->evaluate(drawn(samples, outputs, 1), targets(), delta, {wrong}); });
    };
    const std::string name(policy.name);
    EXPECT_EQ(refuses({1, 2}), name + ": weights: got 2 numbers, expected 7, one for each sample");
    for (const double wrong : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
      std::vector<double> all(samples, 1);
      all[3] = wrong;
      EXPECT_TRUE(refuses(all).starts_with(name + ": weight of sample 3 of the batch: got ")) << refuses(all);
    }
  });
}

struct WithoutWeights {
  static constexpr std::string_view name = "without_weights";
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>&, Matrix<T>& delta) const {
    delta = output;
    return 1;
  }
};

TEST(SampleWeights, AreRefusedByALossOfYourOwnThatDoesNotTakeThem) {
  const auto loss = make_loss<double>(WithoutWeights{});
  Matrix<double> delta;
  EXPECT_EQ(loss->evaluate(drawn(samples, outputs, 1), targets(), delta), 1);
  EXPECT_EQ(
      message_of<ValueError>([&] { loss->evaluate(drawn(samples, outputs, 1), targets(), delta, {weights}); }),
      "without_weights: sample weights: got some, expected none; to accept them, give evaluate() a fourth parameter, "
      "const SampleWeights<T>&");
}

}  // namespace
}  // namespace gradflow

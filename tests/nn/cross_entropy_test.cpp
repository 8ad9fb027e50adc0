#include <gradflow/nn/losses.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class CrossEntropyTest : public testing::Test {
 protected:
  double evaluate(const Matrix<T>& y, const Matrix<T>& t) { return CrossEntropy{}.evaluate(y, t, delta_); }
  Matrix<T> delta_;
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(CrossEntropyTest, Numbers);

template <class T>
std::vector<long double> exact_softmax(std::span<const T> logits) {
  const long double largest = *std::ranges::max_element(logits);
  std::vector<long double> p;
  long double sum = 0;
  for (const T y : logits) {
    p.push_back(std::exp(static_cast<long double>(y) - largest));
    sum += p.back();
  }
  for (long double& v : p) v /= sum;
  return p;
}

template <class T>
Matrix<T> indices(std::size_t batch, std::size_t classes) {
  Matrix<T> t = zeros<T>(batch, 1);
  for (std::size_t i = 0; i < batch; ++i) t(i, 0) = static_cast<T>(i * 7 % classes);
  return t;
}

template <class T>
Matrix<T> one_hot_of(const Matrix<T>& t, std::size_t classes) {
  Matrix<T> rows_of = zeros<T>(rows(t), classes);
  for (std::size_t i = 0; i < rows(t); ++i) rows_of(i, static_cast<std::size_t>(t(i, 0))) = 1;
  return rows_of;
}

/// Compares loss and gradient with -sum t log p / batch and (p - t) / batch, computed in long double.
template <class T>
void expect_exact(double loss, const Matrix<T>& delta, const Matrix<T>& y, const Matrix<T>& t) {
  const auto batch = static_cast<long double>(rows(y));
  long double expected = 0;
  for (std::size_t i = 0; i < rows(y); ++i) {
    const auto p = exact_softmax(row(y, i));
    for (std::size_t c = 0; c < p.size(); ++c) {
      expected -= static_cast<long double>(t(i, c)) * std::log(p[c]) / batch;
      EXPECT_NEAR(delta(i, c), static_cast<double>((p[c] - static_cast<long double>(t(i, c))) / batch),
                  4 * std::numeric_limits<T>::epsilon() / static_cast<double>(batch));
    }
  }
  EXPECT_NEAR(loss, static_cast<double>(expected), 8 * std::numeric_limits<T>::epsilon());
}

TYPED_TEST(CrossEntropyTest, LossAndGradientAreTheFormulas) {
  for (const std::size_t classes : {2u, 3u, 10u, 37u}) {
    const auto y = random_matrix<TypeParam>(11, classes, 1);
    const auto hard = one_hot_of(indices<TypeParam>(11, classes), classes);
    expect_exact(this->evaluate(y, hard), this->delta_, y, hard);
    const auto soft = softmax(random_matrix<TypeParam>(11, classes, 2));
    const double loss = this->evaluate(y, soft);
    expect_exact(loss, this->delta_, y, soft);
  }
}

TYPED_TEST(CrossEntropyTest, ClassIndicesAndOneHotRowsGiveTheSameNumbers) {
  const auto y = random_matrix<TypeParam>(11, 4, 1), t = indices<TypeParam>(11, 4);
  const double by_index = this->evaluate(y, t);
  const auto delta = this->delta_;
  EXPECT_NEAR(this->evaluate(y, one_hot_of(t, 4)), by_index, 1e-15);
  EXPECT_TRUE(same_bits(delta, this->delta_));
}

TYPED_TEST(CrossEntropyTest, AZeroOutputLayerCostsTheLogarithmOfTheClasses) {
  Network<TypeParam> two{dense<Identity, TypeParam>(3, 2)}, ten{dense<Identity, TypeParam>(3, 10)};
  const auto x = random_matrix<TypeParam>(8, 3, 1);
  EXPECT_NEAR(this->evaluate(two.forward(x), indices<TypeParam>(8, 2)), 0.69314718, 1e-6);
  EXPECT_NEAR(this->evaluate(ten.forward(x), indices<TypeParam>(8, 10)), 2.30258509, 1e-6);
}

TYPED_TEST(CrossEntropyTest, StaysFiniteForHugeLogits) {
  const auto y = matrix<TypeParam>({{1e4, -1e4, 0}, {1e4, -1e4, 0}, {-1e4, -1e4, -1e4}});
  const auto t = matrix<TypeParam>({{0}, {1}, {2}});
  EXPECT_NEAR(this->evaluate(y, t), (20000 + std::log(3)) / 3, 1e-3);
  const auto expected = matrix<TypeParam>({{0, 0, 0}, {1. / 3, -1. / 3, 0}, {1. / 9, 1. / 9, -2. / 9}});
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(this->delta_.data()[i], expected.data()[i], 1e-7) << i;
}

TYPED_TEST(CrossEntropyTest, ATargetOfZeroWhereTheProbabilityIsZeroCostsNothing) {
  const auto y = matrix<TypeParam>({{1e4, -1e4}}), t = matrix<TypeParam>({{1, 0}});
  EXPECT_EQ(this->evaluate(y, t), 0);
  EXPECT_EQ(this->delta_(0, 0), 0);
  EXPECT_EQ(this->delta_(0, 1), 0);
}

// If only the diagonal of softmax's derivative were used, the rows would not sum to zero.
TYPED_TEST(CrossEntropyTest, EachRowOfTheGradientSumsToZero) {
  this->evaluate(random_matrix<TypeParam>(11, 6, 1), indices<TypeParam>(11, 6));
  for (std::size_t i = 0; i < 11; ++i) {
    double sum = 0;
    for (const TypeParam d : row(std::as_const(this->delta_), i)) sum += static_cast<double>(d);
    EXPECT_NEAR(sum, 0, static_cast<double>(std::numeric_limits<TypeParam>::epsilon()));
  }
}

TYPED_TEST(CrossEntropyTest, ABadClassIndexIsRefusedWithTheSample) {
  const auto y = zeros<TypeParam>(3, 10);
  EXPECT_EQ(message_of<ValueError>([&] {
              this->evaluate(y, matrix<TypeParam>({{0}, {10}, {1}}));
            }),
            "cross_entropy: target of sample 1 of the batch: got 10, expected a whole number in [0, 10)");
  EXPECT_EQ(message_of<ValueError>([&] {
              this->evaluate(y, matrix<TypeParam>({{0}, {1}, {1.5}}));
            }),
            "cross_entropy: target of sample 2 of the batch: got 1.5, expected a whole number in [0, 10)");
  for (const double bad : {-1.0, 1e9, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(this->evaluate(y, matrix<TypeParam>({{bad}, {0}, {1}})), ValueError) << bad;
}

TYPED_TEST(CrossEntropyTest, RowsThatAreNoProbabilitiesAreRefusedWithTheSample) {
  const auto y = zeros<TypeParam>(2, 2);
  EXPECT_EQ(message_of<ValueError>([&] {
              this->evaluate(y, matrix<TypeParam>({{0, 1}, {0.5, 0.25}}));
            }),
            "cross_entropy: target of sample 1 of the batch: got the sum 0.75, expected probabilities that sum to 1");
  EXPECT_EQ(message_of<ValueError>([&] {
              this->evaluate(y, matrix<TypeParam>({{-1, 2}, {0, 1}}));
            }),
            "cross_entropy: target of sample 0 of the batch: got a negative number or NaN, expected probabilities that "
            "sum to 1");
  EXPECT_THROW(this->evaluate(y, matrix<TypeParam>({{std::nan(""), 1}, {0, 1}})), ValueError);
}

TYPED_TEST(CrossEntropyTest, TargetsOfTheWrongShapeAreRefused) {
  EXPECT_EQ(message_of<ShapeError>([&] { this->evaluate(zeros<TypeParam>(3, 4), zeros<TypeParam>(3, 2)); }),
            "cross_entropy: targets: got [3, 2], expected [3, 4], a column for each output, or one column of class "
            "indices; a last layer with 2 outputs would fit");
  EXPECT_THROW(this->evaluate(zeros<TypeParam>(3, 4), zeros<TypeParam>(2, 1)), ShapeError);
}

TYPED_TEST(CrossEntropyTest, NaNInTheLogitsComesOutInTheLoss) {
  const auto t = matrix<TypeParam>({{0}});
  for (const auto& y : {matrix<TypeParam>({{std::nan(""), 1, 2}}), matrix<TypeParam>({{1, std::nan(""), 2}}),
                        matrix<TypeParam>({{1, 2, std::nan("")}})})
    EXPECT_TRUE(std::isnan(this->evaluate(y, t)));
}

TYPED_TEST(CrossEntropyTest, SoftmaxGivesTheProbabilitiesOfEachRow) {
  auto y = random_matrix<TypeParam>(9, 5, 1);
  y(0, 3) = TypeParam(1e4);
  y(1, 2) = TypeParam(-1e4);
  const auto p = softmax(y);
  for (std::size_t i = 0; i < 9; ++i) {
    const auto expected = exact_softmax(row(std::as_const(y), i));
    for (std::size_t c = 0; c < 5; ++c)
      EXPECT_NEAR(p(i, c), static_cast<double>(expected[c]), 4 * std::numeric_limits<TypeParam>::epsilon());
  }
}

TYPED_TEST(CrossEntropyTest, SigmoidGivesTheProbabilityOfEachNumber) {
  const auto y = matrix<TypeParam>({{0, 1e4}, {-1e4, 1}});
  const auto p = sigmoid(y);
  EXPECT_EQ(p(0, 0), TypeParam(0.5));
  EXPECT_EQ(p(0, 1), 1);
  EXPECT_EQ(p(1, 0), 0);
  EXPECT_NEAR(p(1, 1), 1 / (1 + std::exp(-1)), 2 * std::numeric_limits<TypeParam>::epsilon());
}

}  // namespace
}  // namespace gradflow

// Tests the elementwise losses, which compare one output with one target, and properties that all losses share.
#include <gradflow/nn/losses.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class LossesTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LossesTest, Numbers);

using Real = long double;

struct ExactLoss {
  Real (*value)(Real y, Real t);
  Real (*slope)(Real y, Real t);
};

Real log_1_exp(Real z) { return std::max(z, 0.0L) + std::log1p(std::exp(-std::abs(z))); }
Real sign(Real z) { return static_cast<Real>(z > 0) - static_cast<Real>(z < 0); }

const std::map<std::string_view, ExactLoss> exact{
    {"mse", {[](Real y, Real t) { return (y - t) * (y - t); }, [](Real y, Real t) { return 2 * (y - t); }}},
    {"mae", {[](Real y, Real t) { return std::abs(y - t); }, [](Real y, Real t) { return sign(y - t); }}},
    {"huber",
     {[](Real y, Real t) { return std::abs(y - t) <= 1 ? (y - t) * (y - t) / 2 : std::abs(y - t) - 0.5L; },
      [](Real y, Real t) { return std::clamp(y - t, -1.0L, 1.0L); }}},
    {"binary_cross_entropy",
     {[](Real y, Real t) { return t * log_1_exp(-y) + (1 - t) * log_1_exp(y); },
      [](Real y, Real t) { return 1 / (1 + std::exp(-y)) - t; }}}};

/// Returns targets that every loss accepts: rows of probabilities that sum to 1.
template <class T>
Matrix<T> distributions(std::size_t batch, std::size_t classes) {
  return softmax(random_matrix<T>(batch, classes, 9));
}

TYPED_TEST(LossesTest, ElementwiseOnesAreTheMeanOfTheirFormulaOverBatchAndOutputs) {
  using T = TypeParam;
  const auto y = random_matrix<T>(13, 5, 1), t = distributions<T>(13, 5);
  for (const auto& [name, formula] : exact) {
    Matrix<T> delta;
    const double loss = make_loss<T>(name)->evaluate(y, t, delta);
    Real sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real yi = y.data()[i], ti = t.data()[i];
      sum += formula.value(yi, ti) / 65;
      EXPECT_NEAR(delta.data()[i], static_cast<double>(formula.slope(yi, ti) / 65),
                  std::numeric_limits<T>::epsilon() / 10)
          << name;
    }
    EXPECT_NEAR(loss, static_cast<double>(sum), 4 * std::numeric_limits<T>::epsilon()) << name;
  }
}

TEST(LossesTest, EveryGradientIsTheDifferenceQuotientOfItsLoss) {
  const auto t = distributions<double>(6, 4);
  for_each_type(Losses{}, [&](const auto& policy) {
    const auto loss = make_loss<double>(policy);
    auto y = random_matrix<double>(6, 4, 3);
    Matrix<double> delta, ignored;
    loss->evaluate(y, t, delta);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double old = y.data()[i], h = 1e-5;
      y.data()[i] = old + h;
      const double above = loss->evaluate(y, t, ignored);
      y.data()[i] = old - h;
      const double below = loss->evaluate(y, t, ignored);
      y.data()[i] = old;
      EXPECT_NEAR(delta.data()[i], (above - below) / (2 * h), 1e-9) << policy.name << " " << i;
    }
  });
}

// The loss is the mean over the samples, not the sum: a batch that repeats all samples has the same loss.
TYPED_TEST(LossesTest, TheSameBatchTwiceHasTheSameLossAndHalfTheGradients) {
  using T = TypeParam;
  const auto y = random_matrix<T>(3, 4, 1), t = distributions<T>(3, 4);
  auto twice_y = zeros<T>(6, 4), twice_t = zeros<T>(6, 4);
  for (std::size_t i = 0; i < 24; ++i) {
    twice_y.data()[i] = y.data()[i % 12];
    twice_t.data()[i] = t.data()[i % 12];
  }
  for_each_type(Losses{}, [&](const auto& policy) {
    const auto loss = make_loss<T>(policy);
    Matrix<T> delta, twice_delta;
    const double once = loss->evaluate(y, t, delta);
    EXPECT_NEAR(loss->evaluate(twice_y, twice_t, twice_delta), once, 4 * std::numeric_limits<T>::epsilon() * once)
        << policy.name;
    for (std::size_t i = 0; i < 24; ++i)
      EXPECT_NEAR(twice_delta.data()[i], delta.data()[i % 12] / 2, std::numeric_limits<T>::epsilon()) << policy.name;
  });
}

TYPED_TEST(LossesTest, TheSlopeOfMaeIsZeroWhereItIsRight) {
  Matrix<TypeParam> delta;
  const auto y = matrix<TypeParam>({{1, 2, -3}}), t = matrix<TypeParam>({{1, 5, -4}});
  EXPECT_NEAR(make_loss<TypeParam>(MeanAbsoluteError{})->evaluate(y, t, delta), 4.0 / 3, 1e-7);
  EXPECT_EQ(delta(0, 0), 0);
  EXPECT_NEAR(delta(0, 1), -1.0 / 3, 1e-7);
  EXPECT_NEAR(delta(0, 2), 1.0 / 3, 1e-7);
}

TYPED_TEST(LossesTest, HuberIsRoundUpToDeltaAndStraightBeyond) {
  Matrix<TypeParam> delta;
  const auto t = zeros<TypeParam>(1, 1);
  const auto loss = make_loss<TypeParam>("huber(delta=0.5)");
  EXPECT_DOUBLE_EQ(loss->evaluate(matrix<TypeParam>({{0.5}}), t, delta), 0.125);
  EXPECT_EQ(delta(0, 0), TypeParam(0.5));
  EXPECT_DOUBLE_EQ(loss->evaluate(matrix<TypeParam>({{-3}}), t, delta), 0.5 * (3 - 0.25));
  EXPECT_EQ(delta(0, 0), TypeParam(-0.5));
  EXPECT_THROW(make_loss<TypeParam>("huber(delta=-1)"), ValueError);
}

TYPED_TEST(LossesTest, BinaryCrossEntropyIsFiniteForHugeLogits) {
  Matrix<TypeParam> delta;
  const auto loss = make_loss<TypeParam>(BinaryCrossEntropy{});
  const auto y = matrix<TypeParam>({{1e4, -1e4, 1e4, -1e4}}), t = matrix<TypeParam>({{1, 0, 0, 1}});
  EXPECT_EQ(loss->evaluate(y, t, delta), 5000);
  EXPECT_EQ(delta(0, 0), 0);
  EXPECT_EQ(delta(0, 1), 0);
  EXPECT_EQ(delta(0, 2), TypeParam(0.25));
  EXPECT_EQ(delta(0, 3), TypeParam(-0.25));
}

TYPED_TEST(LossesTest, BinaryCrossEntropyOfAZeroOutputIsTheLogarithmOfTwo) {
  Matrix<TypeParam> delta;
  const auto loss = make_loss<TypeParam>(BinaryCrossEntropy{});
  EXPECT_NEAR(loss->evaluate(zeros<TypeParam>(2, 1), matrix<TypeParam>({{0}, {1}}), delta), 0.69314718, 1e-6);
}

// The gradient is p - t. Here p is nearly t = 1, so that subtracting the two would lose all digits.
TYPED_TEST(LossesTest, BinaryCrossEntropyKeepsTheGradientOfAWellKnownSample) {
  Matrix<TypeParam> delta;
  make_loss<TypeParam>(BinaryCrossEntropy{})->evaluate(matrix<TypeParam>({{40}}), matrix<TypeParam>({{1}}), delta);
  EXPECT_NEAR(static_cast<double>(delta(0, 0)) / -std::exp(-40), 1, 1e-6);
}

TYPED_TEST(LossesTest, NaNInTheOutputComesOutInTheLoss) {
  const auto y = matrix<TypeParam>({{0.5, std::nan("")}}), t = matrix<TypeParam>({{0, 1}});
  for_each_type(Losses{}, [&](const auto& policy) {
    Matrix<TypeParam> delta;
    EXPECT_TRUE(std::isnan(make_loss<TypeParam>(policy)->evaluate(y, t, delta))) << policy.name;
  });
}

TYPED_TEST(LossesTest, TargetsOfTheWrongShapeAreRefused) {
  Matrix<TypeParam> delta;
  const auto y = zeros<TypeParam>(3, 2);
  EXPECT_EQ(message_of<ShapeError>(
                [&] { make_loss<TypeParam>(MeanSquaredError{})->evaluate(y, zeros<TypeParam>(3, 1), delta); }),
            "mse: targets: got [3, 1], expected [3, 2], the shape of the output");
  for_each_type(Losses{}, [&](const auto& policy) {
    EXPECT_THROW(make_loss<TypeParam>(policy)->evaluate(y, zeros<TypeParam>(2, 2), delta), ShapeError) << policy.name;
    EXPECT_THROW(make_loss<TypeParam>(policy)->evaluate(y, zeros<TypeParam>(3, 3), delta), ShapeError) << policy.name;
  });
}

TYPED_TEST(LossesTest, BinaryTargetsOutsideZeroToOneAreRefusedWithTheSample) {
  Matrix<TypeParam> delta;
  const auto loss = make_loss<TypeParam>(BinaryCrossEntropy{});
  EXPECT_EQ(message_of<ValueError>([&] {
              loss->evaluate(zeros<TypeParam>(3, 1), matrix<TypeParam>({{0}, {1}, {2}}), delta);
            }),
            "binary_cross_entropy: target of sample 2 of the batch: got 2, expected a number in [0, 1]");
  for (const double bad : {-0.5, 1.5, std::nan("")})
    EXPECT_THROW(loss->evaluate(zeros<TypeParam>(1, 1), matrix<TypeParam>({{bad}}), delta), ValueError) << bad;
}

TYPED_TEST(LossesTest, AreFoundByNameAndDescribeThemselves) {
  for_each_type(Losses{}, [](const auto& policy) {
    EXPECT_EQ(make_loss<TypeParam>(policy.name)->describe(), policy.name);
    EXPECT_EQ(make_loss<TypeParam>(policy)->describe(), policy.name);
  });
  EXPECT_EQ(make_loss<TypeParam>("huber(delta=0.5)")->describe(), "huber(delta=0.5)");
  EXPECT_EQ(message_of<NameError>([] { make_loss<TypeParam>("mes"); }),
            "loss: got 'mes', expected one of: mse mae huber binary_cross_entropy cross_entropy; did you mean 'mse'?");
}

/// A loss that a user might write: (y - t)^4.
struct Quartic {
  static constexpr std::string_view name = "quartic";
  template <class V>
  V value(const V& y, const V& t) const {
    const V square = (y - t) * (y - t);
    return square * square;
  }
};

TYPED_TEST(LossesTest, AUsersOwnPolicyIsUsedAtOnce) {
  Matrix<TypeParam> delta;
  const auto loss = make_loss<TypeParam>(Quartic{});
  EXPECT_EQ(loss->evaluate(matrix<TypeParam>({{3, 0}}), matrix<TypeParam>({{1, 1}}), delta), 8.5);
  EXPECT_EQ(delta(0, 0), 16);
  EXPECT_EQ(delta(0, 1), -2);
}

}  // namespace
}  // namespace gradflow

#include <gradflow/data/scaling.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/csv.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

template <class T>
class ScalingOf : public testing::Test {
 protected:
  const Matrix<T> m{{0, 5, T(0.1)}, {2, 5, T(0.1)}, {4, 5, T(0.1)}, {10, 5, T(0.1)}};
  static constexpr double tolerance = 4 * std::numeric_limits<T>::epsilon();
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(ScalingOf, Numbers);

TYPED_TEST(ScalingOf, StandardisesByThePopulationVariance) {
  Matrix<TypeParam> x = this->m;
  const Scaling scaling = standardiser(x);
  EXPECT_DOUBLE_EQ(scaling.shift()[0], 4);
  EXPECT_DOUBLE_EQ(scaling.scale()[0], std::sqrt(14.0));
  scaling.apply(x);
  EXPECT_NEAR(x(0, 0), -4 / std::sqrt(14.0), this->tolerance);
  EXPECT_NEAR(x(3, 0), 6 / std::sqrt(14.0), this->tolerance);
}

TYPED_TEST(ScalingOf, BringsTheSmallestToZeroAndTheLargestToOne) {
  Matrix<TypeParam> x = this->m;
  min_max_scaler(x).apply(x);
  EXPECT_EQ(x(0, 0), 0);
  EXPECT_EQ(x(1, 0), TypeParam(0.2));
  EXPECT_EQ(x(3, 0), 1);
}

TYPED_TEST(ScalingOf, MakesAConstantColumnZeroWhateverComesLater) {
  for (const Scaling& scaling : {standardiser(this->m), min_max_scaler(this->m)}) {
    EXPECT_EQ(scaling.scale()[1], 0);
    EXPECT_EQ(scaling.scale()[2], 0);
    Matrix<TypeParam> later{{1, 7, 100}};
    scaling.apply(later);
    EXPECT_EQ(later(0, 1), 0);
    EXPECT_EQ(later(0, 2), 0);
  }
}

TYPED_TEST(ScalingOf, UsesWhatItWasFittedOnForEveryPart) {
  Matrix<TypeParam> later{{20, 5, 0}};
  min_max_scaler(this->m).apply(later);
  EXPECT_EQ(later(0, 0), 2);
}

TYPED_TEST(ScalingOf, FindsTheWayBack) {
  for (const Scaling& scaling : {standardiser(this->m), min_max_scaler(this->m)}) {
    Matrix<TypeParam> x = this->m;
    scaling.apply(x);
    scaling.revert(x);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(flat(x)[i], flat(this->m)[i], 10 * this->tolerance);
  }
}

TYPED_TEST(ScalingOf, ScalesDigitsAndFindsTheirThreeConstantPixels) {
  auto data = load_csv<TypeParam>(GRADFLOW_DATASETS "/digits.csv");
  const Scaling scaling = min_max_scaler(data.x);
  std::vector<std::size_t> constant;
  for (std::size_t j = 0; j < features(data); ++j)
    if (scaling.scale()[j] == 0) constant.push_back(j);
  EXPECT_EQ(constant, (std::vector<std::size_t>{0, 32, 39}));
  scaling.apply(data.x);
  EXPECT_EQ(*std::ranges::min_element(flat(data.x)), 0);
  EXPECT_EQ(*std::ranges::max_element(flat(data.x)), 1);
}

TYPED_TEST(ScalingOf, StandardisesEveryColumnOfWine) {
  auto data = load_csv<TypeParam>(GRADFLOW_DATASETS "/wine.csv");
  standardiser(data.x).apply(data.x);
  const auto n = static_cast<double>(samples(data));
  for (std::size_t j = 0; j < features(data); ++j) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < samples(data); ++i) {
      const auto value = static_cast<double>(data.x(i, j));
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR(sum / n, 0, 25 * this->tolerance) << j;  // alcohol: mean = 16 deviations
    EXPECT_NEAR(squares / n, 1, 25 * this->tolerance) << j;
  }
}

TYPED_TEST(ScalingOf, RefusesOtherColumnsNoRowsAndWhatIsNotFinite) {
  Matrix<TypeParam> narrow = zeros<TypeParam>(3, 2);
  EXPECT_EQ(message_of<ShapeError>([&] { standardiser(this->m).apply(narrow); }),
            "scaling: matrix: got [3, 2], expected [3, 3], the columns that the scaling was fitted on");
  EXPECT_THROW(standardiser(this->m).revert(narrow), ShapeError);
  EXPECT_EQ(message_of<ShapeError>([] { min_max_scaler(zeros<TypeParam>(0, 2)); }),
            "min_max_scaler: matrix: got [0, 2], expected [1, 2], at least one row and one column");
  narrow(2, 1) = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_EQ(message_of<ValueError>([&] { standardiser(narrow); }),
            "standardiser: row 2, column 1: got nan, expected a finite number");
  EXPECT_THROW(Scaling({1, 2}, {1}), ShapeError);
}

TEST(Scaling, SeesThatAColumnIsConstantWhereItsMeanIsRounded) {
  Matrix<double> x = zeros<double>(10, 1);
  x.fill(0.1);  // by rounding, the sum of ten times 0.1 is less than 1
  const Scaling scaling = standardiser(x);
  EXPECT_EQ(scaling.shift()[0], 0.1);
  EXPECT_EQ(scaling.scale()[0], 0);
}

TEST(Scaling, TakesFiniteNumbersOnlySoThatEveryModelThatIsSavedCanBeRead) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(message_of<ValueError>([&] {
              Scaling({1, nan}, {1, 1});
            }),
            "scaling: shift of column 1: got nan, expected a finite number");
  EXPECT_EQ(message_of<ValueError>([&] { Scaling({1}, {infinity}); }),
            "scaling: scale of column 0: got inf, expected a finite number");
}

TEST(Scaling, RefusesNumbersWhoseSpreadOverflows) {
  const Matrix<double> huge{{-1e308}, {1e308}};
  EXPECT_THROW(min_max_scaler(huge), ValueError);
  EXPECT_THROW(standardiser(huge), ValueError);
}

}  // namespace
}  // namespace gradflow

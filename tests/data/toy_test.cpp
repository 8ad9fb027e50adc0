#include <gradflow/data/toy.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include <gradflow/base/errors.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

constexpr double pi = std::numbers::pi;

template <class T>
class ToyOf : public testing::Test {
 protected:
  static constexpr double tolerance = 4 * std::numeric_limits<T>::epsilon();
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(ToyOf, Numbers);

template <class T>
double distance(const Dataset<T>& data, std::size_t i, double x, double y) {
  return std::hypot(static_cast<double>(data.x(i, 0)) - x, static_cast<double>(data.x(i, 1)) - y);
}

template <class T>
std::ptrdiff_t count(const Dataset<T>& data, int label) {
  return std::ranges::count(flat(data.y), static_cast<T>(label));
}

TYPED_TEST(ToyOf, HasExactlyTheSamplesAskedForInClassesAsEqualAsCanBe) {
  for (const std::string_view name : names_of(Toys{})) {
    for (const std::size_t n : {1u, 2u, 3u, 7u, 100u, 1001u}) {
      const auto data = make_toy<TypeParam>(name, {.samples = n});
      ASSERT_EQ(samples(data), n) << name;
      ASSERT_EQ(rows(data.y), n) << name;
      EXPECT_EQ(data.feature_names.size(), features(data)) << name;
      EXPECT_NO_THROW(require_finite(data, name));
      for (std::size_t c = 0; c < classes(data); ++c) {
        EXPECT_EQ(data.class_names[c], std::to_string(c));
        const auto share = static_cast<double>(n) / static_cast<double>(classes(data));
        EXPECT_LT(std::abs(static_cast<double>(count(data, static_cast<int>(c))) - share), 1) << name;
      }
    }
  }
}

TYPED_TEST(ToyOf, IsMadeByItsSeed) {
  for (const std::string_view name : names_of(Toys{})) {
    const auto a = make_toy<TypeParam>(name, {.samples = 50, .seed = 1});
    const auto same = make_toy<TypeParam>(name, {.samples = 50, .seed = 1});
    const auto other = make_toy<TypeParam>(name, {.samples = 50, .seed = 2});
    EXPECT_TRUE(std::ranges::equal(flat(a.x), flat(same.x))) << name;
    EXPECT_TRUE(std::ranges::equal(flat(a.y), flat(same.y))) << name;
    EXPECT_FALSE(std::ranges::equal(flat(a.x), flat(other.x))) << name;
    EXPECT_FALSE(std::ranges::is_sorted(flat(a.y))) << name;
  }
}

TYPED_TEST(ToyOf, PutsMoonsOnTheirHalfCircles) {
  const auto data = moons<TypeParam>({.samples = 201, .noise = 0});
  EXPECT_EQ(count(data, 0), 100);
  for (std::size_t i = 0; i < samples(data); ++i) {
    const bool upper = data.y(i, 0) == 0;
    EXPECT_NEAR(upper ? distance(data, i, 0, 0) : distance(data, i, 1, 0.5), 1, this->tolerance);
    EXPECT_TRUE(upper ? data.x(i, 1) >= 0 : data.x(i, 1) <= TypeParam(0.5));
  }
  const auto [low, high] = std::ranges::minmax(flat(data.x));
  EXPECT_EQ(low, -1);  // as scikit-learn's moons: x from -1 to 2, with both ends of the arcs
  EXPECT_EQ(high, 2);
}

TYPED_TEST(ToyOf, PutsCirclesOnTheirRadii) {
  const auto data = circles<TypeParam>({.samples = 101, .noise = 0, .factor = 0.3});
  EXPECT_EQ(count(data, 0), 50);
  for (std::size_t i = 0; i < samples(data); ++i)
    EXPECT_NEAR(distance(data, i, 0, 0), data.y(i, 0) == 0 ? 1 : 0.3, this->tolerance);
}

TYPED_TEST(ToyOf, PutsSpiralsOnTheirArms) {
  const auto data = spirals<TypeParam>({.samples = 300, .noise = 0, .arms = 3, .turns = 1.5});
  EXPECT_EQ(classes(data), 3u);
  for (std::size_t i = 0; i < samples(data); ++i) {
    const double t = (distance(data, i, 0, 0) - 0.1) / 0.9;
    const double angle = 2 * pi * (1.5 * t + static_cast<double>(data.y(i, 0)) / 3);
    EXPECT_NEAR(data.x(i, 0), (0.1 + 0.9 * t) * std::cos(angle), 20 * this->tolerance);
    EXPECT_NEAR(data.x(i, 1), (0.1 + 0.9 * t) * std::sin(angle), 20 * this->tolerance);
  }
}

TYPED_TEST(ToyOf, LabelsXorByTheSignsAndACheckerboardByTheTiles) {
  const auto signs = exclusive_or<TypeParam>({.samples = 500, .noise = 0});
  for (std::size_t i = 0; i < samples(signs); ++i)
    EXPECT_EQ(signs.y(i, 0), (signs.x(i, 0) > 0) != (signs.x(i, 1) > 0) ? 1 : 0);
  const auto board = checkerboard<TypeParam>({.samples = 500, .noise = 0, .tiles = 5});
  for (std::size_t i = 0; i < samples(board); ++i) {
    const int column = static_cast<int>((board.x(i, 0) + 1) * TypeParam(2.5));
    const int row = static_cast<int>((board.x(i, 1) + 1) * TypeParam(2.5));
    EXPECT_EQ(board.y(i, 0), (column + row) % 2);
  }
}

TYPED_TEST(ToyOf, PutsBlobsAroundTheUnitCircle) {
  const auto data = blobs<TypeParam>({.samples = 40, .noise = 0, .classes = 4});
  for (std::size_t i = 0; i < samples(data); ++i) {
    const double angle = pi / 2 * static_cast<double>(data.y(i, 0));
    EXPECT_NEAR(distance(data, i, std::cos(angle), std::sin(angle)), 0, this->tolerance);
  }
}

TYPED_TEST(ToyOf, MakesASineForRegression) {
  const auto data = sine<TypeParam>({.samples = 200, .noise = 0});
  EXPECT_FALSE(is_classification(data));
  EXPECT_EQ(features(data), 1u);
  for (std::size_t i = 0; i < samples(data); ++i) {
    EXPECT_LE(std::abs(static_cast<double>(data.x(i, 0))), pi + this->tolerance);
    EXPECT_NEAR(data.y(i, 0), std::sin(static_cast<double>(data.x(i, 0))), this->tolerance);
  }
}

TYPED_TEST(ToyOf, HasNoiseOfTheDeviationAskedFor) {
  const std::size_t n = 20000;
  const auto clean = moons<TypeParam>({.samples = n, .noise = 0}),
             noisy = moons<TypeParam>({.samples = n, .noise = 0.3});
  double squares = 0;
  for (std::size_t i = 0; i < 2 * n; ++i) {
    const auto difference = static_cast<double>(flat(noisy.x)[i] - flat(clean.x)[i]);
    squares += difference * difference;
  }
  const double variance = squares / (2 * n);
  EXPECT_NEAR(variance / (0.3 * 0.3), 1, 4 * std::sqrt(2.0 / (2 * n)));
}

TYPED_TEST(ToyOf, IsMadeByNameWithItsParameters) {
  const auto named = make_toy<TypeParam>("spirals(arms=3, turns=2)", {.samples = 60, .noise = 0.2, .seed = 4});
  const auto direct = spirals<TypeParam>({.samples = 60, .noise = 0.2, .seed = 4, .arms = 3, .turns = 2});
  EXPECT_TRUE(std::ranges::equal(flat(named.x), flat(direct.x)));
  EXPECT_EQ(classes(named), 3u);
}

TEST(Toy, ListsTheNamesAndTheNearestOfAWrongOne) {
  EXPECT_EQ(message_of<NameError>([] { make_toy("mons"); }),
            "data set: got 'mons', expected one of: moons circles spirals xor blobs checkerboard sine; "
            "did you mean 'moons'?");
  EXPECT_THROW(make_toy("spirals(legs=3)"), NameError);
}

TEST(Toy, RefusesWhatIsOutOfRange) {
  EXPECT_EQ(message_of<ValueError>([] { moons({.samples = 0}); }), "moons: samples: got 0, expected at least 1");
  EXPECT_THROW(sine({.samples = 0}), ValueError);
  EXPECT_THROW(moons({.noise = -0.1}), ValueError);
  EXPECT_THROW(moons({.noise = NAN}), ValueError);
  EXPECT_THROW(moons({.noise = INFINITY}), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { circles({.factor = 1}); }),
            "circles: factor: got 1, expected a number in [0, 1)");
  EXPECT_THROW(spirals({.arms = 0}), ValueError);
  EXPECT_THROW(make_toy("spirals(arms=2.5)"), ValueError);
  EXPECT_THROW(checkerboard({.tiles = 1}), ValueError);
  EXPECT_THROW(blobs({.classes = 0}), ValueError);
}

}  // namespace
}  // namespace gradflow

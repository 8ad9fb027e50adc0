#include <gradflow/check/check_activation.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <check/first_lane.hpp>
#include <check/wrong_lines.hpp>
#include <gradflow/base/errors.hpp>
#include <gradflow/nn/activations.hpp>

namespace gradflow {
namespace {

using Lines = std::vector<std::string>;
const std::string slope = "slope against difference quotients of the value";
const std::string curvature = "curvature against difference quotients of the slope";
const std::string derivative = "own derivative against automatic differentiation";
const std::string float_value = "value in float against double, in ulp";
const std::string float_slope = "slope in float against double, in ulp";
const std::string numbers = "no NaN for finite x up to 1e+30";
const std::string nan_stays = "NaN for x = NaN";
const std::string alone = "each result depends only on its own x";

TEST(CheckActivation, HoldsForEveryActivationOfTheListAndEveryFiniteNumber) {
  for_each_type(Activations{}, [](const auto& activation) {
    const CheckReport report = check_activation(activation, {.largest = std::numeric_limits<double>::max()});
    EXPECT_TRUE(report.passed()) << report.text();
    EXPECT_EQ(report.subject, "activation " + std::string(activation.name));
  });
}

TEST(CheckActivation, HoldsForOtherParametersThanTheDefaults) {
  for (const double parameter : {0.01, 3.0}) {
    EXPECT_TRUE(check_activation(LeakyRelu{parameter}).passed());
    EXPECT_TRUE(check_activation(Elu{parameter}).passed());
  }
  EXPECT_TRUE(check_activation(Celu{0.5}).passed()) << check_activation(Celu{0.5}).text();
  EXPECT_EQ(check_activation(LeakyRelu{0.01}).subject, "activation leaky_relu(slope=0.01)");
  EXPECT_THROW(check_activation(Celu{-1}), ValueError);
}

struct Swoosh {
  static constexpr std::string_view name = "swoosh";
  template <class V>
  V value(const V& z) const {
    return z * softplus(z) / (1 + abs(z));
  }
};

struct PlainSoftsign {
  static constexpr std::string_view name = "plain_softsign";
  template <class V>
  V value(const V& z) const {
    return z / (1 + abs(z));
  }
};

struct SquaredRelu {
  static constexpr std::string_view name = "squared_relu";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, V(0), z * z);
  }
};

struct SteepTanh {
  static constexpr std::string_view name = "steep_tanh";
  template <class V>
  V value(const V& z) const {
    return tanh(50 * z);
  }
  template <class V>
  V derivative(const V& z, const V&) const {
    return 200 * sigmoid_slope(100 * z);
  }
};

TEST(CheckActivation, HoldsForHonestOnesOfTheUsersOwn) {
  EXPECT_TRUE(check_activation<Swoosh>().passed()) << check_activation<Swoosh>().text();
  EXPECT_TRUE(check_activation<PlainSoftsign>().passed()) << check_activation<PlainSoftsign>().text();
  EXPECT_TRUE(check_activation<SquaredRelu>().passed()) << check_activation<SquaredRelu>().text();
  EXPECT_TRUE(check_activation<SteepTanh>().passed()) << check_activation<SteepTanh>().text();
}

struct Exponential {
  static constexpr std::string_view name = "exponential";
  template <class V>
  V value(const V& z) const {
    return exp(z);
  }
};

TEST(CheckActivation, ProvesNothingWhereTheValueIsInfinite) {
  EXPECT_TRUE(check_activation<Exponential>().passed()) << check_activation<Exponential>().text();
  EXPECT_EQ(wrong_lines(check_activation<Exponential>({}, {.range = 800})), (Lines{slope, curvature}));
}

TEST(CheckActivation, LeavesOutKinksAndCountsThem) {
  const CheckReport report = check_activation<Relu>();
  const Check check = line_of(report, slope);
  EXPECT_GT(check.left_out, 0u);
  EXPECT_LT(check.left_out, 20u);
  EXPECT_GT(check.compared, 4000u);
  EXPECT_EQ(line_of(check_activation<Tanh>(), slope).left_out, 0u);
}

/// Its derivative uses a where it needs z, as if a had overwritten the array of z.
struct OverwrittenMish {
  static constexpr std::string_view name = "overwritten_mish";
  template <class V>
  V value(const V& z) const {
    return z * tanh(softplus(z));
  }
  template <class V>
  V derivative(const V&, const V& a) const {
    const V gate = tanh(softplus(a));
    return gate + a * sigmoid(a) * (1 - gate * gate);
  }
};

TEST(CheckActivation, CatchesAMishThatReadsAnOverwrittenArrayAndNamesTheWorstX) {
  const CheckReport report = check_activation<OverwrittenMish>();
  EXPECT_EQ(wrong_lines(report), (Lines{slope, curvature, derivative})) << report.text();
  const Check check = line_of(report, derivative);
  EXPECT_EQ(check.worst, "x = -2.11") << report.text();
  EXPECT_NEAR(check.got, 0.445873, 1e-6);
  EXPECT_NEAR(check.expected, -0.111253, 1e-6);
  EXPECT_NEAR(check.error, (0.445873 + 0.111253) / 0.445873, 1e-4);
  EXPECT_EQ(line_of(report, slope).worst, check.worst);
}

struct NearlyTanh {
  static constexpr std::string_view name = "nearly_tanh";
  template <class V>
  V value(const V& z) const {
    return tanh(z);
  }
  template <class V>
  V derivative(const V& z, const V&) const {
    return 4.000004 * sigmoid_slope(2 * z);
  }
};

TEST(CheckActivation, CatchesASlopeThatIsOffByOnePartInAMillion) {
  const CheckReport report = check_activation<NearlyTanh>();
  EXPECT_EQ(wrong_lines(report), (Lines{slope, derivative})) << report.text();
  EXPECT_NEAR(line_of(report, derivative).error, 1e-6, 1e-10);
}

struct WrongBelow {
  static constexpr std::string_view name = "wrong_below";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, 0.2 * z, z);
  }
  template <class V>
  V derivative(const V& z, const V&) const {
    return select(z <= 0, V(-0.2), V(1));
  }
};

TEST(CheckActivation, CatchesAWrongSign) {
  const CheckReport report = check_activation<WrongBelow>();
  EXPECT_EQ(wrong_lines(report), (Lines{slope, derivative})) << report.text();
  EXPECT_EQ(line_of(report, derivative).got, -0.2);
  EXPECT_EQ(line_of(report, derivative).expected, 0.2);
}

struct LossySigmoid {
  static constexpr std::string_view name = "lossy_sigmoid";
  template <class V>
  V value(const V& z) const {
    return sigmoid(z);
  }
  template <class V>
  V derivative(const V&, const V& a) const {
    return a * (1 - a);
  }
};

TEST(CheckActivation, CatchesASlopeThatLosesItsDigitsInFloat) {
  const CheckReport report = check_activation<LossySigmoid>();
  EXPECT_EQ(wrong_lines(report), (Lines{derivative, float_slope})) << report.text();
  const Check check = line_of(report, float_slope);
  EXPECT_EQ(check.got, 0) << "the slope vanishes by rounding";
  EXPECT_GT(check.expected, 0);
}

struct OverflowingSoftplus {
  static constexpr std::string_view name = "overflowing_softplus";
  template <class V>
  V value(const V& z) const {
    return log(1 + exp(z));
  }
};

TEST(CheckActivation, CatchesASoftplusThatOverflows) {
  const CheckReport report = check_activation<OverflowingSoftplus>();
  EXPECT_EQ(wrong_lines(report), (Lines{float_value, numbers})) << report.text();
  EXPECT_EQ(line_of(report, float_value).worst, "x = 100");
  EXPECT_EQ(line_of(report, float_value).got, std::numeric_limits<double>::infinity());
  EXPECT_EQ(line_of(report, numbers).worst, "the slope in float at x = 100 is NaN");
}

struct EluByExp {
  static constexpr std::string_view name = "elu_by_exp";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, exp(z) - 1, z);
  }
};

TEST(CheckActivation, CatchesAnEluThatIsZeroWhereItShouldBeSmall) {
  const CheckReport report = check_activation<EluByExp>();
  EXPECT_EQ(wrong_lines(report), (Lines{float_value})) << report.text();
  EXPECT_EQ(line_of(report, float_value).worst, "x = -1e-08");
}

struct UnboundedGelu {
  static constexpr std::string_view name = "unbounded_gelu";
  template <class V>
  V value(const V& z) const {
    return z * sigmoid(1.5957691216057308 * (z + 0.044715 * z * z * z));
  }
};

TEST(CheckActivation, CatchesAPolynomialThatOverflows) {
  const CheckReport report = check_activation<UnboundedGelu>();
  EXPECT_EQ(wrong_lines(report), (Lines{numbers})) << report.text();
  EXPECT_TRUE(check_activation<UnboundedGelu>({}, {.largest = 1e10}).passed());
}

struct BlindRelu {
  static constexpr std::string_view name = "blind_relu";
  template <class V>
  V value(const V& z) const {
    return select(z > 0, z, V(0));
  }
};

TEST(CheckActivation, CatchesAReluThatTurnsNaNIntoZero) {
  const CheckReport report = check_activation<BlindRelu>();
  EXPECT_EQ(wrong_lines(report), (Lines{nan_stays})) << report.text();
  EXPECT_EQ(line_of(report, nan_stays).worst, "the value at x = NaN is 0");
}

// Faulty leaky relus. They are right if all lanes have the same number.
struct LeakyByTheFirstLane {
  static constexpr std::string_view name = "leaky_by_the_first_lane";
  template <class V>
  V value(const V& z) const {
    return first_lane(z) > 0 ? z : 0.1 * z;
  }
};

struct LeakyByAnyLane {
  static constexpr std::string_view name = "leaky_by_any_lane";
  template <class V>
  V value(const V& z) const {
    return any(z > 0) ? z : 0.1 * z;
  }
};

struct SlopeByTheFirstLane {
  static constexpr std::string_view name = "slope_by_the_first_lane";
  template <class V>
  V value(const V& z) const {
    return select(z > 0, z, 0.1 * z);
  }
  template <class V>
  V derivative(const V& z, const V&) const {
    return first_lane(z) > 0 ? V(1) : V(0.1);
  }
};

TEST(CheckActivation, CatchesLanesThatDecideForOthersAndNamesTheNumber) {
  EXPECT_EQ(wrong_lines(check_activation<LeakyByTheFirstLane>()), Lines{alone});
  EXPECT_EQ(wrong_lines(check_activation<LeakyByAnyLane>()), Lines{alone});
  const CheckReport report = check_activation<SlopeByTheFirstLane>();
  EXPECT_EQ(wrong_lines(report), Lines{alone}) << report.text();
  const Check check = line_of(report, alone);
  EXPECT_EQ(check.worst.find("the slope at x = "), 0u) << report.text();
  EXPECT_TRUE(check.worst.ends_with(" beside other numbers")) << report.text();
  EXPECT_GT(check.compared, 20000u);
}

/// Divides by 1 + the largest |z| of all lanes. For a number alone this is softsign, z / (1 + |z|).
struct ShareOfTheLargest {
  static constexpr std::string_view name = "share_of_the_largest";
  template <class V>
  V value(const V& z) const {
    return z / (1 + largest_of(abs(z)));
  }

 private:
  template <class T>
  static Lanes<T> largest_of(const Lanes<T>& z) {
    return fold(z, [](Lanes<T> a, Lanes<T> b) { return select(a > b, a, b); });
  }
  template <class V>
  static Dual<V> largest_of(const Dual<V>& z) {
    return {largest_of(z.value), z.slope};
  }
};

TEST(CheckActivation, CatchesAFoldOfAllLanes) {
  EXPECT_EQ(wrong_lines(check_activation<ShareOfTheLargest>()), Lines{alone})
      << check_activation<ShareOfTheLargest>().text();
}

/// Its slope below zero depends on the argument of the previous call.
struct Remembers {
  static constexpr std::string_view name = "remembers";
  mutable double before = 0;
  template <class V>
  V value(const V& z) const {
    const V y = select(z > 0, z, (before > 10 ? 0.2 : 0.1) * z);
    before = first_lane(z);
    return y;
  }
};

TEST(CheckActivation, CatchesAPolicyThatRemembers) {
  EXPECT_FALSE(line_of(check_activation<Remembers>(), alone).passed());
}

TEST(CheckActivation, TooManyPlacesAtAKinkAreNoProof) {
  EXPECT_EQ(wrong_lines(check_activation<Relu>({}, {.range = 5e-6})), (Lines{slope, curvature}));
  EXPECT_TRUE(check_activation<Relu>({}, {.range = 5e-6, .left_out = 1}).passed());
}

}  // namespace
}  // namespace gradflow

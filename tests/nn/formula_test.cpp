// Tests that a typed formula is the activation that it says: the numbers of the built-in activations, the same bits
// over arrays of any length, and one form of its text.
#include <gradflow/nn/formula.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>

#include <accuracy/accuracy.hpp>
#include <support/typed_activations.hpp>

namespace gradflow {
namespace {

/// A formula under the name of an activation of the library, whose exact values the accuracy tests know.
template <class A>
struct Typed {
  static constexpr std::string_view name = A::name;
  Formula formula{test::typed_activations.at(A::name)};
  template <class V>
  V value(const V& z) const {
    return formula.value(z);
  }
};

/// The bound of the built-in activation. The slope of z / (1 + |z|) loses digits in the tails: the quotient rule
/// subtracts two numbers near 1 there, so softsign has a derivative of its own.
template <class T>
void expect_accuracy(std::uint64_t count, auto numbers) {
  for_each_type(Activations{}, [&]<class A>(const A&) {
    const auto accuracy = test::measure<T>(Typed<A>{}, count, numbers, 1, [](std::uint64_t) {});
    for (const std::string& line : test::complaints(A::name, accuracy))
      if (A::name != Softsign::name || line.find("slope") == line.npos) ADD_FAILURE() << line;
  });
}

TEST(Formula, AgreesWithTheBuiltInActivationsInFloat) {
  const test::EveryNthFloat numbers{4001};
  expect_accuracy<float>(numbers.count(), numbers);
}

TEST(Formula, AgreesWithTheBuiltInActivationsInDouble) { expect_accuracy<double>(100000, test::SpreadDoubles{}); }

TEST(Formula, SoftsignsSlopeIsExactToAMillionthOfThePeakAndRightToTheDigitsThatAreLeftInItsTails) {
  const Formula formula(test::typed_activations.at("softsign"));
  for (double z = -1e6; z <= 1e6; z += 997) {
    const double root = 1 / (1 + std::abs(z)), slope = activation_info(formula).slope(z);
    ASSERT_NEAR(slope, root * root, 2e-16 * root) << z;
  }
}

/// Formulas with every operator and function, and formulas in which value or slope is a constant, or z itself.
const std::vector<const char*> many = {
    "formula(z)",
    "formula(1)",
    "formula(c, c=-2)",
    "-z",
    "z^2/2",
    "z*1",
    "exp(z)",
    "2*exp(z) + expm1(z)",
    "expm1(z)",
    "expm1(z)*exp(z)",
    "sigmoid(z)",
    "tanh(z)*sigmoid(z)",
    "tanh(z) - tanh(2*z)",
    "z*sigmoid(1.7*z)",
    "formula(z*sigmoid(b*z), b=1.7)",
    "select(z <= 0, 0.01*z, z)",
    "max(z, 0)^2",
    "abs(z) + z",
    "abs(sin(z)) + z*abs(z^2 - 1)*abs(abs(z) - 2)",
    "z/(1 + abs(z))",
    "min(max(z, -1), 1) + 0.1*z",
    "select(z > 1 & z < 2 | !(z >= -1), sin(z), cos(z))",
    "select(z == 0, 1, sin(z)/z)",
    "select(z != z, 0, 1/z)",
    "log1p(abs(z)) + sqrt(abs(z)) - log(1 + z^2)",
    "erfc(z)*softplus(-z)",
    "z^3 - z^-2 + abs(z)^0.5 + abs(z)^1.5 + abs(z)^0.3 + z^0",
    "clamp(z, -pi, pi) / (1.5 - z)",
    "((z + 1)*(z + 2) + (z + 3)*(z + 4))*((z + 5)*(z + 6) + (z + 7)*(z + 8))",
};

template <class T>
std::vector<T> numbers() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> z{0,
                   T(-0.0),
                   1,
                   -1,
                   2,
                   3,
                   T(0.5),
                   Limits::infinity(),
                   -Limits::infinity(),
                   Limits::quiet_NaN(),
                   Limits::denorm_min(),
                   Limits::max(),
                   Limits::lowest(),
                   Limits::min()};
  for (int i = -1500; i <= 1500; ++i) z.push_back(static_cast<T>(0.0137 * i));
  return z;
}

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

template <class T>
void expect_sweeps_like_lanes(const Formula& formula, std::span<const T> z) {
  std::vector<T> a(z.begin(), z.end()), both(a), slope(z.size(), T(7));
  formula.sweep(std::span(a));
  formula.sweep(std::span(both), std::span(slope));
  for (std::size_t i = 0; i < z.size(); ++i) {
    const Dual<Lanes<T>> one = formula.value(Dual<Lanes<T>>(z[i], T(1)));
    ASSERT_TRUE(same_bits(a[i], formula.value(Lanes<T>(z[i])).first())) << formula.text() << " at " << z[i];
    ASSERT_TRUE(same_bits(both[i], a[i])) << formula.text() << " with its slope, at " << z[i];
    ASSERT_TRUE(same_bits(slope[i], one.slope.first()))
        << formula.text() << ", slope at " << z[i] << ": " << slope[i] << ", expected " << one.slope.first();
  }
}

template <class T>
class FormulaOf : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(FormulaOf, Numbers);

TYPED_TEST(FormulaOf, AnArrayHasTheBitsOfEachNumberAlone) {
  const std::vector<TypeParam> z = numbers<TypeParam>();
  for (const char* text : many) expect_sweeps_like_lanes<TypeParam>(Formula(text), z);
}

TYPED_TEST(FormulaOf, AnArrayMayHaveAnyLength) {
  const std::vector<TypeParam> z = numbers<TypeParam>();
  for (std::size_t n = 0; n < 300; ++n)
    expect_sweeps_like_lanes<TypeParam>(Formula("z*sigmoid(1.7*z)"), std::span(z).first(n));
}

TYPED_TEST(FormulaOf, ALayerHasTheNumbersOfTheSamePolicyCompiled) {
  const auto run = [](const LayerPtr<TypeParam>& layer) {
    std::vector<TypeParam> parameters(layer->parameter_count());
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<TypeParam>(std::sin(double(i)));
    Matrix<TypeParam> x = xt::empty<TypeParam>({5, 3});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<TypeParam>(std::cos(double(i)));
    Trace<TypeParam> trace;
    layer->forward(parameters, x, trace);
    return std::pair(std::vector<TypeParam>(trace.a.begin(), trace.a.end()),
                     std::vector<TypeParam>(trace.slope.begin(), trace.slope.end()));
  };
  EXPECT_EQ(run(dense<TypeParam>("select(z <= 0, 0.2*z, z)", 3, 7)), run(dense<LeakyRelu, TypeParam>(3, 7)));
  EXPECT_EQ(run(dense<TypeParam>("tanh(z)", 3, 7)), run(dense<Tanh, TypeParam>(3, 7)));
  EXPECT_EQ(run(dense<Formula, TypeParam>(3, 7, {.activation = Formula("sigmoid(z)")})),
            run(dense<Sigmoid, TypeParam>(3, 7)));
}

double value(const char* text, double z) { return activation_info(Formula(text)).value(z); }
double slope(const char* text, double z) { return activation_info(Formula(text)).slope(z); }

TEST(Formula, OperatorsBindAsInMathematics) {
  EXPECT_EQ(value("1 + 2*z", 3), 7);
  EXPECT_EQ(value("8 - z - 2", 3), 3);
  EXPECT_EQ(value("12/z/2", 3), 2);
  EXPECT_EQ(value("-z^2", 3), -9);
  EXPECT_EQ(value("(-z)^2", 3), 9);
  EXPECT_EQ(value("z^2^3", 2), 256);
  EXPECT_EQ(value("z^-2", 2), 0.25);
  EXPECT_EQ(value("z^select(1 < 2, 3, 2)", 2), 8);
  EXPECT_EQ(value("clamp(z, -max(1, 2), min(1, 2)^2)", -3), -2);
  EXPECT_EQ(value("2*-z", 3), -6);
  EXPECT_EQ(value("+z - -z", 3), 6);
  EXPECT_EQ(value("select(z < 1 | z > 2 & z < 4, 1, 0)", 0), 1);
  EXPECT_EQ(value("select(!z < 1 & z < 4, 1, 0)", 3), 1);
  EXPECT_EQ(value(" 1.5e1 *\tz", 1), 15);
  EXPECT_EQ(value(".5*z + 5.", 1), 5.5);
}

TEST(Formula, AtAKinkTheSlopeIsThatOfThePieceToTheLeft) {
  EXPECT_EQ(slope("max(z, 0)", 0), 0);
  EXPECT_EQ(slope("max(0, z)", 0), 0);
  EXPECT_EQ(slope("max(0.1*z, z)", 0), 0.1);
  EXPECT_EQ(slope("max(z, 0.1*z)", 0), 0.1);
  EXPECT_EQ(slope("min(z, 1)", 1), 1);
  EXPECT_EQ(slope("min(1, z)", 1), 1);
}

TEST(Formula, MaxAndMinPassNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* text : {"max(z, 0)", "max(0, z)", "min(z, 0)", "min(0, z)", "clamp(z, 0, 1)", "max(z, z)"})
    EXPECT_TRUE(std::isnan(value(text, nan))) << text;
}

TEST(Formula, CurvatureFollowsToo) {
  EXPECT_NEAR(activation_info(Formula("z^3")).curvature(2), 12, 1e-14);
  EXPECT_NEAR(activation_info(Formula("z^2.5")).curvature(4), 3.75 * 2, 1e-13);
  EXPECT_NEAR(activation_info(Formula("z^0.3")).curvature(2), 0.3 * -0.7 * std::pow(2, -1.7), 1e-15);
  EXPECT_EQ(activation_info(Formula("z^1.3")).slope(0), 0);
  EXPECT_EQ(activation_info(Formula("max(z, 0)^2")).curvature(3), 2);
}

TEST(Formula, ATextThatIsANameIsNoFormula) {
  for (const char* text : {"tanh", " tanh ", "tahn", "z", "leaky_relu(slope=0.01)", "leaky_relu(slpoe=1)", "relu()",
                           "leaky_relu(0.01)", "size(1)", "", "2*y", "formula"})
    EXPECT_FALSE(Formula::is_meant(text)) << text;
  for (const char* text : {"z*2", "2z", "tanh(z)", "tahn(z)", "formula(1)", "formula()", "formula(z, b=1)", "(z)", "-z",
                           "sin(z", "sin(x)", "leaky_relu(slope=z)", " formula ( z ) "})
    EXPECT_TRUE(Formula::is_meant(text)) << text;
}

TEST(Formula, ItsTextHasOneForm) {
  const std::pair<const char*, const char*> forms[] = {
      {" z *sigmoid( 1.70*z ) ", "z*sigmoid(1.7*z)"},
      {"formula(z*sigmoid(1.7*z))", "z*sigmoid(1.7*z)"},
      {"formula(z*sigmoid(b * z),b = 1.70)", "formula(z*sigmoid(b*z), b=1.7)"},
      {"formula(z)", "formula(z)"},
      {"(z)", "formula(z)"},
      {"formula(3)", "formula(3)"},
      {"((z)+1)*2", "(z + 1)*2"},
      {"z-(z-1)", "z - (z - 1)"},
      {"(z-z)-1", "z - z - 1"},
      {"z/(2*z)", "z/(2*z)"},
      {"(z/2)*z", "z/2*z"},
      {"(-z)^2 + -(z^2)", "(-z)^2 + -z^2"},
      {"(z^2)^3 - z^(2^3)", "(z^2)^3 - z^2^3"},
      {"select((z<=0)&(z>-1|z==-2),z,!(z>0)&z<3|z!=1)", nullptr},
      {"select((z<=0)&(z>-1|z==-2),z,2)", "select(z <= 0 & (z > -1 | z == -2), z, 2)"},
      {"select(!(z<0&z>1),pi*z,3.14)", "select(!(z < 0 & z > 1), pi*z, 3.14)"},
      {"+z*.5", "z*0.5"},
      {"1e-3*z", "0.001*z"},
  };
  for (const auto& [text, expected] : forms) {
    if (!expected) {
      EXPECT_THROW(Formula{text}, FormulaError) << text;
      continue;
    }
    EXPECT_EQ(Formula(text).text(), expected);
    EXPECT_EQ(Formula(Formula(text).text()).text(), expected);
    EXPECT_EQ(dense(text, 1, 1)->activation()->name, expected);
  }
  for (const char* text : many) EXPECT_EQ(Formula(Formula(text).text()).text(), Formula(text).text());
}

TEST(Formula, ParametersAreSettings) {
  const ActivationInfo info = activation_info(Formula("formula(z*sigmoid(b*z) - c, b=1.7, c=-2)"));
  ASSERT_EQ(info.settings.size(), 2u);
  EXPECT_EQ(info.settings[0].name, "b");
  EXPECT_EQ(info.settings[1].value, -2);
  EXPECT_EQ(info.value(0), 2);
}

TEST(Formula, APolicyOfItsOwnTypeMakesTheSameLayer) {
  const auto layer = dense<Formula>(2, 3, {.activation = Formula("z/(1 + abs(z))"), .bias = false});
  EXPECT_EQ(layer->describe(), "dense 2 -> 3, z/(1 + abs(z)), no bias");
  EXPECT_EQ(dense<Formula>(2, 3)->describe(), "dense 2 -> 3, formula(z)");
}

}  // namespace
}  // namespace gradflow

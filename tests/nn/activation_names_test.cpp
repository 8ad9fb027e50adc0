// Tests how activations are read from text and described as text, and activations that a user has written.
#include <gradflow/nn/activations.hpp>

#include <cmath>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <support/activations.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

/// Activations as a user would write them, in the user's own namespace.
namespace mine {

struct Softsign {
  static constexpr std::string_view name = "my_softsign";
  template <class V>
  V value(const V& z) const {
    return z / (1 + abs(z));
  }
};

struct Bent {
  static constexpr std::string_view name = "bent";
  static constexpr auto weights = gradflow::WeightScheme::he_normal;
  double bend = 0.5;
  static constexpr gradflow::Parameter<Bent> parameters[] = {{"bend", &Bent::bend, 0.0, 1.0}};
  template <class V>
  V value(const V& z) const {
    return z + bend * (sqrt(z * z + 1) - 1);
  }
};

}  // namespace mine

namespace gradflow {
namespace {

ActivationInfo info_by_name(std::string_view text) {
  return by_name<ActivationInfo>(Activations{}, "activation", text, [](const auto& a) { return activation_info(a); });
}

TEST(ActivationNames, EachOfTheListIsFoundByItsNameAndDescribesItselfByIt) {
  EXPECT_EQ(Activations::size, 20u);
  for_each_type(Activations{}, [](const auto& activation) {
    const ActivationInfo info = info_by_name(activation.name);
    EXPECT_EQ(info.name, activation.name);
    EXPECT_EQ(info.value(0.3), activation_info(activation).value(0.3));
  });
}

TEST(ActivationNames, ParametersAreSetByNameAndComeBackInTheDescription) {
  for_each_type(Activations{}, []<class A>(A activation) {
    for (const Parameter<A>& parameter : detail::parameters_of<A>()) parameter.member.set(activation, 0.75);
    const ActivationInfo info = activation_info(activation), again = info_by_name(info.name);
    EXPECT_EQ(again.name, info.name);
    EXPECT_EQ(again.settings.size(), info.settings.size());
    for (const double z : {-2.0, -0.3, 0.3, 2.0}) EXPECT_EQ(again.value(z), info.value(z)) << info.name;
  });
}

TEST(ActivationNames, AParameterChangesTheFunction) {
  const ActivationInfo leaky = info_by_name("leaky_relu(slope=0.01)");
  EXPECT_EQ(leaky.name, "leaky_relu(slope=0.01)");
  EXPECT_DOUBLE_EQ(leaky.value(-3), -0.03);
  EXPECT_EQ(leaky.slope(-3), 0.01);
  EXPECT_EQ(info_by_name("leaky_relu").value(-3), 0.2 * -3);
  EXPECT_DOUBLE_EQ(info_by_name("elu(alpha=2)").value(-1), 2 * std::expm1(-1));
  EXPECT_DOUBLE_EQ(info_by_name("celu(alpha=2)").value(-1), 2 * std::expm1(-0.5));
}

TEST(ActivationNames, AWrongNameIsAnsweredWithTheChoicesAndTheNearest) {
  const std::string text = message_of<NameError>([] { info_by_name("tahn"); });
  EXPECT_EQ(text.substr(0, 67), "activation: got 'tahn', expected one of: identity sigmoid tanh relu");
  EXPECT_NE(text.find("; did you mean 'tanh'?"), text.npos);
  for_each_type(Activations{}, [&](const auto& a) { EXPECT_NE(text.find(a.name), text.npos); });
  EXPECT_EQ(message_of<NameError>([] { info_by_name("leaky_relu(alpha=1)"); }),
            "leaky_relu: parameter: got 'alpha', expected one of: slope");
  EXPECT_EQ(message_of<NameError>([] { info_by_name("relu(slope=1)"); }),
            "relu: parameter: got 'slope', expected none");
  EXPECT_EQ(message_of<ValueError>([] { info_by_name("celu(alpha=0)"); }),
            "celu: alpha: got 0, expected at least 1e-06");
}

TEST(ActivationNames, TheWeightSchemeFollowsTheFamily) {
  const auto expect = [](WeightScheme scheme, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) EXPECT_EQ(info_by_name(name).weights, scheme) << name;
    return names.size();
  };
  const std::size_t checked =
      expect(WeightScheme::glorot_uniform, {"identity", "sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh"}) +
      expect(WeightScheme::he_normal,
             {"relu", "leaky_relu", "elu", "celu", "relu6", "gelu", "gelu_tanh", "silu", "mish"}) +
      expect(WeightScheme::lecun_normal, {"selu", "lecun_tanh"}) +
      expect(WeightScheme::mean_field, {"softplus", "sine", "gaussian"});
  EXPECT_EQ(checked, Activations::size);
  EXPECT_EQ(activation_info(mine::Softsign{}).weights, WeightScheme::mean_field) << "it declares no weights";
}

template <class T>
class UsersActivation : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(UsersActivation, Numbers);

template <class T>
Trace<T> run(const LayerPtr<T>& layer, const Matrix<T>& x) {
  std::vector<T> parameters(layer->parameter_count());
  fill_normal(std::span(parameters), 5);
  Trace<T> trace;
  layer->forward(parameters, x, trace);
  return trace;
}

TYPED_TEST(UsersActivation, WorksInADenseLayerAtOnceAndAsTheLibrarysOwnDoes) {
  const auto x = random_matrix<TypeParam>(7, 3, 1);
  const Trace<TypeParam> mine = run(dense<mine::Softsign, TypeParam>(3, 5), x);
  const Trace<TypeParam> library = run(dense<Softsign, TypeParam>(3, 5), x);
  EXPECT_TRUE(same_bits(mine.a, library.a));
  for (std::size_t i = 0; i < mine.slope.size(); ++i)
    EXPECT_NEAR(mine.slope.data()[i], library.slope.data()[i], 8 * std::numeric_limits<TypeParam>::epsilon());
}

TYPED_TEST(UsersActivation, HasItsNameItsParametersAndItsWeightScheme) {
  const auto layer = dense<mine::Bent, TypeParam>(2, 3, {.activation = {.bend = 0.25}});
  EXPECT_EQ(layer->describe(), "dense 2 -> 3, bent(bend=0.25)");
  EXPECT_EQ(layer->activation()->weights, WeightScheme::he_normal);
  EXPECT_DOUBLE_EQ(layer->activation()->value(2), 2 + 0.25 * (std::sqrt(5) - 1));
  EXPECT_DOUBLE_EQ(layer->activation()->slope(2), 1 + 0.25 * 2 / std::sqrt(5));
  EXPECT_NEAR(layer->activation()->curvature(2), 0.25 / std::pow(5, 1.5), 1e-15);
  EXPECT_EQ(message_of<ValueError>([] { dense<mine::Bent, TypeParam>(2, 3, {.activation = {.bend = 2}}); }),
            "bent: bend: got 2, expected a number in [0, 1]");
}

}  // namespace
}  // namespace gradflow

// Every activation against its textbook formula in long double.
#include <gradflow/nn/activations.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <base/ulp.hpp>
#include <support/activations.hpp>

namespace gradflow {
namespace {

using Real = long double;

struct ExactActivation {
  Real (*value)(Real);
  Real (*slope)(Real);
};

const Real pi = std::acos(-1.0L);

Real logistic(Real z) { return 1 / (1 + std::exp(-z)); }
Real logistic_slope(Real z) { return logistic(z) * logistic(-z); }
Real sech2(Real z) { return 1 / (std::cosh(z) * std::cosh(z)); }
Real log_1_exp(Real z) { return std::max(z, 0.0L) + std::log1p(std::exp(-std::abs(z))); }
Real normal_below(Real z) { return std::erfc(-z / std::sqrt(2.0L)) / 2; }
Real normal_density(Real z) { return std::exp(-z * z / 2) / std::sqrt(2 * pi); }
Real tanh_gate(Real z) { return 2 * std::sqrt(2 / pi) * (z + 0.044715L * z * z * z); }
Real tanh_gate_slope(Real z) { return 2 * std::sqrt(2 / pi) * (1 + 3 * 0.044715L * z * z); }
/// tanh(log(1 + e^z)) = n / (n + 2) with n = e^z (e^z + 2)
Real mish_gate(Real z) {
  const Real n = std::exp(z) * (std::exp(z) + 2);
  return z > 40 ? 1 : n / (n + 2);
}
Real unit_elu(Real z) { return z <= 0 ? std::expm1(z) : z; }
Real unit_elu_slope(Real z) { return z <= 0 ? std::exp(z) : 1; }
constexpr Real selu_lambda = 1.0507009873554805L, selu_alpha = 1.6732632423543772L;
template <int low, int high>
Real inside(Real z) {
  return z > low && z < high;
}

const std::map<std::string_view, ExactActivation> exact{
    {"identity", {[](Real z) { return z; }, [](Real) { return 1.0L; }}},
    {"sigmoid", {logistic, logistic_slope}},
    {"tanh", {[](Real z) { return std::tanh(z); }, sech2}},
    {"relu", {[](Real z) { return std::max(z, 0.0L); }, [](Real z) { return z > 0 ? 1.0L : 0; }}},
    {"leaky_relu", {[](Real z) { return z > 0 ? z : 0.2L * z; }, [](Real z) { return z > 0 ? 1 : 0.2L; }}},
    {"elu", {unit_elu, unit_elu_slope}},
    {"celu", {unit_elu, unit_elu_slope}},
    {"selu",
     {[](Real z) { return selu_lambda * (z > 0 ? z : selu_alpha * std::expm1(z)); },
      [](Real z) { return selu_lambda * (z > 0 ? 1 : selu_alpha * std::exp(z)); }}},
    {"gelu",
     {[](Real z) { return z * normal_below(z); }, [](Real z) { return normal_below(z) + z * normal_density(z); }}},
    {"gelu_tanh",
     {[](Real z) { return z * logistic(tanh_gate(z)); },
      [](Real z) { return logistic(tanh_gate(z)) + z * logistic_slope(tanh_gate(z)) * tanh_gate_slope(z); }}},
    {"silu", {[](Real z) { return z * logistic(z); }, [](Real z) { return logistic(z) * (1 + z * logistic(-z)); }}},
    {"mish",
     {[](Real z) { return z * mish_gate(z); },
      [](Real z) { return mish_gate(z) + z * sech2(log_1_exp(z)) * logistic(z); }}},
    {"softplus", {log_1_exp, logistic}},
    {"softsign",
     {[](Real z) { return z / (1 + std::abs(z)); },
      [](Real z) { return 1 / ((1 + std::abs(z)) * (1 + std::abs(z))); }}},
    {"hard_sigmoid",
     {[](Real z) { return std::clamp(z / 6 + 0.5L, 0.0L, 1.0L); }, [](Real z) { return inside<-3, 3>(z) / 6; }}},
    {"hard_tanh", {[](Real z) { return std::clamp(z, -1.0L, 1.0L); }, inside<-1, 1>}},
    {"relu6", {[](Real z) { return std::clamp(z, 0.0L, 6.0L); }, inside<0, 6>}},
    {"lecun_tanh",
     {[](Real z) { return 1.7159L * std::tanh(2 * z / 3); },
      [](Real z) { return 1.7159L * 2 / 3 * sech2(2 * z / 3); }}},
    {"sine", {[](Real z) { return std::sin(z); }, [](Real z) { return std::cos(z); }}},
    {"gaussian", {[](Real z) { return std::exp(-z * z); }, [](Real z) { return -2 * z * std::exp(-z * z); }}},
};

/// All of [-104, 104], where float has its tails, and the places nearest to 0.
template <class T>
std::vector<T> arguments() {
  std::vector<T> z;
  for (int i = -6500; i <= 6500; ++i) z.push_back(static_cast<T>(0.016 * i));
  for (const double size : {1e-38, 1e-20, 1e-10, 1e-5, 1e-3, 1e-2})
    for (const double sign : {-1.0, 1.0}) z.push_back(static_cast<T>(sign * size));
  return z;
}

/// 8 ulp; besides, an error as if z itself had been rounded twice (near a zero, or in a steep tail, nothing can
/// be better), and what falls below the normal numbers on the way.
template <class T>
Real allowed(Real z, Real (*f)(Real)) {
  constexpr Real epsilon = std::numeric_limits<T>::epsilon(), smallest = std::numeric_limits<T>::min();
  const Real h = 1e-6L * std::max(1.0L, std::abs(z));
  const Real steepness = std::abs(f(z + h) - f(z - h)) / (2 * h);
  const Real reach = 1 + std::abs(z);
  return 8 * test::ulp<T>(f(z)) + 2 * epsilon * std::abs(z) * steepness + 4 * smallest * reach * reach * reach;
}

template <class T>
class Exactly : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Exactly, Numbers);

TEST(Exactly, EveryActivationOfTheListHasItsFormulaHere) {
  for_each_type(Activations{}, [](const auto& a) { EXPECT_TRUE(exact.contains(a.name)) << "give that of " << a.name; });
  EXPECT_EQ(exact.size(), Activations::size);
}

TYPED_TEST(Exactly, ValuesAreThoseOfTheFormula) {
  for_each_type(Activations{}, [](const auto& activation) {
    const auto formula = exact.at(activation.name).value;
    for (const TypeParam z : arguments<TypeParam>())
      ASSERT_LE(std::abs(value_at(activation, z) - formula(z)), allowed<TypeParam>(z, formula))
          << activation.name << "(" << z;
  });
}

TYPED_TEST(Exactly, SlopesAreThoseOfTheFormula) {
  for_each_type(Activations{}, [](const auto& activation) {
    const auto formula = exact.at(activation.name).slope;
    for (const TypeParam z : arguments<TypeParam>())
      ASSERT_LE(std::abs(slope_at(activation, z) - formula(z)), allowed<TypeParam>(z, formula))
          << activation.name << "'(" << z;
  });
}

/// A difference quotient straddles a kink where both sides disagree.
template <class F, class D>
void expect_derivative(std::string_view name, const F& f, const D& derivative) {
  for (double z = -12.0007; z < 12; z += 0.0123) {
    const double h = 1e-5 * std::max(1.0, std::abs(z));
    const double quotient = (f(z + h) - f(z - h)) / (2 * h);
    const double change = std::abs(derivative(z + h) - derivative(z - h));
    if (change < 0.01) {
      ASSERT_NEAR(derivative(z), quotient, 1e-8) << name << " at " << z;
    }
  }
}

TEST(Exactly, SlopeIsTheDifferenceQuotientOfTheValueAndCurvatureThatOfTheSlope) {
  for_each_type(Activations{}, [](const auto& activation) {
    const ActivationInfo info = activation_info(activation);
    expect_derivative(info.name, info.value, info.slope);
    expect_derivative(info.name, info.slope, info.curvature);
  });
}

TEST(Exactly, ADerivativeWrittenByHandIsThatOfTheDualNumber) {
  for_each_type(Activations{}, [](const auto& activation) {
    if constexpr (requires(Lanes<double> z) { activation.derivative(z, z); }) {
      for (double z = -20; z <= 20; z += 0.0123) {
        const double dual = activation.value(Dual<Lanes<double>>(Lanes<double>(z), Lanes<double>(1))).slope.first();
        ASSERT_NEAR(slope_at(activation, z), dual, 1e-13 * std::abs(dual)) << activation.name << " at " << z;
      }
    }
  });
}

TYPED_TEST(Exactly, ANumberHasTheSameBitsInEveryLane) {
  using T = TypeParam;
  for_each_type(Activations{}, [](const auto& activation) {
    const auto z = test::sweep<T>(T(-30), T(30));
    const auto together = test::mapped(z, [&](Lanes<T> v) { return activation.value(v); });
    for (std::size_t i = 0; i < z.size(); i += 977)
      ASSERT_TRUE(test::same_bits(together[i], value_at(activation, z[i]))) << activation.name << "(" << z[i];
  });
}

}  // namespace
}  // namespace gradflow

// Tests what the library derives from an activation's formula: its derivatives, and the same bits in every lane.
#include <gradflow/nn/activations.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

#include <gtest/gtest.h>

#include <math/ulp.hpp>
#include <support/activations.hpp>
#include <support/exact_activations.hpp>

namespace gradflow {
namespace {

template <class T>
class Exactly : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Exactly, Numbers);

TEST(Exactly, EveryActivationOfTheListHasItsFormulaInTheOracle) {
  const auto& exact = test::exact_activations<long double>();
  for_each_type(Activations{},
                [&](const auto& a) { EXPECT_TRUE(exact.contains(a.name)) << "no exact formula of " << a.name; });
  EXPECT_EQ(exact.size(), Activations::size);
}

// The tests in accuracy/ check values and slopes.
TEST(Exactly, CurvaturesAreThoseOfTheFormula) {
  for_each_type(Activations{}, [](const auto& activation) {
    const auto exact = test::exact_activations<long double>().at(activation.name).curvature;
    for (double z = -30; z <= 30; z += 0.0123) {
      const auto expected = static_cast<double>(exact(z));
      ASSERT_NEAR(curvature_at(activation, z), expected, 1e-11 * std::abs(expected) + 1e-14) << activation.name << z;
    }
  });
}

/// Compares the derivative with the difference quotient of f. Skips points at a kink: there the derivatives on the two
/// sides differ by 0.01 or more.
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

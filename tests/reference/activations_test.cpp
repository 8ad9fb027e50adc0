// Compares every activation and its slope with PyTorch, at points of [-12, 12] that are exact in float and double.
#include <gradflow/nn/activations.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <reference/arrays.hpp>
#include <support/activations.hpp>

namespace gradflow {
namespace {

template <class T>
class ActivationsReference : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("activations.txt");
  const std::vector<std::string> cases = arrays.cases("");
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(ActivationsReference, Numbers);

/// Returns |got - expected| / max(1, |expected|), in units of epsilon. Not relative below 1: PyTorch subtracts 1 from
/// numbers near 1 (elu near 0, slopes of tanh and silu), so its small results have only absolute accuracy.
template <class T>
double units_off(T got, double expected) {
  return std::abs(static_cast<double>(got) - expected) / std::max(1.0, std::abs(expected)) /
         static_cast<double>(std::numeric_limits<T>::epsilon());
}

TEST(ActivationsReference, EveryOneOfTheListIsThere) {
  const auto cases = reference::stored("activations.txt").cases("");
  EXPECT_EQ(reference::not_among(cases, Activations{}), std::vector<std::string>{});
}

/// In double, most of the tolerance is for PyTorch's own errors: its slope of silu is wrong by 7 epsilon at z = 11.
TYPED_TEST(ActivationsReference, ValuesAndSlopesAreThoseOfPyTorchInDouble) {
  using T = TypeParam;
  constexpr bool is_double = std::is_same_v<T, double>;
  constexpr double allowed = is_double ? 10 : 2;
  for (const std::string& name : this->cases) {
    const Matrix<double>& points = this->arrays[name];  // z, f(z), f'(z)
    double value_off = 0, slope_off = 0;
    const auto compare = [&](const auto& activation) {
      for (std::size_t i = 0; i < rows(points); ++i) {
        const T z = static_cast<T>(points(i, 0));
        const double value = units_off(value_at(activation, z), points(i, 1));
        const double slope = units_off(slope_at(activation, z), points(i, 2));
        EXPECT_LE(value, allowed) << name << " at " << z;
        EXPECT_LE(slope, allowed) << name << "' at " << z;
        value_off = std::max(value_off, value);
        slope_off = std::max(slope_off, slope);
      }
      return rows(points);
    };
    EXPECT_GT(by_name<std::size_t>(Activations{}, "activation", name, compare), 60u);
    std::printf("%s, %s: value %.1f, slope %.1f epsilon (at most %.0f)\n", name.c_str(), is_double ? "double" : "float",
                value_off, slope_off, allowed);
  }
}

}  // namespace
}  // namespace gradflow

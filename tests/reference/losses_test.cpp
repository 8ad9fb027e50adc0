// Compares every loss and its gradient with PyTorch, on batches of numbers that are exact in float and double.
#include <gradflow/nn/losses.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <reference/arrays.hpp>

namespace gradflow {
namespace {

template <class T>
class LossesReference : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("losses.txt");
  const std::vector<std::string> cases = arrays.cases("; loss");
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LossesReference, Numbers);

TEST(LossesReference, EveryOneOfTheListIsThere) {
  const auto cases = reference::stored("losses.txt").cases("; loss");
  EXPECT_EQ(reference::not_among(cases, Losses{}), std::vector<std::string>{});
}

/// Errors are in units of epsilon. The error of the loss is divided by the loss, that of the gradient by its norm.
TYPED_TEST(LossesReference, LossesAndGradientsAreThoseOfPyTorchInDouble) {
  using T = TypeParam;
  constexpr bool is_double = std::is_same_v<T, double>;
  constexpr double epsilon = std::numeric_limits<T>::epsilon(), allowed = 2;
  for (const std::string& name : this->cases) {
    const auto array = [&](const char* part) -> const Matrix<double>& { return this->arrays[name + "; " + part]; };
    Matrix<T> delta;
    const double loss =
        make_loss<T>(reference::first_part(name))
            ->evaluate(reference::rounded<T>(array("output")), reference::rounded<T>(array("target")), delta);
    const double loss_off = reference::distance<double>({&loss, 1}, flat(array("loss"))) / epsilon;
    const double gradient_off = reference::distance<T>(flat(delta), flat(array("gradient"))) / epsilon;
    std::printf("%s, %s: loss %.1f, gradient %.1f epsilon (at most %.0f)\n", name.c_str(),
                is_double ? "double" : "float", loss_off, gradient_off, allowed);
    EXPECT_LE(loss_off, allowed) << name;
    EXPECT_LE(gradient_off, allowed) << name;
  }
}

}  // namespace
}  // namespace gradflow

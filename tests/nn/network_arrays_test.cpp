// A network's parameters and gradients as matrices, its input gradient, its layers in another network, and its summary.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/gradflow.hpp>
#include <gradflow/math/xtensor.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
Network<T> network_of_3_inputs() {
  Network<T> network{dense<Tanh, T>(3, 5), dense<Identity, T>(5, 2, {.bias = false})};
  network.initialize(GlorotUniform{}, 1);
  return network;
}

template <class T>
class NetworkArrays : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(NetworkArrays, Numbers);

TYPED_TEST(NetworkArrays, WeightsAndGradientsAreTheNumbersOfTheBuffers) {
  using T = TypeParam;
  Network<T> network = network_of_3_inputs<T>();
  const auto x = random_matrix<T>(4, 3, 1), delta = random_matrix<T>(4, 2, 2);
  const Matrix<T> output = network.forward(x);
  network.backward(x, delta);
  const Network<T>& fixed = network;
  static_assert(std::is_same_v<decltype(fixed.weights(0)), MatrixView<const T>>);
  static_assert(std::is_same_v<decltype(fixed.biases(0)), MatrixView<const T>>);
  EXPECT_EQ(shape_text(matrix(fixed.weights(0))), "[3, 5]");
  EXPECT_EQ(shape_text(matrix(fixed.biases(0))), "[1, 5]");
  EXPECT_EQ(shape_text(matrix(fixed.weight_gradients(1))), "[5, 2]");
  EXPECT_EQ(shape_text(matrix(fixed.bias_gradients(0))), "[1, 5]");
  EXPECT_EQ(fixed.weights(0).data(), fixed.parameters().data());
  EXPECT_EQ(fixed.biases(0).data(), fixed.parameters().data() + 15);
  EXPECT_EQ(fixed.weights(1).data(), fixed.parameters().data() + 20);
  EXPECT_EQ(fixed.weight_gradients(1).data(), fixed.gradients().data() + 20);
  EXPECT_EQ(fixed.bias_gradients(0).data(), fixed.gradients().data() + 15);
  // dL/dW of the last layer is a^T delta, and its output is a W.
  const Matrix<T>& a = network.trace(0).a;
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      double sum = 0;
      for (std::size_t s = 0; s < 4; ++s) sum += static_cast<double>(a(s, i)) * static_cast<double>(delta(s, j));
      EXPECT_NEAR(static_cast<double>(fixed.weight_gradients(1)(i, j)), sum, 1e-5);
    }
  network.weights(1) = 2 * fixed.weights(1);
  for (std::size_t s = 0; s < 4; ++s)
    for (std::size_t j = 0; j < 2; ++j) EXPECT_EQ(network.predict(x)(s, j), 2 * output(s, j));
  network.biases(0).fill(T(0.5));
  EXPECT_EQ(xt::amin(fixed.biases(0))(), T(0.5));
  EXPECT_EQ(xt::sum(xt::view(fixed.biases(0), 0, xt::range(0, 2)))(), T(1));
}

TYPED_TEST(NetworkArrays, AWrongBlockOrShapeIsRefusedAndNothingHasChanged) {
  using T = TypeParam;
  Network<T> network = network_of_3_inputs<T>();
  const std::vector<T> before(network.parameters().begin(), network.parameters().end());
  EXPECT_EQ(message_of<NameError>([&] { network.weights(2); }), "network: layer: got 2, expected less than 2");
  EXPECT_EQ(message_of<NameError>([&] { network.biases(1); }),
            "layer 1 (dense 5 -> 2, identity, no bias): block of parameters: got 'bias', expected one of: weight");
  EXPECT_EQ(message_of<NameError>([&] { network.gradients(0, "weights"); }),
            "layer 0 (dense 3 -> 5, tanh): block of parameters: got 'weights', expected one of: weight bias; did you "
            "mean 'weight'?");
  EXPECT_EQ(message_of<ShapeError>([&] {
              network.weights(0) = xt::ones<T>({5, 3});
            }),
            "matrix view: assignment: got [5, 3], expected [3, 5]: a view keeps its shape");
  EXPECT_EQ(message_of<ShapeError>([&] { network.biases(0) = xt::ones<T>({5}); }),
            "matrix view: assignment: got [5], expected [1, 5]: a view keeps its shape");
  EXPECT_TRUE(std::ranges::equal(network.parameters(), before));
}

/// The loss is the sum of delta * output, so dL/doutput is delta.
TEST(InputGradient, AgreesWithDifferenceQuotients) {
  Network<double> network{dense<Tanh, double>(3, 6), dense<Sigmoid, double>(6, 5), dense<Identity, double>(5, 2)};
  network.initialize(GlorotUniform{}, 3);
  const auto x = random_matrix<double>(4, 3, 1), delta = random_matrix<double>(4, 2, 2);
  Matrix<double> x_delta;
  network.forward(x);
  network.backward(x, delta, &x_delta);
  ASSERT_EQ(shape_text(x_delta), "[4, 3]");
  constexpr double h = 1e-5;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      Matrix<double> above = x, below = x;
      above(i, j) += h;
      below(i, j) -= h;
      const double slope = xt::sum(delta * (network.predict(above) - network.predict(below)))() / (2 * h);
      EXPECT_NEAR(x_delta(i, j), slope, 1e-7);
    }
}

TEST(InputGradient, LeavesTheOtherGradientsUnchanged) {
  Network<float> network = network_of_3_inputs<float>();
  const auto x = random_matrix<float>(4, 3, 1), delta = random_matrix<float>(4, 2, 2);
  Matrix<float> x_delta;
  network.forward(x);
  network.backward(x, delta);
  const std::vector<float> gradients(network.gradients().begin(), network.gradients().end());
  network.backward(x, delta, &x_delta);
  EXPECT_TRUE(std::ranges::equal(network.gradients(), gradients));
}

TEST(LayersOfANetwork, CanBeSharedByAnother) {
  const Network<float> first = network_of_3_inputs<float>();
  Network<float> second{first.layers()[0], dense<Relu>(5, 4), dense<Identity>(4, 1)};
  EXPECT_EQ(&second.layer(0), &first.layer(0));
  second.weights(0) = first.weights(0);
  second.biases(0) = first.biases(0);
  EXPECT_TRUE(std::ranges::equal(second.parameters(0), first.parameters(0)));
}

TEST(NetworkSummary, HasALineForEachLayerAndTheTotals) {
  std::ostringstream text;
  text << network_of_3_inputs<float>();
  EXPECT_EQ(text.str(),
            "layer 0   dense 3 -> 5, tanh                      20 parameters\n"
            "layer 1   dense 5 -> 2, identity, no bias         10 parameters\n"
            "3 inputs, 2 outputs, 30 parameters\n");
}

TEST(AMatrix, IsPrintedByXtensor) {
  std::ostringstream text;
  text << Matrix<float>{{1, 2}, {3, 4.5}};
  EXPECT_EQ(text.str(), "{{ 1. ,  2. },\n { 3. ,  4.5}}");
}

}  // namespace
}  // namespace gradflow

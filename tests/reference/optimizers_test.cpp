// Compares every optimiser with PyTorch: 200 steps on a quadratic, and 200 steps of a small network on one batch.
#include <gradflow/optim/optimizers.hpp>

#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/losses.hpp>
#include <reference/networks.hpp>
#include <reference/quadratic.hpp>

namespace gradflow {
namespace {

constexpr std::size_t steps = 200;

/// The differences from PyTorch, ||got - expected|| / ||expected||, for the losses of all steps and for the parameters
/// after the last step.
struct Disagreement {
  double losses, parameters;
};

template <class T>
class OptimizersReference : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("optimizers.txt");
  const std::vector<std::string> cases = arrays.cases("; quadratic; losses");

  Disagreement on_quadratic(const std::string& optimizer) const {
    reference::Quadratic<T> quadratic(arrays);
    const auto made = make_optimizer<T>(optimizer);
    std::vector<double> losses;
    for (std::size_t i = 0; i < steps; ++i) {
      losses.push_back(quadratic.loss());
      made->step(quadratic.parameters, quadratic.gradients());
    }
    const std::string name = optimizer + "; quadratic; ";
    return {reference::distance<double>(losses, flat(arrays[name + "losses"])),
            reference::distance<T>(quadratic.parameters, flat(arrays[name + "parameters"]))};
  }

  Disagreement on_network(const std::string& optimizer) const {
    const auto x = reference::rounded<T>(arrays["network; x"]), y = reference::rounded<T>(arrays["network; y"]);
    auto network = reference::network_of<T>(arrays, "network; start", "tanh");
    const auto made = make_optimizer<T>(optimizer);
    Matrix<T> delta;
    std::vector<double> losses;
    for (std::size_t i = 0; i < steps; ++i) {
      losses.push_back(make_loss<T>(MeanSquaredError{})->evaluate(network.forward(x), y, delta));
      network.backward(x, delta);
      made->step(network.parameters(), std::as_const(network).gradients());
    }
    const std::string name = optimizer + "; network";
    return {reference::distance<double>(losses, flat(arrays[name + "; losses"])),
            reference::distance(network, arrays, name)};
  }
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(OptimizersReference, Numbers);

TEST(OptimizersReference, EveryOneOfTheListIsThere) {
  const auto cases = reference::stored("optimizers.txt").cases("; quadratic; losses");
  EXPECT_EQ(reference::not_among(cases, Optimizers{}), std::vector<std::string>{});
}

/// The tolerance for float allows for the rounding errors of 200 steps; PyTorch computed in double.
TYPED_TEST(OptimizersReference, TrajectoriesAreThoseOfPyTorchInDouble) {
  constexpr bool is_double = std::is_same_v<TypeParam, double>;
  constexpr double tolerance = is_double ? 1e-12 : 2e-5;
  for (const std::string& optimizer : this->cases) {
    const auto quadratic = this->on_quadratic(optimizer), network = this->on_network(optimizer);
    std::printf(
        "%s, %s: quadratic: losses %.0e, parameters %.0e; network: losses %.0e, parameters %.0e (at most %.0e)\n",
        optimizer.c_str(), is_double ? "double" : "float", quadratic.losses, quadratic.parameters, network.losses,
        network.parameters, tolerance);
    for (const double off : {quadratic.losses, quadratic.parameters, network.losses, network.parameters})
      EXPECT_LE(off, tolerance) << optimizer;
  }
}

}  // namespace
}  // namespace gradflow

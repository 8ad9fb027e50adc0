// Compares training with groups of parameters and with frozen layers with PyTorch: 200 steps of a small network with
// each optimiser, with the gradients clipped by their norm.
#include <gradflow/optim/parameter_groups.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/losses.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <reference/networks.hpp>

namespace gradflow {
namespace {

const std::map<std::string, std::vector<ParameterGroup>> ways = {
    {"grouped", {{.layer = 0, .rate = 0.1}, {.layer = 2, .rate = 0.5}, {.block = "bias", .weight_decay = 0}}},
    {"layer 0 frozen", {{.layer = 0, .rate = 0}}},
    {"layer 1 frozen", {{.layer = 1, .rate = 0}}}};

/// Returns the factor by which PyTorch's clip_grad_norm_ multiplies the gradients.
double torch_clip_scale(double norm) { return std::min(1.0, 0.1 / (norm + 1e-6)); }

class ParameterGroupsReference : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("parameter_groups.txt");
  const Matrix<double>&x = arrays["network; x"], &y = arrays["network; y"];

  /// Returns the number of steps whose gradients were clipped.
  std::size_t compare(const std::string& optimizer, const std::string& way) const {
    constexpr double tolerance = 1e-12;
    auto network = reference::network_of<double>(arrays, "network; start", "tanh");
    const auto made = make_optimizer<double>(optimizer);
    made->set_groups(ways.at(way));
    Matrix<double> delta;
    std::vector<double> losses;
    std::size_t clipped = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      losses.push_back(make_loss<double>(MeanSquaredError{})->evaluate(network.forward(x), y, delta));
      network.backward(x, delta);
      const double scale = torch_clip_scale(made->gradient_norm(network));
      made->step(network, {.gradient_scale = scale});
      if (scale < 1) ++clipped;
    }
    const std::string name = optimizer + "; " + way;
    const double off_losses = reference::distance<double>(losses, flat(arrays[name + "; losses"]));
    const double off_parameters = reference::distance(network, arrays, name);
    std::printf("%s: losses %.0e, parameters %.0e (at most %.0e)\n", name.c_str(), off_losses, off_parameters,
                tolerance);
    EXPECT_LE(off_losses, tolerance) << name;
    EXPECT_LE(off_parameters, tolerance) << name;
    return clipped;
  }
};

TEST_F(ParameterGroupsReference, EveryOptimizerOfTheListIsThere) {
  for (const auto& [way, groups] : ways)
    EXPECT_EQ(reference::not_among(arrays.cases("; " + way + "; losses"), Optimizers{}), std::vector<std::string>{});
}

TEST_F(ParameterGroupsReference, TrajectoriesAreThoseOfPyTorchInDouble) {
  for (const auto& [way, groups] : ways)
    for (const std::string& optimizer : arrays.cases("; " + way + "; losses"))
      EXPECT_GT(compare(optimizer, way), 20u) << "clipping must matter";
}

}  // namespace
}  // namespace gradflow

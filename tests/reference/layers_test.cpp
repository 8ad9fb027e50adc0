// Compares whole runs with each kind of layer with PyTorch: 50 steps of a small network on batches of a regression. The
// chain of all layers is compared too. Dropout is left out: PyTorch draws other random numbers.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/activate.hpp>
#include <gradflow/nn/layer_kinds.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <reference/networks.hpp>

namespace gradflow {
namespace {

using Layers = std::vector<LayerPtr<double>>;

/// Returns the layers of each case, which stand between two dense layers. families/layers.py has the same ones.
std::map<std::string, Layers> layer_table() {
  constexpr std::size_t n = 5;
  const std::vector<std::pair<std::string, LayerPtr<double>>> single = {
      {"rms_norm", rms_norm<double>(n)},
      {"activate", activate<Sigmoid, double>(n)},
      {"batch_norm", batch_norm<double>(n)},
      {"prelu", prelu<double>(n)},
      {"layer_norm", layer_norm<double>(n)},
      {"residual", residual({dense<Tanh, double>(n, n), dense<Identity, double>(n, n)})},
      {"prelu, per unit", prelu<double>(n, {.per_unit = true})},
      {"batch_norm, eps 0.01, momentum 0.3", batch_norm<double>(n, {.eps = 0.01, .momentum = 0.3})},
      {"residual, scaled and nested",
       residual({layer_norm<double>(n), residual({dense<Tanh, double>(n, n)}), activate<Tanh, double>(n)},
                {.scale = 0.7})}};
  std::map<std::string, Layers> table;
  for (const auto& [name, layer] : single) {
    table[name] = {layer};
    table["all layers"].push_back(layer);
  }
  return table;
}

Network<double> network_with(const Layers& between) {
  Layers layers{dense<Tanh, double>(3, 5)};
  layers.insert(layers.end(), between.begin(), between.end());
  layers.push_back(dense<Identity, double>(5, 2));
  return Network<double>(std::move(layers));
}

class LossRecorder : public Observer<double> {
 public:
  std::vector<double> losses;
  Next on_gradients(const Step<double>& step) override {
    losses.push_back(step.loss);
    return Next::proceed;
  }
};

/// The differences from PyTorch, ||got - expected|| / ||expected||: for parameters and states, the largest of a block.
struct Disagreement {
  double losses = 0, parameters = 0, states = 0;
  double predicted = 0;  // the outputs of predict() after the run
  double evaluated = 0;  // the outputs of forward() in evaluation, which computes them with another trace
};

class LayersReference : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("layers.txt");
  const Matrix<double>&x = arrays["x"], &y = arrays["y"];
  const std::map<std::string, Layers> table = layer_table();

  /// Returns the network of the case with the stored initial parameters. Its states have their first values.
  Network<double> network_of(const std::string& name) const {
    auto network = network_with(table.at(name));
    for (const PlacedBlock& b : network.blocks())
      std::ranges::copy(flat(arrays[reference::array_name(name + "; start", b.layer, b.block.name)]),
                        network.parameters(b).begin());
    return network;
  }

  Disagreement compare(const std::string& name, const std::string& optimizer) const {
    auto network = network_of(name);
    const auto made = make_optimizer<double>(optimizer);
    LossRecorder recorder;
    Trainer(network, MeanSquaredError{}, *made, {.steps = 50, .batch_size = 8, .shuffle = false})
        .watch(recorder)
        .fit({x, y, {}, {}});
    const std::string run = name + "; " + optimizer;
    const auto outputs = flat(arrays[run + "; outputs"]);
    return {reference::distance<double>(recorder.losses, flat(arrays[run + "; losses"])),
            reference::distance(network, arrays, run), distance_of_states(network, run),
            reference::distance<double>(flat(network.predict(x)), outputs),
            reference::distance<double>(flat(network.forward(x, {.training = false})), outputs)};
  }

 private:
  double distance_of_states(const Network<double>& network, const std::string& run) const {
    double worst = 0;
    for (const PlacedBlock& b : network.value_blocks().subspan(network.blocks().size())) {
      const auto state = network.values().subspan(b.block.offset, b.block.size());
      const double off = reference::distance(state, flat(arrays[reference::array_name(run, b.layer, b.block.name)]));
      if (std::isnan(off)) return off;
      worst = std::max(worst, off);
    }
    return worst;
  }
};

TEST_F(LayersReference, EveryKindExceptDropoutIsThere) {
  std::set<std::string> missing{"dropout"};
  for (const std::string& kind : layer_kinds<double>()) missing.insert(kind);
  for (const std::string& run : arrays.cases("; losses")) {
    const auto network = network_with(table.at(reference::first_part(run)));
    for (const auto& layer : network.layers()) missing.erase(layer->recipe().kind);
  }
  EXPECT_EQ(missing, std::set<std::string>{"dropout"});
}

TEST_F(LayersReference, EveryCaseIsThereWithTwoOptimizers) {
  std::map<std::string, int> runs;
  for (const std::string& run : arrays.cases("; losses")) ++runs[reference::first_part(run)];
  for (const auto& [name, layers] : table) EXPECT_EQ(runs[name], 2) << name;
  EXPECT_EQ(runs.size(), table.size());
}

/// Much of the difference comes from the file, whose numbers have 14 digits.
TEST_F(LayersReference, InDoubleLossesParametersStatesAndOutputsAreThoseOfPyTorch) {
  constexpr double tolerance = 1e-10;
  for (const std::string& run : arrays.cases("; losses")) {
    const std::string name = reference::first_part(run), optimizer = run.substr(name.size() + 2);
    const Disagreement off = compare(name, optimizer);
    std::printf(
        "%s: losses %.0e, parameters %.0e, states %.0e, predict %.0e, forward in evaluation %.0e (at most %.0e)\n",
        run.c_str(), off.losses, off.parameters, off.states, off.predicted, off.evaluated, tolerance);
    for (const double difference : {off.losses, off.parameters, off.states, off.predicted, off.evaluated})
      EXPECT_LE(difference, tolerance) << run;
  }
}

}  // namespace
}  // namespace gradflow

// Tests diagnose() on runs with a planted fault, which it must find, and on healthy runs, where it must find none. The
// thresholds were chosen with the seeds 1 to 3. These tests use the seeds 11 to 13.
#include <gradflow/flow/diagnosis.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/data/csv.hpp>
#include <gradflow/data/scaling.hpp>
#include <gradflow/data/toy.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/observers/flow_history.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/verdict_pairs.hpp>

namespace gradflow {
namespace {

#if defined(__SANITIZE_ADDRESS__)  // this build is thirty times slower; the others run all cases
constexpr std::uint64_t seeds[] = {11};
constexpr std::size_t healthy_depths[] = {2}, planted_depths[] = {4};
constexpr std::size_t least_healthy = 10;
#else
constexpr std::uint64_t seeds[] = {11, 12, 13};
constexpr std::size_t healthy_depths[] = {2, 4, 10}, planted_depths[] = {4, 10, 20};
constexpr std::size_t least_healthy = 30;
#endif

struct Case {
  bool moons = false;  ///< trains on moons; false: on digits
  std::string activation;
  std::size_t depth = 10;
  std::uint64_t seed = 11;
  std::string init = "auto";
  double rate = 0;                                       ///< learning rate; 0: 0.1 for moons, 0.03 for digits
  std::function<void(Network<float>&)> plant = nullptr;  ///< changes the initialised network
  std::function<void(Matrix<float>&)> spoil = nullptr;   ///< changes the features
};

struct Ran {
  std::vector<Finding> findings;
  double accuracy;
  bool healthy;  ///< judged by accuracy alone: high at the end, and never a drop of 0.2 after the first epoch
  std::string text;
};

struct Drops : Observer<float> {
  double best = 0;
  bool dropped = false;
  Next on_epoch(const Epoch<float>& epoch) override {
    const double accuracy = epoch.validation.accuracy;
    dropped |= epoch.number > 0 && accuracy < best - 0.2;
    best = std::max(best, accuracy);
    return Next::proceed;
  }
};

/// Returns the training and the test data. Moons: both are the whole set. Digits: 80 % and the rest.
Split<float> data_of(const Case& c) {
  static const Dataset<float> digits = [] {
    auto all = load_csv(GRADFLOW_DATASETS "/digits.csv");
    min_max_scaler(all.x).apply(all.x);
    return all;
  }();
  const auto toy = [&] { return make_toy("moons", {.samples = 1000, .noise = 0.1, .seed = c.seed}); };
  Split<float> parts = c.moons ? Split<float>{toy(), toy()} : split(digits, {.fraction = 0.8, .seed = c.seed});
  if (c.spoil) {
    c.spoil(parts.train.x);
    c.spoil(parts.test.x);
  }
  return parts;
}

Network<float> network_of(const Case& c, std::size_t inputs) {
  constexpr std::size_t width = 32;
  std::vector<LayerPtr<float>> layers;
  for (std::size_t i = 0; i < c.depth; ++i) layers.push_back(dense(c.activation, i == 0 ? inputs : width, width));
  layers.push_back(dense<Identity>(width, c.moons ? 1 : 10));
  Network<float> network(layers);
  network.initialize(*make_initializer(c.init), c.seed);
  if (c.plant) c.plant(network);
  return network;
}

std::string text_of(const Case& c, const Ran& ran) {
  std::string text = c.activation + ", " + std::to_string(c.depth) + " layers, " + (c.moons ? "moons" : "digits") +
                     ", seed " + std::to_string(c.seed) + ": accuracy " + std::to_string(ran.accuracy) + ":";
  for (const Finding& f : ran.findings)
    text += " [" + std::string(name(f.mechanism)) + ", " + std::to_string(f.first_layer) + " to " +
            std::to_string(f.last_layer) + "]";
  return text;
}

Ran run(const Case& c) {
  const Split<float> data = data_of(c);
  Network<float> network = network_of(c, features(data.train));
  const auto loss = make_loss(c.moons ? "binary_cross_entropy" : "cross_entropy");
  Sgd sgd({.learning_rate = c.rate > 0 ? c.rate : c.moons ? 0.1 : 0.03});
  Trainer<float> trainer(network, loss, sgd, {.epochs = 30, .steps = c.moons ? 5000u : 0u, .seed = c.seed});
  FlowHistory history;
  Drops drops;
  const History result = trainer.watch(history).watch(drops).fit(data.train, data.test);
  const RunFacts facts =
      run_facts(result, chance_loss(*loss, data.train, network.outputs()), evaluate(network, *loss, data.train).loss);
  Ran ran{diagnose(history.snapshots(), facts), evaluate(network, *loss, data.test).accuracy, false, {}};
  ran.healthy = !facts.diverged && !drops.dropped && ran.accuracy >= (c.moons ? 0.95 : 0.9);
  ran.text = text_of(c, ran);
  const auto wrong = test::contradictions(test::words_of(judge(history.snapshots(), facts), ran.findings));
  EXPECT_TRUE(wrong.empty()) << ran.text << "\n" << wrong.front();
  return ran;
}

TEST(DiagnosisRuns, OverHealthyRunsThereIsNoFalseAlarm) {
  std::size_t healthy = 0;
  for (const bool moons : {true, false})
    for (const char* activation : {"tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softsign"})
      for (const std::size_t depth : healthy_depths)
        for (const std::uint64_t seed : seeds) {
          const Ran ran = run({.moons = moons, .activation = activation, .depth = depth, .seed = seed});
          if (!ran.healthy) continue;
          ++healthy;
          EXPECT_FALSE(is_fault(ran.findings[0].mechanism)) << ran.text;
        }
  std::printf("%zu healthy runs of %zu\n", healthy, 16 * std::size(healthy_depths) * std::size(seeds));
  EXPECT_GE(healthy, least_healthy);
}

struct Pathology {
  const char* what;
  Mechanism mechanism;
  /// The first and the last layer that the finding must name, given the number of hidden layers.
  std::function<std::size_t(std::size_t)> first, last;
  Case run;
};

std::size_t layer_0(std::size_t) { return 0; }
std::size_t layer_1(std::size_t) { return 1; }
std::size_t last_hidden(std::size_t depth) { return depth - 1; }
std::size_t output(std::size_t depth) { return depth; }

/// Adds a number to the biases of every hidden layer.
void shift_biases(Network<float>& network, float by) {
  for (const PlacedBlock& placed : network.blocks())
    if (placed.block.name == "bias" && placed.layer + 1 < network.size())
      for (float& b : network.parameters(placed)) b += by;
}

std::vector<Pathology> pathologies() {
  using enum Mechanism;
  return {
      {"slopes of at most 1/4", vanishing_small_slopes, layer_0, last_hidden, {.activation = "sigmoid"}},
      {"weights of 0.1",
       vanishing_small_weights,
       layer_0,
       last_hidden,
       {.activation = "tanh", .init = "normal(sigma_w=0.1)"}},
      {"weights of 0.1, relu",
       vanishing_small_weights,
       layer_0,
       last_hidden,
       {.activation = "relu", .init = "normal(sigma_w=0.1)"}},
      {"biases of 8 saturate the units",
       vanishing_saturated,
       layer_0,
       last_hidden,
       {.activation = "sigmoid", .init = "centred(sigma_w=4)", .plant = [](auto& n) { shift_biases(n, 8); }}},
      {"weights of 8", exploding, layer_0, last_hidden, {.activation = "relu", .init = "normal(sigma_w=8)"}},
      {"the weights of one layer times 1000",
       exploding,
       layer_1,
       layer_1,
       {.activation = "identity",
        .plant =
            [](auto& n) {
              for (float& w : n.parameters(n.blocks()[4])) w *= 1000;
            }}},
      {"one layer's biases of -10",
       dead_units,
       layer_1,
       last_hidden,
       {.activation = "relu",
        .plant =
            [](auto& n) {
              for (float& b : n.parameters(n.blocks()[3])) b = -10;
            }}},
      {"samples that hardly differ",
       collapsed,
       layer_0,
       last_hidden,
       {.activation = "tanh",
        .rate = 1e-4,
        .spoil =
            [](auto& x) {
              for (float& v : x) v = 0.5f + 1e-4f * v;
            }}},
      {"an output layer with weights of 0, and a learning rate of 1e-12",
       stuck_at_chance,
       output,
       output,
       {.activation = "tanh",
        .rate = 1e-12,
        .plant =
            [](auto& n) {
              for (float& w : n.parameters(n.size() - 1)) w = 0;
            }}},
      {"weights of 1000",
       numerically_dead,
       layer_0,
       last_hidden,
       {.activation = "sigmoid", .init = "normal(sigma_w=1000)"}},
      {"a rate of 30, relu", rate_too_large, layer_0, output, {.activation = "relu", .rate = 30}},
      {"a rate of 30, tanh", rate_too_large, layer_0, output, {.activation = "tanh", .rate = 30}},
      {"a rate of 1e-7", rate_too_small, layer_0, output, {.activation = "tanh", .rate = 1e-7}},
      {"features a hundredfold",
       inputs_not_standardised,
       layer_0,
       layer_0,
       {.activation = "tanh",
        .spoil =
            [](auto& x) {
              for (float& v : x) v *= 100;
            }}},
      {"features shifted by 1000",
       inputs_not_standardised,
       layer_0,
       layer_0,
       {.activation = "relu",
        .spoil =
            [](auto& x) {
              for (float& v : x) v += 1000;
            }}},
      {"weights all 0.1", symmetric, layer_0, last_hidden, {.activation = "tanh", .init = "constant(value=0.1)"}},
      {"weights all 0", symmetric, layer_0, last_hidden, {.activation = "tanh", .init = "zeros"}},
  };
}

TEST(DiagnosisRuns, EveryPlantedPathologyIsNamedInItsLayers) {
  for (const Pathology& p : pathologies())
    for (const std::size_t depth : planted_depths)
      for (const std::uint64_t seed : seeds) {
        Case c = p.run;
        c.depth = depth;
        c.seed = seed;
        const Ran ran = run(c);
        std::printf("%s: %s\n", p.what, ran.text.c_str());
        const auto found = std::ranges::find(ran.findings, p.mechanism, &Finding::mechanism);
        ASSERT_NE(found, ran.findings.end()) << p.what << ": " << ran.text;
        EXPECT_EQ(found->first_layer, p.first(depth)) << p.what << ": " << ran.text;
        EXPECT_EQ(found->last_layer, p.last(depth)) << p.what << ": " << ran.text;
        EXPECT_FALSE(found->text.empty() || found->remedies.empty());
      }
}

// A network that does not learn although ||dL/dW|| is about the same in every layer. A log of ||dL/dW|| alone looks
// healthy.
class Trap : public testing::Test {
 protected:
  Dataset<float> moons = make_toy("moons", {.samples = 1000, .noise = 0.1, .seed = 1});
  Network<float> network = network_of({.moons = true, .activation = "sigmoid", .init = "centred(sigma_w=2)"}, 2);
  LossPtr<float> loss = make_loss("binary_cross_entropy");

  Trap() {
    float& bias = network.parameters().back();
    for (int i = 0; i < 100; ++i) {  // to its optimum, where the mean residual is 0
      Matrix<float> delta;
      loss->evaluate(network.forward(moons.x), moons.y, delta);
      network.backward(moons.x, delta);
      bias -= 4 * network.gradients().back();
    }
  }

  /// Returns the snapshot of a first step on this many samples.
  FlowSnapshot snapshot(std::size_t batch) {
    Sgd sgd({.learning_rate = 1e-6});
    Trainer<float> trainer(network, loss, sgd, {.steps = 1, .batch_size = batch});
    FlowHistory history;
    trainer.watch(history).fit(moons);
    return history.snapshots()[0];
  }

  void expect_called_dead(const FlowSnapshot& snapshot) {
    const RunFacts facts{chance_loss(*loss, moons, 1), evaluate(network, *loss, moons).loss, false};
    const auto findings = diagnose(std::span(&snapshot, 1), facts);
    EXPECT_EQ(findings[0].mechanism, Mechanism::vanishing_small_slopes);
    EXPECT_NE(findings[0].text.find("the gradient shrinks to "), std::string::npos) << findings[0].text;
    EXPECT_NE(findings[0].text.find("hardly differ between samples"), std::string::npos) << findings[0].text;
    EXPECT_TRUE(std::ranges::any_of(findings, [](const Finding& f) { return f.mechanism == Mechanism::collapsed; }));
    EXPECT_TRUE(
        std::ranges::any_of(findings, [](const Finding& f) { return f.mechanism == Mechanism::stuck_at_chance; }));
  }
};

TEST_F(Trap, OnTheWholeSetTheWeightsGradientIsFlatAndTheNetworkIsCalledDead) {
  const FlowSnapshot whole = snapshot(1000);
  double least = 1, most = 0;
  for (std::size_t i = 1; i < 11; ++i) {
    least = std::min(least, whole.layers[i].weight_gradient_norm);
    most = std::max(most, whole.layers[i].weight_gradient_norm);
  }
  EXPECT_GT(least, 1e-4 / 2);
  EXPECT_LT(most, 8e-4 * 2);
  EXPECT_LT(evaluate(network, *loss, moons).accuracy, 0.9);
  expect_called_dead(whole);
}

TEST_F(Trap, AndOnOrdinaryBatches) { expect_called_dead(snapshot(32)); }

TEST(DiagnosisRuns, CentredWithASigmaOfFourTrainsWithoutAFault) {
  for (const std::uint64_t seed : seeds) {
    const Ran ran = run({.moons = true, .activation = "sigmoid", .seed = seed, .init = "centred(sigma_w=4)"});
    EXPECT_GE(ran.accuracy, 0.99) << ran.text;
    EXPECT_FALSE(is_fault(ran.findings[0].mechanism)) << ran.text;
  }
}

}  // namespace
}  // namespace gradflow

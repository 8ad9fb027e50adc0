// Training with every kind of layer: by hand and by Trainer, with one thread and with two, in training and in
// evaluation.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/batches.hpp>
#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/parameter_groups.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/allocations.hpp>
#include <support/errors.hpp>
#include <support/layers.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainLayers : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainLayers, Numbers);

template <class T>
std::vector<T> values_of(const Network<T>& network) {
  return copy_of(network.values());
}

TYPED_TEST(TrainLayers, ALoopByHandGivesTheBytesOfATrainer) {
  using T = TypeParam;
  constexpr std::uint64_t seed = 9;
  const auto data = small_regression<T>(50);
  const auto loss = make_loss<T>("mse");
  for (auto& [name, network] : test::networks_with_every_layer<T>(3, 1)) {
    test::draw_all(network, 1);
    Network<T> by_hand = network;
    Adam<T> adam, adam_by_hand;
    Trainer(network, MeanSquaredError{}, adam, {.epochs = 3, .batch_size = 16, .seed = seed}).fit(data);

    Batches<T> batches(data, {.size = 16, .seed = seed});
    Matrix<T> delta;
    std::uint64_t step = 0;
    for (int epoch = 0; epoch < 3; ++epoch)
      while (const Dataset<T>* const batch = batches.next()) {
        loss->evaluate(by_hand.forward(batch->x, {.seed = seed, .step = step++}), batch->y, delta);
        by_hand.backward(batch->x, delta);
        by_hand.update_state();
        adam_by_hand.step(by_hand);
      }
    EXPECT_EQ(values_of(network), values_of(by_hand)) << name;
  }
}

TYPED_TEST(TrainLayers, TwoThreadsGiveTheBytesOfOne) {
  using T = TypeParam;
  Dataset<T> data{random_matrix<T>(192, 96, 1), random_matrix<T>(192, 3, 2), {}, {}};
  for (const test::LayerCase<T>& kind : test::layer_cases<T>()) {
    std::vector<std::vector<T>> ends;
    for (const std::size_t threads : {1u, 2u}) {
      Network<T> network{dense<Tanh, T>(96, 128), kind.make(128), dense<Identity, T>(128, 3)};
      network.initialize(AutoInit{}, 3);
      Sgd<T> sgd({.learning_rate = 0.05});
      Trainer(network, MeanSquaredError{}, sgd, {.steps = 6, .batch_size = 64, .threads = threads}).fit(data);
      ends.push_back(values_of(network));
    }
    EXPECT_EQ(ends[0], ends[1]) << kind.name;
  }
}

TYPED_TEST(TrainLayers, NothingIsAllocatedFromTheThirdStepOn) {
  using T = TypeParam;
  const auto data = small_regression<T>(16);
  const auto loss = make_loss<T>("mse");
  for (auto& [name, network] : test::networks_with_every_layer<T>(3, 1)) {
    test::draw_all(network, 1);
    Adam<T> adam;
    Matrix<T> delta;
    std::size_t mark = 0;
    for (std::uint64_t step = 0; step < 8; ++step) {
      if (step == 2) mark = allocations();
      loss->evaluate(network.forward(data.x, {.step = step}), data.y, delta);
      network.backward(data.x, delta);
      network.update_state();
      adam.step(network);
    }
    EXPECT_EQ(allocations(), mark) << name;
  }
}

/// A pass of evaluation is what predict() computes, and changes nothing.
TYPED_TEST(TrainLayers, EvaluationIsPredictBitForBit) {
  using T = TypeParam;
  const auto x = random_matrix<T>(7, 3, 4);
  for (auto& [name, network] : test::networks_with_every_layer<T>()) {
    test::draw_all(network, 1);
    for (std::uint64_t step = 0; step < 3; ++step) {
      network.forward(random_matrix<T>(16, 3, step), {.step = step});
      network.update_state();
    }
    const auto before = values_of(network);
    const Matrix<T> evaluated = network.forward(x, {.training = false, .seed = 1, .step = 5});
    network.update_state();
    EXPECT_TRUE(same_bits(evaluated, network.predict(x))) << name;
    EXPECT_EQ(values_of(network), before) << name;
    const bool differs = name.starts_with("batch_norm") || name == "dropout" || name == "all layers";
    EXPECT_EQ(same_bits(evaluated, Matrix<T>(network.forward(x, {.step = 5}))), !differs) << name;
  }
}

/// Only update_state() changes the state: not a probe, and not a meter.
TYPED_TEST(TrainLayers, MeasurementsChangeNoState) {
  using T = TypeParam;
  Network<T> network = test::network_of_all_layers<T>();
  test::draw_all(network, 1);
  const auto before = values_of(network);
  probe_gradient_flow(network);
  FlowMeter<T>().measure(network);
  EXPECT_EQ(values_of(network), before);
  network.update_state();
  EXPECT_NE(values_of(network), before);
}

TYPED_TEST(TrainLayers, ARandomLayerNeedsSeedAndStep) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(3, 8), dropout<T>(8, 0.5), dense<Identity, T>(8, 1)};
  network.initialize(AutoInit{}, 1);
  const auto x = random_matrix<T>(6, 3, 4);
  EXPECT_EQ(message_of<ValueError>([&] { network.forward(x); }),
            "layer 1 (dropout 8, rate=0.5): pass: got none, expected seed and step, because the layer is random; "
            "forward(x, {.seed = seed, .step = step})");
  const auto output = [&](Pass pass) { return Matrix<T>(network.forward(x, pass)); };
  EXPECT_TRUE(same_bits(output({.seed = 1, .step = 2}), output({.seed = 1, .step = 2})));
  EXPECT_FALSE(same_bits(output({.seed = 1, .step = 2}), output({.seed = 1, .step = 3})));
  EXPECT_FALSE(same_bits(output({.seed = 1, .step = 2}), output({.seed = 2, .step = 2})));
  EXPECT_NO_THROW((Network<T>{dropout<T>(3, 0)}.forward(x)));
}

/// States have no gradients, so they are not among the parameters.
TYPED_TEST(TrainLayers, AStateIsNoBlockOfParameters) {
  using T = TypeParam;
  Network<T> network{batch_norm<T>(4)};
  EXPECT_THROW(network.parameters(0, "running_mean"), NameError);
  EXPECT_THROW(std::as_const(network).parameters(0, "running_mean"), NameError);
  EXPECT_THROW(network.gradients(0, "running_variance"), NameError);
  EXPECT_EQ(network.state(0).size(), 8u);
}

/// The mean of equal numbers is exact, also if they are large: x - mean is 0.
TYPED_TEST(TrainLayers, ConstantRowsAndColumnsBecomeTheBias) {
  using T = TypeParam;
  for (const double constant : {100.3, 1234.567, 10000.3, 1e6 + 0.7})
    for (const std::size_t n : {2u, 3u, 9u, 17u, 84u, 95u}) {
      const Matrix<T> x({n, n}, static_cast<T>(constant));
      for (const auto& layer : {layer_norm<T>(n), batch_norm<T>(n)}) {
        Network<T> network{layer};
        network.initialize(GlorotUniform{}, 1);
        for (const T a : network.forward(x)) EXPECT_EQ(a, T(0)) << layer->describe() << " of " << constant;
      }
    }
}

/// After a batch that batch_norm refuses, and after initialize(), there is nothing to add to the state.
TYPED_TEST(TrainLayers, ARefusedBatchChangesNoState) {
  using T = TypeParam;
  Network<T> network{batch_norm<T>(2)};
  network.initialize(GlorotUniform{}, 1);
  network.forward(matrix<T>({{1, 2}, {3, 4}}));
  network.update_state();
  const auto before = values_of(network);
  EXPECT_THROW(network.forward(matrix<T>({{1, 2}})), ShapeError);
  network.update_state();
  for (const T number : values_of(network)) EXPECT_TRUE(std::isfinite(number));
  network.initialize(GlorotUniform{}, 1);
  network.update_state();
  EXPECT_EQ(copy_of(network.state(0)), (std::vector<T>{0, 0, 1, 1}));
  EXPECT_NE(values_of(network), before);
}

TEST(TrainLayersInFloat, AStateThatIsNotFiniteIsADivergence) {
  auto data = small_regression<float>(32);
  for (std::size_t i = 0; i < samples(data); ++i) data.x(i, 1) *= 1e20F;  // its variance is infinite in float
  Network<float> network{batch_norm<float>(3), dense<Tanh, float>(3, 1)};
  network.initialize(AutoInit{}, 1);
  Sgd<float> sgd({.learning_rate = 0.01});
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 1}).fit(data);
  EXPECT_EQ(history.outcome, Outcome::diverged);
  ASSERT_TRUE(history.divergence);
  EXPECT_NE(history.divergence->text.find("layer 0 (batch_norm 3)"), std::string::npos) << history.divergence->text;
}

/// Dropout keeps the mean of what it receives, so Centred must know the activation before it.
TYPED_TEST(TrainLayers, CentredLooksThroughDropout) {
  using T = TypeParam;
  Network<T> plain{dense<Sigmoid, T>(8, 8), dense<Sigmoid, T>(8, 8)};
  Network<T> dropping{dense<Sigmoid, T>(8, 8), dropout<T>(8, 0.2), dense<Sigmoid, T>(8, 8)};
  plain.initialize(Centred{4}, 1);
  dropping.initialize(Centred{4}, 1);
  EXPECT_EQ(values_of(plain), values_of(dropping));
}

TYPED_TEST(TrainLayers, EachPreluHasItsOwnRangeOfSlopes) {
  using T = TypeParam;
  Network<T> network{prelu<T>(3), prelu<T>(3, {.slope = -3})};
  network.initialize(AutoInit{}, 1);
  probe_gradient_flow(network);
  FlowMeter<T> meter;
  const auto flows = meter.measure(network);
  EXPECT_EQ(flows[0].slopes.low, 0.25);
  EXPECT_EQ(flows[1].slopes.low, -3);
}

TEST(TrainLayersInFloat, OptionsMustBeFiniteInFloat) {
  EXPECT_THROW(prelu<float>(2, {.slope = 1e300}), ValueError);
  EXPECT_THROW(skip<float>(2, 1, {.scale = 1e300}), ValueError);
  EXPECT_NO_THROW(prelu<double>(2, {.slope = 1e300}));
}

/// Each layer by itself, without a network that checks before it.
TYPED_TEST(TrainLayers, EveryLayerRefusesOtherShapes) {
  using T = TypeParam;
  for (const test::LayerCase<T>& kind : test::layer_cases<T>()) {
    const Network<T> network{kind.make(5)};
    const auto layer = network.layers().back();  // the sum, if it is a residual block
    SCOPED_TRACE(layer->describe());
    std::vector<T> parameters(layer->parameter_count(), T(1)), gradients(parameters.size()), one_more(parameters);
    one_more.push_back(1);
    const auto x = random_matrix<T>(4, 5, 1), wide = random_matrix<T>(4, 6, 1), long_ = random_matrix<T>(5, 5, 1);
    Trace<T> trace;
    trace.earlier = &x;
    Matrix<T> x_delta;
    EXPECT_THROW(layer->forward(parameters, wide, trace), ShapeError);
    layer->forward(parameters, x, trace);
    if (!parameters.empty()) {
      EXPECT_THROW(layer->forward(one_more, x, trace), ShapeError);
    }
    trace.delta = long_;
    EXPECT_THROW(layer->backward(parameters, x, trace, gradients, &x_delta), ShapeError);
    trace.delta = x;
    EXPECT_THROW(layer->backward(parameters, wide, trace, gradients, &x_delta), ShapeError);
    if (!parameters.empty()) {
      EXPECT_THROW(layer->backward(parameters, x, trace, one_more, &x_delta), ShapeError);
    }
    EXPECT_NO_THROW(layer->backward(parameters, x, trace, gradients, &x_delta));
  }
}

/// The mask of a row depends on no other row, and differs from layer to layer.
TYPED_TEST(TrainLayers, AMaskBelongsToItsRowAndLayer) {
  using T = TypeParam;
  const auto ones = Matrix<T>({5, 64}, T(1));
  Network<T> network{dropout<T>(64, 0.5), dropout<T>(64, 0.5)};
  network.forward(ones, {.seed = 3});
  const Matrix<T> first = network.trace(0).slope, second = network.trace(1).slope;
  EXPECT_FALSE(same_bits(first, second));
  EXPECT_FALSE(same_bits<T>(row(first, 0), row(first, 1)));
  network.forward(Matrix<T>({2, 64}, T(1)), {.seed = 3});
  EXPECT_TRUE(same_bits<T>(row(network.trace(0).slope, 1), row(first, 1)));
}

/// The best values of a run include the state: after restore_best, evaluation gives the loss of the best epoch.
TYPED_TEST(TrainLayers, TheBestEpochIsRestoredWithItsState) {
  using T = TypeParam;
  const auto data = small_regression<T>(64), validation = small_regression<T>(32, 2);
  Network<T> network = test::network_of_all_layers<T>(3, 1);
  network.initialize(AutoInit{}, 1);
  Sgd<T> sgd({.learning_rate = 0.3});
  Trainer trainer(network, MeanSquaredError{}, sgd, {.epochs = 6, .batch_size = 16, .restore_best = true});
  const History history = trainer.fit(data, validation);
  ASSERT_TRUE(history.best_epoch);
  EXPECT_LT(*history.best_epoch, 5u) << "the last epoch is the best, so nothing is tested";
  EXPECT_EQ(evaluate(network, *make_loss<T>("mse"), validation).loss,
            history.epochs[*history.best_epoch].validation.loss);
}

TYPED_TEST(TrainLayers, DecayOnlyWeightsSparesEverythingElse) {
  using T = TypeParam;
  Network<T> network = test::network_of_all_layers<T>(3, 1);
  test::draw_all(network, 1);
  const auto before = copy_of(std::as_const(network).parameters());
  const auto groups = decay_only_weights(network);
  EXPECT_EQ(describe(groups), "block=bias weight_decay=0, block=gain weight_decay=0, block=slope weight_decay=0");
  AdamW<T> adamw({.weight_decay = 0.5});
  adamw.set_groups(groups);
  adamw.step(network, std::vector<T>(before.size(), T(0)));
  for (const PlacedBlock& placed : network.blocks()) {
    const auto now = std::as_const(network).parameters(placed);
    const auto old = std::span(before).subspan(placed.block.offset, placed.block.size());
    EXPECT_EQ(std::ranges::equal(now, old), placed.block.name != "weight") << placed.layer << " " << placed.block.name;
  }
}

TYPED_TEST(TrainLayers, GainsAreOneBiasesZeroAndSlopesAsAskedAtFirst) {
  using T = TypeParam;
  Network<T> network{layer_norm<T>(3), batch_norm<T>(3), rms_norm<T>(3), prelu<T>(3), prelu<T>(3, {.slope = -1})};
  network.initialize(GlorotUniform{}, 1);
  const auto expect = [&](std::size_t layer, std::vector<T> expected) {
    EXPECT_EQ(copy_of(std::as_const(network).parameters(layer)), expected) << network.layer_name(layer);
  };
  expect(0, {1, 1, 1, 0, 0, 0});
  expect(1, {1, 1, 1, 0, 0, 0});
  expect(2, {1, 1, 1});
  expect(3, {T(0.25)});
  expect(4, {-1});
  EXPECT_EQ(copy_of(network.state(1)), (std::vector<T>{0, 0, 0, 1, 1, 1}));
  network.forward(random_matrix<T>(4, 3, 1));
  network.update_state();
  network.initialize(GlorotUniform{}, 1);
  EXPECT_EQ(copy_of(network.state(1)), (std::vector<T>{0, 0, 0, 1, 1, 1})) << "initialize() begins anew";
}

/// The initialiser of a dense layer asks the activation that follows it as a layer of its own.
TYPED_TEST(TrainLayers, AutoInitAsksTheActivationThatFollows) {
  using T = TypeParam;
  const auto weights = [](std::vector<LayerPtr<T>> layers) {
    Network<T> network(std::move(layers));
    network.initialize(AutoInit{}, 4);
    return copy_of(std::as_const(network).parameters(0).first(64));
  };
  const auto of_relu = weights({dense<Relu, T>(8, 8)}), of_tanh = weights({dense<Tanh, T>(8, 8)});
  const auto linear = dense<Identity, T>(8, 8);
  EXPECT_EQ(weights({linear, activate<Relu, T>(8)}), of_relu);
  EXPECT_EQ(weights({linear, batch_norm<T>(8), dropout<T>(8, 0.1), activate<Relu, T>(8)}), of_relu);
  EXPECT_EQ(weights({linear, prelu<T>(8)}), weights({dense<LeakyRelu, T>(8, 8)}));
  EXPECT_EQ(weights({linear, dense<Relu, T>(8, 8)}), of_tanh) << "the relu belongs to the next weights";
  EXPECT_EQ(weights({residual({linear}), activate<Relu, T>(8)}), of_tanh) << "the sum is not the layer's own output";
  EXPECT_EQ(weights({dense<Tanh, T>(8, 8), activate<Relu, T>(8)}), of_tanh);
}

}  // namespace
}  // namespace gradflow

#include <gradflow/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>
#include <support/errors.hpp>
#include <support/pass_on.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

template <class T>
class TrainerTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerTest, Numbers);

TYPED_TEST(TrainerTest, TheLoopWrittenByHandGivesTheSameBytes) {
  using T = TypeParam;
  const auto data = small_regression<T>(50);
  auto by_trainer = small_network<T>(), by_hand = small_network<T>();
  Adam<T> adam({.learning_rate = 0.01});
  const History history =
      Trainer(by_trainer, MeanSquaredError{}, adam, {.epochs = 3, .batch_size = 16, .seed = 5}).fit(data);

  Adam<T> optimizer({.learning_rate = 0.01});
  const auto loss = make_loss<T>(MeanSquaredError{});
  Batches<T> batches(data, {.size = 16, .seed = 5});
  Matrix<T> delta;
  for (int epoch = 0; epoch < 3; ++epoch) {
    double sum = 0;
    while (const Dataset<T>* batch = batches.next()) {
      sum += loss->evaluate(by_hand.forward(batch->x), batch->y, delta) * static_cast<double>(samples(*batch));
      by_hand.backward(batch->x, delta);
      optimizer.step(by_hand);
    }
    EXPECT_EQ(history.epochs[static_cast<std::size_t>(epoch)].train_loss, sum / 50);
  }
  EXPECT_TRUE(same_bits<T>(std::as_const(by_trainer).parameters(), std::as_const(by_hand).parameters()));
}

TYPED_TEST(TrainerTest, TheLossFalls) {
  auto network = small_network<TypeParam>();
  Adam<TypeParam> adam({.learning_rate = 0.01});
  const History history = Trainer(network, MeanSquaredError{}, adam, {.epochs = 60, .batch_size = 16})
                              .fit(small_regression<TypeParam>(100));
  EXPECT_LT(history.epochs.back().train_loss, 0.2 * history.epochs.front().train_loss);
}

TYPED_TEST(TrainerTest, TheHistorySaysWhatHappened) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd({.learning_rate = 0.05});
  const auto validation = small_regression<T>(20, 2);
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 4, .batch_size = 16})
                              .fit(small_regression<T>(50), validation);
  ASSERT_EQ(history.epochs.size(), 4u);
  EXPECT_EQ(history.steps, 16u);
  EXPECT_EQ(history.outcome, Outcome::finished);
  EXPECT_FALSE(history.divergence);
  for (std::size_t e = 0; e < 4; ++e) {
    EXPECT_EQ(history.epochs[e].epoch, e);
    EXPECT_EQ(history.epochs[e].steps, 4 * (e + 1));
    EXPECT_EQ(history.epochs[e].learning_rate, 0.05);
    EXPECT_TRUE(std::isfinite(history.epochs[e].validation.r2));
  }
  const Evaluation now = evaluate(network, *make_loss<T>(MeanSquaredError{}), validation);
  EXPECT_EQ(history.epochs.back().validation.loss, now.loss);
  EXPECT_EQ(history.epochs.back().validation.mae, now.mae);
  const auto by_loss = [](const EpochRecord& a, const EpochRecord& b) { return a.validation.loss < b.validation.loss; };
  EXPECT_EQ(history.best_epoch, std::ranges::min_element(history.epochs, by_loss)->epoch);
}

TYPED_TEST(TrainerTest, WithoutAValidationPartItsMetricsAreNaNAndTheTrainLossJudges) {
  auto network = small_network<TypeParam>();
  Sgd<TypeParam> sgd({.learning_rate = 0.05});
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 5}).fit(small_regression<TypeParam>(50));
  EXPECT_TRUE(std::isnan(history.epochs[0].validation.loss));
  EXPECT_TRUE(std::isnan(history.epochs[0].validation.accuracy));
  const auto by_loss = [](const EpochRecord& a, const EpochRecord& b) { return a.train_loss < b.train_loss; };
  EXPECT_EQ(history.best_epoch, std::ranges::min_element(history.epochs, by_loss)->epoch);
}

TYPED_TEST(TrainerTest, StepsInPlaceOfEpochsEndTheRunWithinAnEpoch) {
  auto network = small_network<TypeParam>();
  Sgd<TypeParam> sgd({.learning_rate = 0.05});
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 0, .steps = 10, .batch_size = 16})
                              .fit(small_regression<TypeParam>(50));
  EXPECT_EQ(history.steps, 10u);
  EXPECT_EQ(sgd.steps(), 10u);
  ASSERT_EQ(history.epochs.size(), 3u);
  EXPECT_EQ(history.epochs[1].steps, 8u);
  EXPECT_EQ(history.epochs[2].steps, 10u);
  EXPECT_EQ(history.outcome, Outcome::finished);
}

// The training loss of an epoch is the mean over its samples, also with a short last batch or in a cut epoch.
TYPED_TEST(TrainerTest, TheTrainLossOfAnEpochIsTheMeanOverItsSamples) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(1, 1)};
  network.initialize(Zeros{}, 1);
  Sgd<T> still({.learning_rate = 0});
  const History history = Trainer(network, MeanSquaredError{}, still, {.steps = 4, .batch_size = 4, .shuffle = false})
                              .fit(numbered_samples<T>(10));
  EXPECT_DOUBLE_EQ(history.epochs[0].train_loss, 285.0 / 10);
  EXPECT_DOUBLE_EQ(history.epochs[1].train_loss, 14.0 / 4);
}

// Batches of 2, 2 and 1 samples. All parameters and the learning rate are 0, so sample i has the loss i^2.
TYPED_TEST(TrainerTest, TheTrainLossOfAnEpochIsTheWeightedMeanOverItsSamples) {
  using T = TypeParam;
  Dataset<T> data = numbered_samples<T>(5);
  data.weights = {1, T(0.5), 0, 3, T(0.25)};
  Network<T> network{dense<Identity, T>(1, 1)};
  network.initialize(Constant{0}, 1);
  Sgd<T> sgd({.learning_rate = 0});
  const History history = Trainer(network, MeanSquaredError{}, sgd, {.epochs = 2, .batch_size = 2}).fit(data, data);
  for (const EpochRecord& epoch : history.epochs) {
    EXPECT_NEAR(epoch.train_loss, (0.5 * 1 + 3 * 9 + 0.25 * 16) / 4.75, 1e-12);
    EXPECT_NEAR(epoch.validation.loss, epoch.train_loss, 1e-12);
  }
}

/// A softmax layer. Other libraries end a network with such a layer; here the loss expects logits.
template <class T>
class Softmax final : public Layer<T> {
 public:
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "softmax 3"; }
  std::span<const ParameterBlock> blocks() const override { return {}; }
  void initialize(std::span<T>, const Initialization&) const override {}
  void forward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace) const override { trace.a = softmax(x); }
  void backward(std::span<const T>, const Matrix<T>& x, Trace<T>&, std::span<T>, Matrix<T>* x_delta) const override {
    if (x_delta) *x_delta = x;
  }
};

TYPED_TEST(TrainerTest, ANetworkThatEndsInProbabilitiesIsRefusedUnderALossOnLogits) {
  using T = TypeParam;
  const auto refuses = [](Network<T> network, const char* loss) {
    network.initialize(GlorotUniform{}, 1);
    Sgd<T> sgd;
    Dataset<T> data{random_matrix<T>(9, 3, 1), zeros<T>(9, 1), {}, {}};
    Trainer trainer(network, make_loss<T>(loss), sgd, {.epochs = 1});
    return message_of<ValueError>([&] { trainer.fit(data); });
  };
  const std::string rest = " takes; the loss computes the probabilities itself: end the network with identity";
  EXPECT_EQ(
      refuses({dense<Tanh, T>(3, 4), dense<Sigmoid, T>(4, 1)}, "binary_cross_entropy"),
      "layer 1 (dense 4 -> 1, sigmoid): output: got probabilities, expected logits, which binary_cross_entropy" + rest);
  EXPECT_EQ(refuses({dense<Identity, T>(3, 3), std::make_shared<const Softmax<T>>()}, "cross_entropy"),
            "layer 1 (softmax 3): output: got probabilities, expected logits, which cross_entropy" + rest);
}

TYPED_TEST(TrainerTest, CrossEntropyWantsAnOutputPerClass) {
  using T = TypeParam;
  Network<T> network{dense<Identity, T>(1, 1)};
  network.initialize(GlorotUniform{}, 1);
  Sgd<T> sgd;
  EXPECT_EQ(
      message_of<ShapeError>([&] { Trainer(network, CrossEntropy{}, sgd, {.epochs = 1}).fit(numbered_samples<T>(2)); }),
      "cross_entropy: output: got [2, 1], expected [2, 2], or more columns: one for each class; for two "
      "classes on one output use binary_cross_entropy");
}

TYPED_TEST(TrainerTest, GoesOnFromWhereTheLastRunEnded) {
  using T = TypeParam;
  const auto data = small_regression<T>(32);
  auto once = small_network<T>(), twice = small_network<T>();
  Adam<T> a, b;
  Trainer(once, MeanSquaredError{}, a, {.epochs = 4, .shuffle = false}).fit(data);
  Trainer trainer(twice, MeanSquaredError{}, b, {.epochs = 2, .shuffle = false});
  trainer.fit(data);
  trainer.fit(data);
  EXPECT_TRUE(same_bits<T>(std::as_const(once).parameters(), std::as_const(twice).parameters()));
}

TYPED_TEST(TrainerTest, ALossMayBeNamed) {
  using T = TypeParam;
  auto named = small_network<T>(), typed = small_network<T>();
  Sgd<T> a({.learning_rate = 0.1}), b({.learning_rate = 0.1});
  Trainer(named, make_loss<T>("huber(delta=0.5)"), a, {.epochs = 2}).fit(small_regression<T>(40));
  Trainer(typed, Huber{.delta = 0.5}, b, {.epochs = 2}).fit(small_regression<T>(40));
  EXPECT_TRUE(same_bits<T>(std::as_const(named).parameters(), std::as_const(typed).parameters()));
}

TYPED_TEST(TrainerTest, ClippingByNormScalesTheUpdateAndLeavesTheGradients) {
  using T = TypeParam;
  auto network = small_network<T>(), plain = small_network<T>();
  const auto before = copy_of(std::as_const(network).parameters());
  const auto data = small_regression<T>(16);
  Sgd<T> a({.learning_rate = 0.5}), b({.learning_rate = 0.5});
  const TrainerOptions options{.steps = 1, .batch_size = 16};
  Trainer(plain, MeanSquaredError{}, a, options).fit(data);
  TrainerOptions clipped = options;
  clipped.clip_norm = 0.01;
  Trainer(network, MeanSquaredError{}, b, clipped).fit(data);
  const auto gradients = std::as_const(network).gradients();
  const double size = norm(gradients);
  EXPECT_GT(size, 0.1);
  EXPECT_TRUE(same_bits<T>(gradients, std::as_const(plain).gradients()));
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_NEAR(network.parameters()[i] - before[i], -0.5 * 0.01 / size * static_cast<double>(gradients[i]), 1e-7);
}

TYPED_TEST(TrainerTest, ClippingByValueLimitsEachNumber) {
  using T = TypeParam;
  auto network = small_network<T>();
  const auto before = copy_of(std::as_const(network).parameters());
  Sgd<T> sgd({.learning_rate = 0.5});
  Trainer(network, MeanSquaredError{}, sgd, {.steps = 1, .clip_value = 0.001}).fit(small_regression<T>(16));
  double largest = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    largest = std::max(largest, static_cast<double>(std::abs(network.parameters()[i] - before[i])));
  EXPECT_NEAR(largest, 0.0005, 1e-7);
}

TYPED_TEST(TrainerTest, UnusableOptionsAreRefused) {
  auto network = small_network<TypeParam>();
  Sgd<TypeParam> sgd;
  const auto make = [&](const TrainerOptions& options) { Trainer(network, MeanSquaredError{}, sgd, options); };
  EXPECT_EQ(message_of<ValueError>([&] { make({.epochs = 0}); }), "trainer: epochs: got 0, expected at least 1");
  EXPECT_EQ(message_of<ValueError>([&] { make({.batch_size = 0}); }),
            "trainer: batch_size: got 0, expected at least 1");
  EXPECT_EQ(message_of<ValueError>([&] { make({.threads = 0}); }), "trainer: threads: got 0, expected at least 1");
  EXPECT_EQ(message_of<ValueError>([&] { make({.clip_norm = -1}); }),
            "trainer: clip_norm: got -1, expected at least 0");
  EXPECT_THROW(make({.clip_norm = std::nan("")}), ValueError);
  EXPECT_THROW(make({.clip_value = -1}), ValueError);
}

TYPED_TEST(TrainerTest, DataThatDoNotFitAreRefused) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd;
  Trainer trainer(network, MeanSquaredError{}, sgd, {});
  const auto good = small_regression<T>(8);
  auto wide = good, bad = good;
  wide.x = zeros<T>(8, 4);
  bad.x(3, 1) = std::numeric_limits<T>::quiet_NaN();
  const std::string text = message_of<ValueError>([&] { trainer.fit(bad); });
  EXPECT_EQ(text.find("training data"), 0u) << text;
  EXPECT_NE(text.find("nan"), text.npos) << text;
  EXPECT_EQ(message_of<ValueError>([&] { trainer.fit(good, bad); }).find("validation data"), 0u);
  EXPECT_THROW(trainer.fit(wide), ShapeError);
  EXPECT_EQ(message_of<ShapeError>([&] { trainer.fit(good, wide); }),
            "fit: validation data: x: got [8, 4], expected [8, 3], a column for each input of the network");
  EXPECT_THROW(trainer.fit(Dataset<T>{zeros<T>(0, 3), zeros<T>(0, 1), {}, {}}), ShapeError);
}

TYPED_TEST(TrainerTest, ANetworkThatNobodyInitialisedIsRefused) {
  using T = TypeParam;
  const auto data = small_regression<T>(8);
  Network<T> network{dense<Tanh, T>(3, 8), dense<Identity, T>(8, 1)};
  network.backward(data.x, zeros<T>(rows(network.forward(data.x)), 1));
  Adam<T> adam;
  Trainer trainer(network, MeanSquaredError{}, adam, {.epochs = 1});
  EXPECT_EQ(message_of<ValueError>([&] { trainer.fit(data); }),
            "fit: network: parameters: got all 0, because the network was not initialised, expected "
            "parameters from initialize() or load_model(); network.initialize(AutoInit{}, seed) draws them");
  EXPECT_EQ(adam.steps(), 0u);
  network.parameters()[0] = 0;  // counts as initialised by hand
  EXPECT_NO_THROW(trainer.fit(data));
  Network<T> without{std::make_shared<const PassOn<T>>()};
  EXPECT_TRUE(without.is_initialized()) << "a network without parameters needs no initialisation";
}

TYPED_TEST(TrainerTest, AnOptimiserWithStepsOfAnotherNetworkIsRefusedBeforeTheRunBegins) {
  using T = TypeParam;
  const auto data = small_regression<T>(8);
  Adam<T> adam;
  for (int fold = 0; fold < 2; ++fold) {
    auto network = small_network<T>();  // has the same address in both rounds
    const auto fresh = network;
    Trainer trainer(network, MeanSquaredError{}, adam, {.epochs = 3});
    if (fold > 0) {
      EXPECT_THROW(trainer.fit(data), ValueError);
      EXPECT_TRUE(same_bits<T>(std::as_const(network).parameters(), fresh.parameters()));
      adam.reset();
    }
    trainer.fit(data);
    EXPECT_EQ(adam.steps(), 3u);
  }
}

TEST(HistoryOfManyEpochs, IsThinnedAndKeepsTheLast) {
  auto network = small_network<float>();
  Sgd<float> sgd({.learning_rate = 0.001});
  Trainer<float> trainer(network, MeanSquaredError{}, sgd, {.epochs = 10001, .batch_size = 8});
  EXPECT_EQ(Trainer<float>(network, MeanSquaredError{}, sgd, {.epochs = 4096, .batch_size = 8})
                .fit(small_regression<float>(8))
                .epochs.size(),
            4096U);
  EXPECT_EQ(Trainer<float>(network, MeanSquaredError{}, sgd, {.epochs = 4097, .batch_size = 8})
                .fit(small_regression<float>(8))
                .epochs.size(),
            2049U);
  const History history = trainer.fit(small_regression<float>(8));
  EXPECT_LE(history.epochs.size(), 4096U);
  EXPECT_GE(history.epochs.size(), 2048U);
  for (std::size_t i = 0; i + 1 < history.epochs.size(); ++i) EXPECT_EQ(history.epochs[i].epoch, 4 * i);
  EXPECT_EQ(history.epochs.back().epoch, 10000U);
}

}  // namespace
}  // namespace gradflow

// Tests groups of parameters: frozen layers, and rates and weight decays for a layer or for the blocks of one name.
#include <gradflow/optim/parameter_groups.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/state_values.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/clipping.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/errors.hpp>
#include <support/optimizers_and_schedules.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

using Groups = std::vector<ParameterGroup>;

/// Six blocks. The weights of the middle layer are more than are measured at once.
template <class T>
Network<T> three_layers() {
  Network<T> network{dense<Tanh, T>(3, 64), dense<Tanh, T>(64, 65), dense<Identity, T>(65, 2)};
  network.initialize(GlorotUniform{}, 1);
  for (T& b : network.parameters())
    if (b == 0) b = T(0.25);  // biases, so that weight decay changes them
  return network;
}

template <class T>
std::vector<T> random_gradients(std::size_t n, std::uint64_t step) {
  std::vector<T> gradients(n);
  fill_normal(std::span(gradients), 100 + step);
  return gradients;
}

template <class T>
std::span<const T> bits_of(const Network<T>& network) {
  return network.parameters();
}

/// Makes steps with random gradients, which do not depend on the parameters.
template <class T>
void make_steps(Optimizer<T>& optimizer, Network<T>& network, std::uint64_t steps, const StepOptions& options = {}) {
  for (std::uint64_t t = 0; t < steps; ++t)
    optimizer.step(network, random_gradients<T>(bits_of(network).size(), t), options);
}

/// Returns "adam(beta1=0.8,weight_decay=0.1)" for "adam(beta1=0.8)".
std::string with_weight_decay(const std::string& optimizer, double weight_decay) {
  const std::string decay = "weight_decay=" + text(weight_decay) + ")";
  return optimizer.ends_with(')') ? optimizer.substr(0, optimizer.size() - 1) + "," + decay : optimizer + "(" + decay;
}

/// How the test expects each of the six blocks to be trained.
struct Expected {
  double rate, weight_decay;
};

/// Trains each block with an optimiser of its own, which knows nothing of groups.
template <class T>
std::vector<T> trained_apart(const std::string& optimizer, const std::vector<Expected>& expected, std::uint64_t steps) {
  auto network = three_layers<T>();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const PlacedBlock block = network.blocks()[i];
    const auto own = make_optimizer<T>(with_weight_decay(optimizer, expected[i].weight_decay));
    own->learning_rate *= expected[i].rate;
    for (std::uint64_t t = 0; t < steps; ++t) {
      const auto gradients = random_gradients<T>(bits_of(network).size(), t);
      own->step(network.parameters(block), std::span(gradients).subspan(block.block.offset, block.block.size()));
    }
  }
  return copy_of(bits_of(network));
}

template <class T>
class TrainedGroups : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainedGroups, Numbers);

TYPED_TEST(TrainedGroups, FrozenLayerKeepsEveryBitAndTheRestTrainsAsWithoutGroups) {
  using T = TypeParam;
  for (const std::string& text : all_optimizers()) {
    SCOPED_TRACE(text);
    const auto optimizer = make_optimizer<T>(with_weight_decay(text, 0.1));
    const auto free_optimizer = make_optimizer<T>(with_weight_decay(text, 0.1));
    auto network = three_layers<T>(), free_network = three_layers<T>();
    const auto start = three_layers<T>();
    optimizer->set_groups({{.layer = 1, .rate = 0}});
    make_steps(*optimizer, network, 50);
    make_steps(*free_optimizer, free_network, 50);
    EXPECT_TRUE(same_bits(std::as_const(network).parameters(1), start.parameters(1)));
    for (const std::size_t layer : {0u, 2u})
      EXPECT_TRUE(same_bits(std::as_const(network).parameters(layer), std::as_const(free_network).parameters(layer)));
    const auto begin = static_cast<std::size_t>(start.parameters(1).data() - start.parameters().data());
    for (std::size_t k = 0; k < optimizer->buffers(); ++k)
      EXPECT_TRUE(std::ranges::all_of(optimizer->state(k).subspan(begin, start.parameters(1).size()),
                                      [](T x) { return x == 0 && !std::signbit(x); }));
  }
}

TYPED_TEST(TrainedGroups, EveryBlockTrainsAsWithAnOptimizerOfItsOwn) {
  struct Case {
    Groups groups;
    std::vector<Expected> expected;  // weight and bias of layers 0, 1 and 2; the optimiser's weight decay is 0.1
  };
  const std::vector<Case> cases = {
      {{{.block = "bias", .weight_decay = 0}}, {{1, 0.1}, {1, 0}, {1, 0.1}, {1, 0}, {1, 0.1}, {1, 0}}},
      {{{.weight_decay = 0.3}, {.block = "bias", .weight_decay = 0}},
       {{1, 0.3}, {1, 0}, {1, 0.3}, {1, 0}, {1, 0.3}, {1, 0}}},
      {{{.layer = 0, .rate = 0.1}, {.block = "bias", .weight_decay = 0}, {.layer = 2, .rate = 3}},
       {{0.1, 0.1}, {0.1, 0}, {1, 0.1}, {1, 0}, {3, 0.1}, {3, 0}}},
      {{{.layer = 1, .rate = 0.5, .weight_decay = 0.2}, {.layer = 1, .block = "bias", .rate = 2}},
       {{1, 0.1}, {1, 0.1}, {0.5, 0.2}, {2, 0.2}, {1, 0.1}, {1, 0.1}}},
      {{{.rate = 0, .weight_decay = 0.3}, {.layer = 2, .rate = 1}, {.layer = 0, .block = "weight", .rate = 2}},
       {{2, 0.3}, {0, 0.3}, {0, 0.3}, {0, 0.3}, {1, 0.3}, {1, 0.3}}}};
  for (const std::string& text : all_optimizers())
    for (const auto& [groups, expected] : cases) {
      const auto optimizer = make_optimizer<TypeParam>(with_weight_decay(text, 0.1));
      auto network = three_layers<TypeParam>();
      optimizer->set_groups(groups);
      make_steps(*optimizer, network, 20);
      EXPECT_EQ(copy_of(bits_of(network)), trained_apart<TypeParam>(text, expected, 20)) << text << describe(groups);
    }
}

TYPED_TEST(TrainedGroups, NormsAreMeasuredAcrossTheGroups) {
  using T = TypeParam;
  const std::vector<std::vector<Range>> cuts = {
      {{0, 256}, {256, 4160}, {4416, 65}, {4481, 132}}, {{0, 4613}}, {{100, 200}, {300, 0}, {1000, 3600}}};
  for (const std::string& text : all_optimizers())
    for (const auto& ranges : cuts) {
      SCOPED_TRACE(text);
      const Groups groups = {{.layer = 0, .rate = 0}, {.layer = 1, .block = "bias", .rate = 0.5, .weight_decay = 0.2}};
      const auto plain = make_optimizer<T>(text), measuring = make_optimizer<T>(text);
      plain->set_groups(groups);
      measuring->set_groups(groups);
      auto a = three_layers<T>(), b = three_layers<T>();
      const auto before = copy_of(bits_of(b)), gradients = random_gradients<T>(before.size(), 0);
      std::vector<RangeNorms> norms(ranges.size());
      plain->step(a, gradients);
      measuring->step(b, gradients, {.ranges = ranges, .norms = norms});
      EXPECT_TRUE(same_bits(bits_of(a), bits_of(b)));
      std::vector<T> change(before.size());
      std::ranges::transform(bits_of(b), before, change.begin(), std::minus{});
      for (std::size_t i = 0; i < ranges.size(); ++i) {
        const auto norm_of = [&](const std::vector<T>& v) {
          return norm(std::span(v).subspan(ranges[i].begin, ranges[i].size));
        };
        EXPECT_NEAR(norms[i].gradient, norm_of(gradients), 1e-14 * norm_of(gradients));
        EXPECT_NEAR(norms[i].parameter, norm_of(before), 1e-14 * norm_of(before));
        EXPECT_NEAR(norms[i].update, norm_of(change), 1e-14 * norm_of(change));
      }
    }
}

TYPED_TEST(TrainedGroups, GradientNormLeavesOutWhatIsFrozen) {
  using T = TypeParam;
  const auto network = three_layers<T>();
  const auto gradients = random_gradients<T>(network.parameters().size(), 0);
  const std::span<const T> all(gradients);
  Sgd<T> sgd;
  EXPECT_EQ(sgd.gradient_norm(network, gradients), norm(all));
  sgd.set_groups({{.layer = 1, .rate = 2}, {.block = "bias", .weight_decay = 0}});
  EXPECT_EQ(sgd.gradient_norm(network, gradients), norm(all));
  sgd.set_groups({{.layer = 0, .rate = 0}, {.layer = 1, .rate = 0}});
  EXPECT_EQ(sgd.gradient_norm(network, gradients), norm(all.subspan(4481)));
  sgd.set_groups({{.block = "bias", .rate = 0}});
  const double weights =
      std::hypot(norm(all.subspan(0, 192)), norm(all.subspan(256, 4160)), norm(all.subspan(4481, 130)));
  EXPECT_NEAR(sgd.gradient_norm(network, gradients), weights, 1e-14 * weights);
  sgd.set_groups({{.rate = 0}});
  EXPECT_EQ(sgd.gradient_norm(network, gradients), 0);
  EXPECT_THROW(sgd.gradient_norm(network, all.first(7)), ShapeError);
}

/// A network whose first layer is frozen, and a network of the other layers, trained on the outputs of the first layer.
/// Both end with the same bits, with clipping by the norm and on any number of threads.
template <class T>
void expect_fit_like_other_layers_alone(const std::string& text, const TrainerOptions& options) {
  SCOPED_TRACE(text);
  auto whole = three_layers<T>();
  const auto start = three_layers<T>();
  Network<T> first({whole.layers()[0]}), others({whole.layers()[1], whole.layers()[2]});
  std::ranges::copy(start.parameters(0), first.parameters().begin());
  std::ranges::copy(start.parameters().subspan(256), others.parameters().begin());
  Dataset<T> data{random_matrix<T>(40, 3, 1), random_matrix<T>(40, 2, 2), {}, {}}, features = data;
  features.x = first.predict(data.x);

  const auto optimizer = make_optimizer<T>(text), other_optimizer = make_optimizer<T>(text);
  optimizer->set_groups({{.layer = 0, .rate = 0}});
  Trainer<T>(whole, MeanSquaredError{}, *optimizer, options).fit(data);
  Trainer<T>(others, MeanSquaredError{}, *other_optimizer, options).fit(features);
  EXPECT_TRUE(same_bits(std::as_const(whole).parameters(0), start.parameters(0)));
  EXPECT_TRUE(same_bits(bits_of(whole).subspan(256), bits_of(others)));
  EXPECT_FALSE(same_bits(bits_of(whole).subspan(256), start.parameters().subspan(256)));
}

TYPED_TEST(TrainedGroups, FitWithAFrozenLayerIsFitOfTheOtherLayersAlone) {
  for (const std::string& text : all_optimizers()) {
    expect_fit_like_other_layers_alone<TypeParam>(text, {.epochs = 10, .batch_size = 8});
    expect_fit_like_other_layers_alone<TypeParam>(text, {.epochs = 10, .batch_size = 8, .clip_norm = 0.05});
    expect_fit_like_other_layers_alone<TypeParam>(text,
                                                  {.epochs = 2, .batch_size = 8, .clip_norm = 0.05, .threads = 3});
  }
}

TYPED_TEST(TrainedGroups, AreSetAnewAndRemovedBetweenSteps) {
  using T = TypeParam;
  auto network = three_layers<T>(), without_groups = three_layers<T>();
  Sgd<T> sgd({.learning_rate = 0.1}), plain({.learning_rate = 0.1});
  sgd.set_groups({{.rate = 0}});
  make_steps(sgd, network, 2);
  EXPECT_TRUE(same_bits(bits_of(network), bits_of(without_groups)));
  sgd.set_groups({{.layer = 0, .rate = 0}});
  make_steps(sgd, network, 1);
  EXPECT_TRUE(same_bits(std::as_const(network).parameters(0), std::as_const(without_groups).parameters(0)));
  EXPECT_FALSE(same_bits(std::as_const(network).parameters(1), std::as_const(without_groups).parameters(1)));
  sgd.set_groups({});
  network = three_layers<T>();
  sgd.reset();
  make_steps(sgd, network, 3);
  make_steps(plain, without_groups, 3);
  EXPECT_TRUE(same_bits(bits_of(network), bits_of(without_groups)));
}

TYPED_TEST(TrainedGroups, ArePlacedAgainInAnotherNetworkOfTheSameSize) {
  using T = TypeParam;
  // 12 parameters each; layer 1 begins at 8 in the first network and at 4 in the second.
  Network<T> first{dense<Tanh, T>(3, 2), dense<Identity, T>(2, 1), dense<Identity, T>(1, 1, {.bias = false})};
  Network<T> second{dense<Tanh, T>(1, 2), dense<Identity, T>(2, 2), dense<Identity, T>(2, 1, {.bias = false})};
  ASSERT_EQ(bits_of(first).size(), bits_of(second).size());
  Sgd<T> sgd({.learning_rate = 1});
  sgd.set_groups({{.layer = 1, .rate = 0}});
  const std::vector<T> gradients(12, -1);
  sgd.gradient_norm(second, gradients);
  sgd.step(first, gradients);
  EXPECT_EQ(copy_of(bits_of(first)), (std::vector<T>{1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1}));
  sgd.reset();
  sgd.step(second, gradients);
  EXPECT_EQ(copy_of(bits_of(second)), (std::vector<T>{1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1}));
}

/// The gradients of three batches, each times its number of samples, and one step with their sum.
TYPED_TEST(TrainedGroups, SumOfGradientsOfSmallBatchesIsTheGradientOfTheWholeBatch) {
  using T = TypeParam;
  constexpr double tolerance = std::is_same_v<T, double> ? 1e-13 : 1e-4;
  auto network = three_layers<T>(), whole = three_layers<T>();
  const Dataset<T> data{random_matrix<T>(40, 3, 1), random_matrix<T>(40, 2, 2), {}, {}};
  const auto loss = make_loss<T>(MeanSquaredError{});
  Sgd<T> sgd({.learning_rate = 0.1}), whole_sgd({.learning_rate = 0.1});
  Matrix<T> delta;
  loss->evaluate(whole.forward(data.x), data.y, delta);
  whole.backward(data.x, delta);
  whole_sgd.step(whole, {.gradient_scale = clip_scale(whole_sgd.gradient_norm(whole), 0.1)});

  std::vector<T> sum(bits_of(network).size());
  Batches<T> batches(data, {.size = 16});  // 16, 16 and 8 samples
  while (const Dataset<T>* batch = batches.next()) {
    loss->evaluate(network.forward(batch->x), batch->y, delta);
    network.backward(batch->x, delta);
    const T share = static_cast<T>(samples(*batch)) / static_cast<T>(samples(data));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += share * network.gradients()[i];
  }
  sgd.step(network, sum, {.gradient_scale = clip_scale(sgd.gradient_norm(network, sum), 0.1)});
  for (std::size_t i = 0; i < sum.size(); ++i) EXPECT_NEAR(bits_of(network)[i], bits_of(whole)[i], tolerance);
}

/// Sets the groups and makes a step. Returns the message of the error. Expects no parameter and no step to change.
template <class Error>
std::string refused(const Groups& groups) {
  Adam adam;
  auto network = three_layers<float>();
  const std::string message = message_of<Error>([&] {
    adam.set_groups(groups);
    make_steps(adam, network, 1);
  });
  EXPECT_EQ(adam.steps(), 0u);
  EXPECT_TRUE(same_bits(bits_of(network), bits_of(three_layers<float>())));
  return message;
}

TEST(ParameterGroups, ThatMatchNothingAreRefusedByName) {
  EXPECT_EQ(refused<NameError>({{.rate = 0}, {.layer = 3, .rate = 0}}),
            "adam: group 1: layer: got 3, expected less than 3");
  EXPECT_EQ(refused<NameError>({{.block = "biass", .rate = 0}}),
            "adam: group 0: block of parameters: got 'biass', expected one of: weight bias; did you mean 'bias'?");
  EXPECT_EQ(refused<NameError>({{.layer = 2, .block = "gain", .rate = 0}}),
            "adam: group 0: layer 2 (dense 65 -> 2, identity): block of parameters: got 'gain', expected one of: "
            "weight bias");
}

/// A layer without parameters.
class Negate final : public Layer<float> {
 public:
  std::size_t inputs() const override { return 2; }
  std::size_t outputs() const override { return 2; }
  std::string describe() const override { return "negate 2"; }
  void forward(std::span<const float>, const Matrix<float>& x, Trace<float>& trace) const override { trace.a = -x; }
  void backward(std::span<const float>, const Matrix<float>&, Trace<float>&, std::span<float>,
                Matrix<float>*) const override {}
};

TEST(ParameterGroups, OfALayerWithoutParametersAreRefused) {
  Network<float> network{dense<Tanh>(2, 2), std::make_shared<Negate>()};
  Adam adam;
  adam.set_groups({{.layer = 1, .rate = 0}});
  const std::string expected =
      "adam: group 0: layer 1 (negate 2): parameters: got none, expected a group with parameters";
  EXPECT_EQ(message_of<NameError>([&] { adam.check_network(network); }), expected);
  adam.set_groups({{.layer = 1, .block = "weight", .rate = 0}});
  EXPECT_EQ(message_of<NameError>([&] { adam.check_network(network); }),
            "adam: group 0: layer 1 (negate 2): block of parameters: got 'weight', expected none");
}

TEST(ParameterGroups, OfNumbersThatCannotBeUsedAreRefusedAndChangeNothing) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refused<ValueError>({{.rate = 0}, {.rate = -0.5}}), "adam: group 1: rate: got -0.5, expected at least 0");
  EXPECT_EQ(refused<ValueError>({{.weight_decay = -1}}), "adam: group 0: weight_decay: got -1, expected at least 0");
  for (const double number : {nan, infinity}) {
    EXPECT_NE(refused<ValueError>({{.rate = number}}), "");
    EXPECT_NE(refused<ValueError>({{.weight_decay = number}}), "");
  }
  Adam adam;
  adam.set_groups({{.layer = 0, .rate = 0}});
  EXPECT_THROW(adam.set_groups({{.rate = -1}}), ValueError);
  EXPECT_EQ(describe(adam.groups()), "layer=0 rate=0");
}

TEST(ParameterGroups, NeedANetwork) {
  Adam adam;
  adam.set_groups({{.layer = 0, .rate = 0}, {.layer = 1, .block = "bias", .rate = 0.5, .weight_decay = 1e-4}});
  std::vector<float> w(5), g(5);
  EXPECT_EQ(message_of<ValueError>([&] { adam.step(w, g); }),
            "adam: groups: got layer=0 rate=0, layer=1 block=bias rate=0.5 weight_decay=1e-04, expected none, because "
            "the step is made on arrays; step(network, gradients) makes it on a network");
  EXPECT_EQ(adam.steps(), 0u);
  adam.set_groups({});
  EXPECT_NO_THROW(adam.step(w, g));
}

TEST(ParameterGroups, AreRefusedByFitBeforeItTrains) {
  auto network = small_network<float>();
  Adam adam;
  adam.set_groups({{.layer = 2, .rate = 0}});
  Trainer<float> trainer(network, MeanSquaredError{}, adam);
  EXPECT_EQ(message_of<NameError>([&] { trainer.fit(small_regression<float>(10)); }),
            "adam: group 0: layer: got 2, expected less than 2");
}

TEST(ParameterGroups, OfASavedStateMustBeThoseOfTheRun) {
  Adam adam, other;
  adam.set_groups({{.layer = 0, .rate = 0}});
  State saved;
  StateVisitor saver(saved);
  adam.visit_state(saver);
  StateVisitor loader(saved, "state");
  EXPECT_EQ(message_of<FormatError>([&] { other.visit_state(loader); }),
            "state: optimizer.groups: got 'layer=0 rate=0', expected 'none'");
}

/// A rule of a user, without weight decay.
struct SignRule {
  static constexpr std::string_view name = "sign";
  double learning_rate = 0.125;
  std::size_t buffers() const { return 0; }
  auto update(double rate, double) const {
    return [=](auto& w, auto g) { w -= rate * select(g < 0, -1 + 0 * g, select(g > 0, 1 + 0 * g, 0 * g)); };
  }
};

TEST(ParameterGroups, OfARuleWithoutWeightDecayTakeRatesOnly) {
  RuleOptimizer<SignRule> sign;
  EXPECT_EQ(message_of<NameError>([&] { sign.set_groups({{.weight_decay = 0.1}}); }),
            "sign: weight_decay of a group: got 0.1, expected none, because the rule has no weight_decay; add the "
            "member double weight_decay to the rule");
  Network<float> network{dense<Identity>(1, 1), dense<Identity>(1, 1)};
  sign.set_groups({{.layer = 0, .rate = 2}, {.block = "bias", .rate = 0}});
  sign.step(network, std::vector<float>{3, 3, -3, -3});
  EXPECT_EQ(copy_of(bits_of(network)), (std::vector<float>{-0.25, 0, 0.125, 0}));
}

/// A rule of a user whose weight decay is at most 0.5.
struct GentleRule : SgdRule {
  static constexpr std::string_view name = "gentle";
  static constexpr Parameter<GentleRule> parameters[] = {{"weight_decay", &GentleRule::weight_decay, 0.0, 0.5}};
};

TEST(ParameterGroups, KeepTheRangeThatTheRuleHas) {
  RuleOptimizer<GentleRule> gentle;
  EXPECT_EQ(message_of<ValueError>([&] { gentle.set_groups({{.weight_decay = 0.75}}); }),
            "gentle: weight_decay: got 0.75, expected a number in [0, 0.5]");
  EXPECT_NO_THROW(gentle.set_groups({{.weight_decay = 0.5}}));
}

/// An optimiser of a user, which does not derive from RuleOptimizer.
class Plain : public Optimizer<float> {
 public:
  Plain() : Optimizer<float>(0.5, 0) {}
  std::string_view name() const override { return "plain"; }
  std::string describe() const override { return "plain"; }

 protected:
  void update(std::span<float> w, std::span<const float> g, const StepOptions&) override {
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= static_cast<float>(learning_rate) * g[i];
  }
};

/// The same with groups.
class Grouped final : public Plain {
  void check_group(const ParameterGroup&) const override {}
  void update(std::span<float> w, std::span<const float> g, const StepOptions&) override {
    for (const GroupedRange& range : grouped_ranges())
      for (std::size_t i = range.begin; i < range.begin + range.size; ++i)
        w[i] -= static_cast<float>(learning_rate * range.rate) * g[i];
  }
};

TEST(ParameterGroups, OfAnOptimizerThatDoesNotReadThemAreRefused) {
  Plain plain;
  EXPECT_EQ(message_of<ValueError>([&] { plain.set_groups({{.layer = 0, .rate = 0}}); }),
            "plain: groups: got layer=0 rate=0, expected none, because update() does not read grouped_ranges(); an "
            "optimiser that reads them overrides check_group()");
  Grouped grouped;
  grouped.set_groups({{.block = "bias", .rate = 0}});
  Network<float> network{dense<Identity>(1, 1), dense<Identity>(1, 1)};
  grouped.step(network, std::vector<float>{2, 2, 2, 2});
  EXPECT_EQ(copy_of(bits_of(network)), (std::vector<float>{-1, 0, -1, 0}));
}

}  // namespace
}  // namespace gradflow

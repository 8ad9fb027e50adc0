#include <gradflow/check/gradient_check.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <check/wrong_lines.hpp>
#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <support/errors.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

using Net = Network<double>;

template <class A>
Net three_layers(std::size_t outputs, std::uint64_t seed) {
  Net network{dense<A, double>(4, 6), dense<A, double>(6, 5), dense<Identity, double>(5, outputs)};
  network.initialize(AutoInit{}, seed);
  for (const PlacedBlock& placed : network.blocks())
    if (placed.block.name == "bias")
      fill_normal(network.parameters().subspan(placed.block.offset, placed.block.size()), seed + placed.layer);
  return network;
}

Matrix<double> targets(std::string_view loss, std::size_t samples, std::size_t outputs) {
  Matrix<double> y = random_matrix<double>(samples, loss == "cross_entropy" ? 1 : outputs, 5);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (loss == "cross_entropy") y.data()[i] = static_cast<double>(i % outputs);
    if (loss == "binary_cross_entropy") y.data()[i] = y.data()[i] > 0;
  }
  return y;
}

TEST(GradientCheck, HoldsForEveryActivationWithEveryLossThroughThreeLayers) {
  for_each_type(Activations{}, []<class A>(const A&) {
    for (const std::string_view loss : {"mse", "binary_cross_entropy", "cross_entropy"}) {
      Net network = three_layers<A>(3, 7);
      const auto report =
          gradient_check(network, *make_loss<double>(loss), random_matrix<double>(8, 4, 3), targets(loss, 8, 3));
      EXPECT_TRUE(report.passed()) << A::name << ", " << loss << "\n" << report.text();
      std::size_t compared = 0, left_out = 0;
      ASSERT_EQ(report.checks.size(), 9u) << "weight, bias and dL/dx of three layers";
      for (const Check& check : report.checks) {
        EXPECT_LT(check.error, 1e-7) << A::name << ", " << loss << ", " << check.what;
        compared += check.compared;
        left_out += check.left_out;
      }
      EXPECT_EQ(compared + left_out, network.parameters().size() + 8 * (4 + 6 + 5));
      EXPECT_LE(static_cast<double>(left_out), 0.02 * static_cast<double>(compared)) << A::name;
    }
  });
}

TEST(GradientCheck, HoldsForEveryLossOfTheList) {
  for_each_type(Losses{}, [](const auto& loss) {
    Net network = three_layers<Tanh>(3, 7);
    const auto report =
        gradient_check(network, *make_loss<double>(loss), random_matrix<double>(8, 4, 3), targets(loss.name, 8, 3));
    EXPECT_TRUE(report.passed()) << loss.name << "\n" << report.text();
  });
}

TEST(GradientCheck, HoldsForASoftTargetAndALayerWithoutBias) {
  Net network{dense<Gelu, double>(4, 6, {.bias = false}), dense<Identity, double>(6, 3, {.bias = false})};
  network.initialize(AutoInit{}, 1);
  const auto report = gradient_check(network, *make_loss<double>("cross_entropy"), random_matrix<double>(8, 4, 3),
                                     softmax(random_matrix<double>(8, 3, 4)));
  EXPECT_TRUE(report.passed()) << report.text();
  EXPECT_EQ(report.checks.size(), 4u);
}

TEST(GradientCheck, GivesTheNetworkBackWithTheParametersItHad) {
  Net network = three_layers<Tanh>(1, 7);
  const Net before = network;
  gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(8, 4, 3), random_matrix<double>(8, 1, 4));
  EXPECT_TRUE(same_bits(std::as_const(network).parameters(), before.parameters()));
}

/// Its derivative is wrong by one part in a thousand.
struct WrongTanh {
  static constexpr std::string_view name = "wrong_tanh";
  template <class V>
  V value(const V& z) const {
    return tanh(z);
  }
  template <class V>
  V derivative(const V&, const V& a) const {
    return 1.001 * (1 - a * a);
  }
};

TEST(GradientCheck, CatchesAWrongDerivativeAndSaysWhere) {
  Net network{dense<Tanh, double>(4, 5), dense<WrongTanh, double>(5, 5), dense<Identity, double>(5, 1)};
  network.initialize(AutoInit{}, 3);
  const auto report = gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(8, 4, 3),
                                     random_matrix<double>(8, 1, 4));
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(report.subject, "gradients of mse");
  EXPECT_NEAR(line_of(report, "layer 0 (dense 4 -> 5, tanh), weight").error, 1e-3, 1e-5)
      << "backward() passes the error on to this layer";
  EXPECT_TRUE(line_of(report, "layer 0 (dense 4 -> 5, tanh), dL/dx").passed()) << "dL/dx tests each layer alone";
  const Check check = line_of(report, "layer 1 (dense 5 -> 5, wrong_tanh), weight");
  EXPECT_NEAR(check.error, 1e-3, 1e-5) << "the faulty layer";
  EXPECT_EQ(check.compared, 25u);
  EXPECT_EQ(check.worst.find("row "), 0u) << check.worst;
  EXPECT_NEAR(line_of(report, "layer 1 (dense 5 -> 5, wrong_tanh), dL/dx").error, 1e-3, 1e-5);
  EXPECT_LT(line_of(report, "layer 2 (dense 5 -> 1, identity), weight").error, 1e-7)
      << "backward() reaches this layer first";
}

/// A layer a = x + b with 3 biases. Its backward leaves out the gradient of the bias with index 1.
class Forgetful : public Layer<double> {
 public:
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "forgetful"; }
  std::span<const ParameterBlock> blocks() const override { return {&block_, 1}; }
  void forward(std::span<const double> bias, const Matrix<double>& x, Trace<double>& trace) const override {
    trace.a = x;
    for (std::size_t i = 0; i < rows(x); ++i)
      for (std::size_t j = 0; j < 3; ++j) trace.a(i, j) += bias[j];
  }
  void backward(std::span<const double>, const Matrix<double>&, Trace<double>& trace, std::span<double> gradients,
                Matrix<double>* x_delta) const override {
    for (double& g : gradients) g = 0;
    for (std::size_t i = 0; i < rows(trace.delta); ++i)
      for (const std::size_t j : {0u, 2u}) gradients[j] += trace.delta(i, j);
    if (x_delta) *x_delta = trace.delta;
  }

 private:
  ParameterBlock block_{"bias", 0, 1, 3};
};

TEST(GradientCheck, CatchesAWrongLayerAndNamesTheWorstPlace) {
  Net network{dense<Tanh, double>(4, 3), std::make_shared<const Forgetful>(), dense<Identity, double>(3, 1)};
  network.initialize(AutoInit{}, 3);
  const auto report = gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(8, 4, 3),
                                     random_matrix<double>(8, 1, 4));
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(wrong_lines(report), std::vector<std::string>{"layer 1 (forgetful), bias"});
  const Check& wrong = report.worst();
  EXPECT_EQ(wrong.worst, "index 1");
  EXPECT_EQ(wrong.got, 0);
  EXPECT_NE(wrong.expected, 0);
}

/// A layer a = softmax(x), row by row, without parameters and without slopes in its trace. Its backward uses only the
/// diagonal of the derivative.
class DiagonalSoftmax : public Layer<double> {
 public:
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "diagonal softmax 3"; }
  void forward(std::span<const double>, const Matrix<double>& x, Trace<double>& trace) const override {
    trace.a = softmax(x);
  }
  void backward(std::span<const double>, const Matrix<double>&, Trace<double>& trace, std::span<double>,
                Matrix<double>* x_delta) const override {
    for (std::size_t i = 0; i < trace.a.size(); ++i) {
      const double p = trace.a.data()[i];
      trace.delta.data()[i] *= p * (1 - p);
    }
    if (x_delta) *x_delta = trace.delta;
  }
};

TEST(GradientCheck, CatchesASoftmaxOfTheDiagonalOnlyAndNamesIt) {
  Net network{dense<Tanh, double>(4, 3), std::make_shared<const DiagonalSoftmax>(), dense<Identity, double>(3, 1)};
  network.initialize(AutoInit{}, 3);
  const auto report = gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(8, 4, 3),
                                     random_matrix<double>(8, 1, 4));
  EXPECT_EQ(wrong_lines(report),
            (std::vector<std::string>{"layer 0 (dense 4 -> 3, tanh), weight", "layer 0 (dense 4 -> 3, tanh), bias",
                                      "layer 1 (diagonal softmax 3), dL/dx"}));
  const Check check = line_of(report, "layer 1 (diagonal softmax 3), dL/dx");
  EXPECT_GT(check.error, 0.1);
  EXPECT_EQ(check.worst.find("sample "), 0u) << check.worst;
}

/// Does not write dL/dx. It works as the first layer, but no layer can stand before it.
class NoInputGradient : public Forgetful {
  void backward(std::span<const double> bias, const Matrix<double>& x, Trace<double>& trace,
                std::span<double> gradients, Matrix<double>*) const override {
    Forgetful::backward(bias, x, trace, gradients, nullptr);
  }
};

TEST(GradientCheck, RefusesALayerThatDoesNotWriteItsInputGradient) {
  Net network{std::make_shared<const NoInputGradient>(), dense<Identity, double>(3, 1)};
  EXPECT_EQ(message_of<ShapeError>(
                [&] { gradient_check(network, *make_loss<double>("mse"), zeros<double>(2, 3), zeros<double>(2, 1)); }),
            "layer 0 (forgetful): dL/dx: got [0, 0], expected [2, 3]");
}

/// Every kind of layer, alone and in a chain of all, with losses of three kinds, in training and in evaluation. In
/// evaluation, batch_norm uses statistics that differ from those of the batch.
TEST(GradientCheck, HoldsForEveryLayerInTrainingAndEvaluation) {
  const auto x = random_matrix<double>(8, 3, 3), y = random_matrix<double>(8, 2, 4);
  const Matrix<double> classes = matrix<double>({{0}, {1}, {1}, {0}, {1}, {0}, {0}, {1}});
  for (auto& [name, network] : test::networks_with_every_layer<double>()) {
    test::draw_all(network, 5);
    for (std::uint64_t step = 0; step < 3; ++step) {
      network.forward(random_matrix<double>(16, 3, step), {.step = step});
      network.update_state();
    }
    const std::vector<double> values(network.values().begin(), network.values().end());
    for (const bool training : {true, false})
      for (const char* const loss : {"mse", "huber(delta=0.5)", "cross_entropy"}) {
        const bool of_classes = std::string_view(loss) == "cross_entropy";
        const auto report = gradient_check(network, *make_loss<double>(loss), x, of_classes ? classes : y,
                                           {.pass = {.training = training, .seed = 7, .step = 3}});
        EXPECT_TRUE(report.passed()) << name << ", " << loss << (training ? ", training\n" : "\n") << report.text();
        EXPECT_EQ(network.trace(0).pass.training, training) << "the pass that was asked for";
        for (const Check& check : report.checks) EXPECT_EQ(check.left_out, 0u) << name << ", " << check.what;
      }
    EXPECT_TRUE(std::ranges::equal(network.values(), values)) << name << ": the check changed the state";
  }
}

TEST(GradientCheck, TheFloorIsAShareOfTheWholeGradient) {
  Net network{dense<Identity, double>(3, 4), batch_norm<double>(4), dense<Identity, double>(4, 1)};
  network.initialize(AutoInit{}, 3);
  const auto x = random_matrix<double>(8, 3, 3), y = random_matrix<double>(8, 1, 4);
  const auto error = [&](double floor) {
    const auto report = gradient_check(network, *make_loss<double>("mse"), x, y, {.floor = floor});
    return line_of(report, "layer 0 (dense 3 -> 4, identity), bias").error;
  };
  EXPECT_GT(error(0), 1e-2) << "the gradient is 0: only rounding errors are compared";
  EXPECT_LT(error(GradientCheckOptions{}.floor), 1e-7);
  EXPECT_NEAR(error(1e-2) / error(1e-3), 0.1, 1e-12);
}

/// A dropout whose backward forgets the mask.
class ForgetsTheMask : public Layer<double> {
 public:
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "forgets the mask"; }
  bool is_random() const override { return true; }
  void forward(std::span<const double>, const Matrix<double>& x, Trace<double>& trace) const override {
    trace.a = x;
    for (std::size_t i = 0; i < rows(x); ++i)
      for (Rng rng = trace.random(i); double& a : row(trace.a, i)) a *= rng.uniform();
  }
  void backward(std::span<const double>, const Matrix<double>&, Trace<double>& trace, std::span<double>,
                Matrix<double>* x_delta) const override {
    if (x_delta) *x_delta = trace.delta;
  }
};

TEST(GradientCheck, CatchesAWrongRandomLayerAndNamesIt) {
  Net network{dense<Tanh, double>(4, 3), std::make_shared<const ForgetsTheMask>(), dense<Identity, double>(3, 1)};
  network.initialize(AutoInit{}, 3);
  const auto report = gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(8, 4, 3),
                                     random_matrix<double>(8, 1, 4));
  EXPECT_GT(line_of(report, "layer 1 (forgets the mask), dL/dx").error, 0.1);
}

/// a = x e, where e is the input of the layer before. dL/de is wrong: the factor x is missing.
class WrongGate : public Layer<double> {
 public:
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "wrong gate"; }
  std::size_t back() const override { return 1; }
  void forward(std::span<const double>, const Matrix<double>& x, Trace<double>& trace) const override {
    trace.a = x * *trace.earlier;
  }
  void backward(std::span<const double>, const Matrix<double>&, Trace<double>& trace, std::span<double>,
                Matrix<double>* x_delta) const override {
    if (x_delta) *x_delta = trace.delta * *trace.earlier;
  }
};

TEST(GradientCheck, CatchesAWrongGradientOfASecondInput) {
  Net network{activate<Sigmoid, double>(3), std::make_shared<const WrongGate>(), dense<Identity, double>(3, 1)};
  network.initialize(AutoInit{}, 3);
  const auto report = gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(8, 3, 3),
                                     random_matrix<double>(8, 1, 4));
  EXPECT_EQ(wrong_lines(report), std::vector<std::string>{"layer 1 (wrong gate), dL/d(earlier input)"});
}

/// The value is (y - t)^2, but the derivative is y - t: the factor 2 is missing.
struct WrongLoss {
  static constexpr std::string_view name = "wrong_loss";
  template <class V>
  V value(const V& y, const V& t) const {
    return (y - t) * (y - t);
  }
  template <class V>
  V derivative(const V& y, const V& t) const {
    return y - t;
  }
};

TEST(GradientCheck, CatchesAWrongLossInEveryBlock) {
  Net network = three_layers<Tanh>(1, 3);
  const auto report = gradient_check(network, *make_loss<double>(WrongLoss{}), random_matrix<double>(8, 4, 3),
                                     random_matrix<double>(8, 1, 4));
  EXPECT_FALSE(report.passed());
  for (const Check& check : report.checks)
    EXPECT_NEAR(check.error, check.what.ends_with("dL/dx") ? 0 : 0.5, 1e-6) << check.what;
}

TEST(GradientCheck, ParametersAtAKinkAreLeftOutAndCounted) {
  Net network{dense<Relu, double>(1, 2), dense<Identity, double>(2, 1)};
  const double parameters[] = {1, 1, 0, 0.5, 1, 1, 0};  // at x = 0 the first unit is at its kink
  std::ranges::copy(parameters, network.parameters().begin());
  const auto report = gradient_check(network, *make_loss<double>("mse"), matrix<double>({{0}}), matrix<double>({{2}}),
                                     {.left_out = 0.5});
  const Check weight = line_of(report, "layer 0 (dense 1 -> 2, relu), weight");
  const Check bias = line_of(report, "layer 0 (dense 1 -> 2, relu), bias");
  EXPECT_TRUE(weight.passed() && bias.passed()) << report.text();
  EXPECT_EQ(weight.left_out, 0u);
  EXPECT_EQ(bias.left_out, 1u);
  EXPECT_EQ(bias.compared, 1u);
}

TEST(GradientCheck, TooManyParametersAtAKinkAreNoProof) {
  Net network{dense<Relu, double>(1, 2), dense<Identity, double>(2, 1)};
  const double parameters[] = {1, 1, 0, 0.5, 1, 1, 0};  // at x = 0 one of two biases is at a kink
  std::ranges::copy(parameters, network.parameters().begin());
  EXPECT_FALSE(
      gradient_check(network, *make_loss<double>("mse"), matrix<double>({{0}}), matrix<double>({{2}})).passed());
}

TEST(GradientCheck, ALossThatIsNotFiniteIsRefused) {
  Net network{dense<Tanh, double>(1, 2), dense<Identity, double>(2, 1)};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(gradient_check(network, *make_loss<double>("mse"), matrix<double>({{nan}}), matrix<double>({{2}})),
               ValueError);
}

TEST(GradientCheck, ThrowsWhatNetworkAndLossThrow) {
  Net network = three_layers<Tanh>(1, 3);
  const auto loss = make_loss<double>("mse");
  EXPECT_THROW(gradient_check(network, *loss, zeros<double>(8, 3), zeros<double>(8, 1)), ShapeError);
  EXPECT_THROW(gradient_check(network, *loss, zeros<double>(8, 4), zeros<double>(7, 1)), ShapeError);
}

}  // namespace
}  // namespace gradflow

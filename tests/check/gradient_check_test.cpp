#include <gradflow/check/gradient_check.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <limits>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
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
      EXPECT_TRUE(report.passed) << A::name << ", " << loss << "\n" << report.text();
      std::size_t checked = 0, left_out = 0;
      ASSERT_EQ(report.blocks.size(), 6u);
      for (const BlockCheck& block : report.blocks) {
        EXPECT_LT(block.relative_error, 1e-7) << A::name << ", " << loss << ", " << block.where;
        checked += block.checked;
        left_out += block.left_out;
      }
      EXPECT_EQ(checked + left_out, network.parameters().size());
      EXPECT_LE(static_cast<double>(left_out), 0.02 * static_cast<double>(checked)) << A::name;
    }
  });
}

TEST(GradientCheck, HoldsForEveryLossOfTheList) {
  for_each_type(Losses{}, [](const auto& loss) {
    Net network = three_layers<Tanh>(3, 7);
    const auto report =
        gradient_check(network, *make_loss<double>(loss), random_matrix<double>(8, 4, 3), targets(loss.name, 8, 3));
    EXPECT_TRUE(report.passed) << loss.name << "\n" << report.text();
  });
}

TEST(GradientCheck, HoldsForASoftTargetAndALayerWithoutBias) {
  Net network{dense<Gelu, double>(4, 6, {.bias = false}), dense<Identity, double>(6, 3, {.bias = false})};
  network.initialize(AutoInit{}, 1);
  const auto report = gradient_check(network, *make_loss<double>("cross_entropy"), random_matrix<double>(8, 4, 3),
                                     softmax(random_matrix<double>(8, 3, 4)));
  EXPECT_TRUE(report.passed) << report.text();
  EXPECT_EQ(report.blocks.size(), 2u);
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
  EXPECT_FALSE(report.passed);
  EXPECT_NEAR(report.blocks[0].relative_error, 1e-3, 1e-5) << "behind the fault";
  EXPECT_NEAR(report.blocks[2].relative_error, 1e-3, 1e-5) << "at the fault";
  EXPECT_LT(report.blocks[4].relative_error, 1e-7) << "before the fault";
  const std::string text = report.text();
  EXPECT_NE(text.find("layer 1 (dense 5 -> 5, wrong_tanh), weight: relative error 1.0e-03 over 25 parameters, 0 at a "
                      "kink left out; worst at index "),
            text.npos)
      << text;
}

/// A layer a = x + b whose backward forgets the gradient of one of its biases.
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
  EXPECT_FALSE(report.passed);
  const BlockCheck& wrong = report.blocks[2];
  EXPECT_EQ(wrong.where, "layer 1 (forgetful), bias");
  EXPECT_EQ(wrong.worst, 1u);
  EXPECT_EQ(wrong.got, 0);
  EXPECT_NE(wrong.expected, 0);
  EXPECT_LT(report.blocks[0].relative_error, 1e-7);
}

/// mse with the gradient of the sum.
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
  EXPECT_FALSE(report.passed);
  for (const BlockCheck& block : report.blocks) EXPECT_NEAR(block.relative_error, 0.5, 1e-6) << block.where;
}

TEST(GradientCheck, ParametersAtAKinkAreLeftOutAndCounted) {
  Net network{dense<Relu, double>(1, 2), dense<Identity, double>(2, 1)};
  const double parameters[] = {1, 1, 0, 0.5, 1, 1, 0};  // the first unit stands at its kink for x = 0
  std::ranges::copy(parameters, network.parameters().begin());
  const auto report = gradient_check(network, *make_loss<double>("mse"), matrix<double>({{0}}), matrix<double>({{2}}),
                                     {.left_out = 0.5});
  EXPECT_TRUE(report.passed) << report.text();
  EXPECT_EQ(report.blocks[1].left_out, 1u);
  EXPECT_EQ(report.blocks[1].checked, 1u);
  EXPECT_EQ(report.blocks[0].left_out, 0u);
}

TEST(GradientCheck, TooManyParametersAtAKinkAreNoProof) {
  Net network{dense<Relu, double>(1, 2), dense<Identity, double>(2, 1)};
  const double parameters[] = {1, 1, 0, 0.5, 1, 1, 0};  // one bias of two stands at its kink
  std::ranges::copy(parameters, network.parameters().begin());
  EXPECT_FALSE(gradient_check(network, *make_loss<double>("mse"), matrix<double>({{0}}), matrix<double>({{2}})).passed);
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

// Tests layers that a user has written, inside a network of the library.
#include <gradflow/nn/layer.hpp>

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/check/gradient_check.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/network.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

/// a = gain * x, with one learned gain for each feature.
template <class T>
class Gain : public gradflow::Layer<T> {
 public:
  explicit Gain(std::size_t width) : block_{"gain", 0, 1, width} {}
  std::size_t inputs() const override { return block_.columns; }
  std::size_t outputs() const override { return block_.columns; }
  std::string describe() const override { return "gain " + std::to_string(inputs()); }
  std::span<const gradflow::ParameterBlock> blocks() const override { return {&block_, 1}; }
  void initialize(std::span<T> gain, const gradflow::Initialization&) const override {
    for (T& g : gain) g = 1;
  }
  void forward(std::span<const T> gain, const gradflow::Matrix<T>& x, gradflow::Trace<T>& trace) const override {
    scale(gain, x, trace.a);
  }
  void backward(std::span<const T> gain, const gradflow::Matrix<T>& x, gradflow::Trace<T>& trace,
                std::span<T> gradients, gradflow::Matrix<T>* x_delta) const override {
    for (T& g : gradients) g = 0;
    for (std::size_t i = 0; i < rows(x); ++i)
      for (std::size_t j = 0; j < inputs(); ++j) gradients[j] += trace.delta(i, j) * x(i, j);
    if (x_delta) scale(gain, trace.delta, *x_delta);
  }

 private:
  void scale(std::span<const T> gain, const gradflow::Matrix<T>& from, gradflow::Matrix<T>& to) const {
    to = from;
    for (std::size_t i = 0; i < rows(from); ++i)
      for (std::size_t j = 0; j < inputs(); ++j) to(i, j) *= gain[j];
  }

  gradflow::ParameterBlock block_;
};

/// a = -x, without parameters. Keeps Layer's default implementation of all other functions.
template <class T>
class Negative : public gradflow::Layer<T> {
 public:
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "negative"; }
  void forward(std::span<const T>, const gradflow::Matrix<T>& x, gradflow::Trace<T>& trace) const override {
    trace.a = -x;
  }
  void backward(std::span<const T>, const gradflow::Matrix<T>&, gradflow::Trace<T>& trace, std::span<T>,
                gradflow::Matrix<T>* x_delta) const override {
    if (x_delta) *x_delta = -trace.delta;
  }
};

namespace gradflow {
namespace {

template <class T>
class UsersLayer : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(UsersLayer, Numbers);

template <class T>
Network<T> with_own_layers() {
  return {dense<Tanh, T>(2, 3), std::make_shared<const Gain<T>>(3), std::make_shared<const Negative<T>>(),
          dense<Identity, T>(3, 1)};
}

TYPED_TEST(UsersLayer, IsInitialisedAndPlacedAmongTheOthers) {
  auto network = with_own_layers<TypeParam>();
  network.initialize(GlorotUniform{}, 1);
  ASSERT_EQ(network.blocks().size(), 5u);
  EXPECT_EQ(network.blocks()[2].block.name, "gain");
  EXPECT_EQ(network.blocks()[2].layer, 1u);
  EXPECT_EQ(network.blocks()[3].layer, 3u);
  for (const TypeParam gain : network.parameters(1)) EXPECT_EQ(gain, 1);
  EXPECT_TRUE(network.parameters(2).empty());
  EXPECT_TRUE(network.gradients(2).empty());
  EXPECT_EQ(network.parameters().size(), 2u * 3 + 3 + 3 + 3 + 1);
  EXPECT_EQ(network.layer_name(2), "layer 2 (negative)");
  EXPECT_EQ(network.layer(2).activation(), nullptr);
}

TYPED_TEST(UsersLayer, ComputesWhereItStands) {
  auto network = with_own_layers<TypeParam>();
  network.initialize(GlorotUniform{}, 1);
  const auto x = random_matrix<TypeParam>(5, 2, 1);
  network.forward(x);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(network.trace(2).a.data()[i], -network.trace(0).a.data()[i]);
  EXPECT_TRUE(same_bits(network.predict(x), network.trace(3).a));
}

TEST(UsersLayer, PassesTheGradientCheck) {
  auto network = with_own_layers<double>();
  network.initialize(GlorotUniform{}, 1);
  const auto report = gradient_check(network, *make_loss<double>("mse"), random_matrix<double>(5, 2, 1),
                                     random_matrix<double>(5, 1, 2));
  EXPECT_TRUE(report.passed()) << report.text();
  EXPECT_EQ(report.checks.size(), 9u) << "five parameter blocks, and dL/dx of four layers";
  EXPECT_EQ(report.checks[3].what, "layer 1 (gain 3), gain");
}

/// Writes only half of the outputs that outputs() promises.
class Half : public Layer<float> {
 public:
  std::size_t inputs() const override { return 2; }
  std::size_t outputs() const override { return 4; }
  std::string describe() const override { return "half"; }
  void forward(std::span<const float>, const Matrix<float>& x, Trace<float>& trace) const override { trace.a = x; }
  void backward(std::span<const float>, const Matrix<float>&, Trace<float>&, std::span<float>,
                Matrix<float>*) const override {}
};

TEST(UsersLayer, IsNamedWhereItWritesAnotherShapeThanItPromised) {
  Network<float> network{std::make_shared<Half>(), dense<Identity>(4, 1)};
  const auto x = random_matrix<float>(5, 2, 1);
  EXPECT_EQ(message_of<ShapeError>([&] { network.forward(x); }), "layer 0 (half): output: got [5, 2], expected [5, 4]");
  EXPECT_THROW(network.predict(x), ShapeError);
}

TEST(UsersLayer, IsNamedWhereItsDeltaIsMissing) {
  class Silent : public Negative<float> {
    void backward(std::span<const float>, const Matrix<float>&, Trace<float>&, std::span<float>,
                  Matrix<float>*) const override {}
  };
  Network<float> network{dense<Tanh>(2, 3), std::make_shared<Silent>()};
  const auto x = random_matrix<float>(5, 2, 1);
  network.forward(x);
  EXPECT_THROW(network.backward(x, random_matrix<float>(5, 3, 2)), ShapeError);
}

TEST(UsersLayer, ThatIsANullPointerIsRefused) {
  EXPECT_EQ(message_of<ShapeError>([] {
              Network<float>({dense<Tanh>(2, 3), nullptr});
            }),
            "network: layer 1: got a null pointer, expected a layer");
}

}  // namespace
}  // namespace gradflow

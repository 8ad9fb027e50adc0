// Tests AutoInit. It uses the scheme that an activation declares. If there is none, it uses weights that keep the
// gradient according to theory.
#include <gradflow/nn/initializers.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/moments.hpp>
#include <gradflow/nn/network.hpp>
#include <support/drawn_weights.hpp>

/// Activations as a user would write them, in the user's own namespace. None of them declares a weight scheme.
namespace mine {

struct Relu {
  static constexpr std::string_view name = "my_relu";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, V(0), z);
  }
};

struct SignedLog {
  static constexpr std::string_view name = "signed_log";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, -log1p(abs(z)), log1p(abs(z)));
  }
};

/// Its slope is 0 outside [0.3, 2], and its value is never near 0.
struct Ramp {
  static constexpr std::string_view name = "ramp";
  template <class V>
  V value(const V& z) const {
    return clamp(z, 0.3, 2);
  }
};

/// Its values are 1000 times larger than those of tanh.
struct Steep {
  static constexpr std::string_view name = "steep";
  template <class V>
  V value(const V& z) const {
    return 1000 * tanh(z);
  }
};

struct Step {
  static constexpr std::string_view name = "step";
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, V(0), V(1));
  }
};

}  // namespace mine

namespace gradflow {
namespace {

using Undeclared = TypeList<Softplus, Sine, Gaussian, mine::Relu, mine::SignedLog, mine::Ramp, mine::Steep>;

TEST(AutoInit, TakesTheSchemeThatTheActivationDeclares) {
  for_each_type(Activations{}, [](const auto& activation) {
    const ActivationInfo info = activation_info(activation);
    if (info.weights == WeightScheme::mean_field) return;
    const LayerPlace place{5, 4, &info};
    const DrawnWeights expected = info.weights == WeightScheme::he_normal      ? draw(HeNormal{}, place)
                                  : info.weights == WeightScheme::lecun_normal ? draw(LecunNormal{}, place)
                                                                               : draw(GlorotUniform{}, place);
    EXPECT_EQ(draw(AutoInit{}, place), expected) << info.name;
  });
  EXPECT_EQ(draw(AutoInit{}, {5, 4}), draw(GlorotUniform{}, {5, 4})) << "a layer without an activation";
}

TEST(AutoInit, DrawsWhatTheoryAsksForWhereNothingIsDeclared) {
  for_each_type(Undeclared{}, [](const auto& activation) {
    const ActivationInfo info = activation_info(activation);
    ASSERT_EQ(info.weights, WeightScheme::mean_field) << info.name;
    const auto sigma_w = balanced_sigma_w(info);
    ASSERT_TRUE(sigma_w) << info.name;
    EXPECT_EQ(draw(AutoInit{}, {5, 4, &info}), draw(Normal{*sigma_w}, {5, 4, &info})) << info.name;
  });
}

TEST(AutoInit, SaysTheSigmaOfTheWeightsThatItDraws) {
  for_each_type(Activations{}, [](const auto& policy) {
    const ActivationInfo info = activation_info(policy);
    const LayerPlace place{300, 300, &info};
    double squares = 0;
    for (const double w : draw(AutoInit{}, place).weight) squares += w * w;
    const AutoChoice choice = auto_choice(info);
    EXPECT_NEAR(std::sqrt(squares / 300) / choice.sigma_w, 1, 0.02) << info.name;
    EXPECT_EQ(draw(*choice.initializer, place).weight, draw(AutoInit{}, place).weight) << info.name;
  });
}

TEST(AutoInit, BalancedWeightsKeepTheGradientOverTenLayersByTheory) {
  const auto check = [](const auto& activation) {
    const ActivationInfo info = activation_info(activation);
    const double sigma_w = balanced_sigma_w(info).value();
    double q = sigma_w * sigma_w, product = 1;
    for (int layer = 0; layer < 10; ++layer) {
      product *= sigma_w * sigma_w * mean_square_slope(info, q);
      q = sigma_w * sigma_w * mean_square_value(info, q);
    }
    EXPECT_NEAR(product, 1, 0.02) << info.name;
  };
  for_each_type(Undeclared{}, check);
  for_each_type(TypeList<Sigmoid, Tanh, Selu, Gelu>{}, check);
}

TEST(AutoInit, BalancedWeightsOfReluAreHes) {
  EXPECT_NEAR(balanced_sigma_w(activation_info(Relu{})).value() / std::sqrt(2), 1, 1.0 / 4096);
  EXPECT_NEAR(balanced_sigma_w(activation_info(Identity{})).value(), 1, 1.0 / 4096);
}

TEST(AutoInit, BalancedWeightsAreRoundedSoThatTheyAreTheSameOnEveryMachine) {
  for_each_type(Undeclared{}, [](const auto& activation) {
    int exponent = 0;
    const double bits = 4096 * std::frexp(balanced_sigma_w(activation_info(activation)).value(), &exponent);
    EXPECT_EQ(bits, std::round(bits)) << activation.name;
  });
  EXPECT_EQ(balanced_sigma_w(activation_info(Softplus{})), 1.59423828125);
  EXPECT_EQ(balanced_sigma_w(activation_info(Sine{})), 1.22412109375);
  EXPECT_EQ(balanced_sigma_w(activation_info(Gaussian{})), 1.73193359375);
}

TEST(AutoInit, WhereNoWeightsKeepAGradientGlorotIsTaken) {
  const ActivationInfo step = activation_info(mine::Step{});
  EXPECT_FALSE(balanced_sigma_w(step));
  EXPECT_EQ(draw(AutoInit{}, {5, 4, &step}), draw(GlorotUniform{}, {5, 4, &step}));
}

TEST(AutoInit, DrawsAWholeNetworkSo) {
  const std::vector<LayerPtr<float>> layers(3, dense<Softplus>(8, 8));
  Network<float> by_auto(layers), by_theory(layers);
  by_auto.initialize(AutoInit{}, 1);
  by_theory.initialize(Normal{balanced_sigma_w(activation_info(Softplus{})).value()}, 1);
  EXPECT_TRUE(std::ranges::equal(by_auto.parameters(), by_theory.parameters()));
}

/// Returns gradient_left(), ||dL/dz|| at the first layer divided by that at the last, ten layers later. Geometric mean
/// over the seeds.
template <class A>
double gradient_left_after_ten_layers(const Initializer& initializer) {
  constexpr std::size_t layers = 11, width = 128;
  constexpr std::uint64_t seeds = 4;
  std::vector<double> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Network<float> network(std::vector<LayerPtr<float>>(layers, dense<A>(width, width)));
    network.initialize(initializer, seed);
    left.push_back(gradient_left(probe_gradient_flow(network, {.seed = seed})));
  }
  return geometric_mean(left);
}

TEST(AutoInit, TheMeasuredGradientIsKeptOverTenLayers) {
  for_each_type(Undeclared{}, []<class A>(const A& activation) {
    const double sigma_w = balanced_sigma_w(activation_info(activation)).value();
    const double left = gradient_left_after_ten_layers<A>(Normal{sigma_w});
    EXPECT_GT(left, 1 / 1.3) << A::name;
    EXPECT_LT(left, 1.3) << A::name;
  });
}

}  // namespace
}  // namespace gradflow

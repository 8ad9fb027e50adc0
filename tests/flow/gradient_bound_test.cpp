#include <gradflow/flow/gradient_bound.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/skip.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>
#include <support/pass_on.hpp>

namespace gradflow {
namespace {

template <class T>
class GradientBoundTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(GradientBoundTest, Numbers);

template <class T>
double spectral_norm_of(const Matrix<T>& m) {
  return spectral_norm(flat(m), columns(m));
}

TYPED_TEST(GradientBoundTest, TheSpectralNormIsTheLargestSingularValue) {
  using T = TypeParam;
  EXPECT_NEAR(spectral_norm_of(matrix<T>({{3, 0}, {4, 5}})), 3 * std::sqrt(5), 1e-9);
  EXPECT_NEAR(spectral_norm_of(matrix<T>({{0, -7, 0}, {2, 0, 0}})), 7, 1e-9);
  EXPECT_NEAR(spectral_norm_of(matrix<T>({{3}, {4}})), 5, 1e-9);
  EXPECT_NEAR(spectral_norm_of(matrix<T>({{3, 4}})), 5, 1e-9);
  EXPECT_NEAR(spectral_norm_of(matrix<T>({{1, -1}, {1, -1}})), 2, 1e-9) << "a power iteration from ones would give 0";
  EXPECT_EQ(spectral_norm_of(zeros<T>(3, 2)), 0);
}

TYPED_TEST(GradientBoundTest, OfANormalMatrixItIsNearTheEdgeOfItsSpectrum) {
  using T = TypeParam;
  const auto w = random_matrix<T>(400, 100, 1);
  EXPECT_NEAR(spectral_norm_of(w) / (std::sqrt(400.0) + std::sqrt(100.0)), 1, 0.03);
}

TYPED_TEST(GradientBoundTest, NumbersThatMakeNoWholeRowsAreRefused) {
  using T = TypeParam;
  const auto w = zeros<T>(2, 3);
  EXPECT_EQ(message_of<ShapeError>([&] { spectral_norm(flat(w), 4); }),
            "spectral_norm: matrix: got 6 numbers, expected rows of 4 columns");
  EXPECT_THROW(spectral_norm(flat(w), 0), ShapeError);
}

/// All widths differ, so that a transposed matrix makes the test fail.
template <class T>
Network<T> narrow_and_wide(std::string_view activation) {
  return Network<T>{dense<T>(activation, 10, 40), dense<T>(activation, 40, 20), dense<T>(activation, 20, 30),
                    dense<T>("identity", 30, 5)};
}

// The bound holds for every activation, initialisation, seed and layer, not only on average.
TYPED_TEST(GradientBoundTest, NoLayerPassesMoreThanItsLargestSlopeTimesTheSpectralNorm) {
  using T = TypeParam;
  for_each_type(Activations{}, [](const auto& activation) {
    for (const std::string_view initializer : {"he_normal", "centred(sigma_w=4)", "standard"})
      for (const std::uint64_t seed : {1u, 2u, 3u}) {
        auto network = narrow_and_wide<T>(activation.name);
        network.initialize(*make_initializer(initializer), seed);
        const auto norms = probe_gradient_flow(network, {.batch = 17, .seed = seed}).delta_norms;
        const auto bounds = gradient_bounds(network);
        ASSERT_EQ(bounds.size(), 3u);
        for (std::size_t i = 0; i < bounds.size(); ++i) {
          const double bound = bounds[i].factor() * norms[i + 1];
          EXPECT_LE(norms[i], bound * (1 + 1e-6)) << activation.name << " " << initializer << " " << i;
          EXPECT_GT(norms[i], bound / 500) << activation.name << " " << initializer << ": the bound is too loose";
        }
      }
  });
}

TYPED_TEST(GradientBoundTest, AQuarterALayerHoldsForSigmoidWhereTheSpectralNormIsOne) {
  using T = TypeParam;
  for (const std::size_t steps : {10u, 20u}) {
    Network<T> network(std::vector<LayerPtr<T>>(steps + 1, dense<Sigmoid, T>(16, 16)));
    network.initialize(Orthogonal{}, 1);
    const GradientFlow flow = probe_gradient_flow(network);
    double product = 1;
    for (const GradientBound& bound : gradient_bounds(network)) {
      EXPECT_NEAR(bound.weight_norm, 1, 1e-6);
      EXPECT_LE(bound.largest_slope, 0.25);
      EXPECT_GT(bound.largest_slope, 0.2);
      product *= 0.25;
    }
    EXPECT_NEAR(product / (steps == 10 ? 9.536743e-7 : 9.094947e-13), 1, 1e-6);
    EXPECT_LE(gradient_left(flow), product);
    EXPECT_GT(gradient_left(flow), product / 100);
  }
}

TYPED_TEST(GradientBoundTest, AQuarterALayerIsExceededWhereTheWeightsAreLarger) {
  using T = TypeParam;
  Network<T> network(std::vector<LayerPtr<T>>(11, dense<Sigmoid, T>(16, 16)));
  network.initialize(Centred{4}, 1);
  EXPECT_GT(gradient_left(probe_gradient_flow(network)), 100 * 9.536743e-7);
  for (const GradientBound& bound : gradient_bounds(network)) EXPECT_GT(bound.factor(), 0.25);
}

TYPED_TEST(GradientBoundTest, OfALayerThatIsNotDenseNothingIsKnown) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(2, 2), std::make_shared<const PassOn<T>>(), dense<Identity, T>(2, 1)};
  network.initialize(GlorotUniform{}, 1);
  probe_gradient_flow(network);
  const auto bounds = gradient_bounds(network);
  EXPECT_TRUE(std::isnan(bounds[0].weight_norm));
  EXPECT_FALSE(std::isnan(bounds[0].largest_slope));
  EXPECT_TRUE(std::isnan(bounds[1].largest_slope));
  EXPECT_FALSE(std::isnan(bounds[1].weight_norm));
}

TYPED_TEST(GradientBoundTest, WhereASkipBeginsThereIsNoBound) {
  using T = TypeParam;
  Network<T> network{dense<Tanh, T>(2, 2), residual({dense<Tanh, T>(2, 2), dense<Tanh, T>(2, 2)})};
  network.initialize(GlorotUniform{}, 1);
  probe_gradient_flow(network);
  const auto bounds = gradient_bounds(network);
  EXPECT_TRUE(std::isnan(bounds[0].weight_norm)) << "part of the gradient comes by the skip";
  EXPECT_FALSE(std::isnan(bounds[1].weight_norm));
}

}  // namespace
}  // namespace gradflow

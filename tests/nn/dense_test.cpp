#include <gradflow/nn/dense.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>
#include <support/plain_dense.hpp>

namespace gradflow {
namespace {

template <class T>
class DenseTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(DenseTest, Numbers);

// {batch, inputs, outputs}: the shapes below have widths of 1, odd widths, and widths larger than any tile.
struct Shape {
  std::size_t batch, inputs, outputs;
};
constexpr Shape shapes[] = {{1, 1, 1}, {3, 2, 5}, {7, 1, 33}, {33, 17, 1}, {32, 64, 10}, {9, 130, 101}};

template <class T>
std::vector<T> some_parameters(const Layer<T>& layer) {
  std::vector<T> parameters(layer.parameter_count());
  fill_normal(std::span(parameters), 11);
  for (T& p : parameters) p /= std::sqrt(static_cast<T>(layer.inputs()));
  return parameters;
}

template <class T>
double as_double(T x) {
  return static_cast<double>(x);
}

template <class T>
Matrix<double> in_double(const Matrix<T>& m) {
  return Matrix<double>(m);
}

template <class T>
PlainDense plain(const Layer<T>& layer, const std::vector<T>& parameters) {
  PlainDense dense{zeros<double>(layer.inputs(), layer.outputs()), std::vector<double>(layer.outputs()),
                   *layer.activation()};
  const std::size_t weights = layer.inputs() * layer.outputs();
  std::copy_n(parameters.begin(), weights, dense.weight.begin());
  std::copy(parameters.begin() + static_cast<std::ptrdiff_t>(weights), parameters.end(), dense.bias.begin());
  return dense;
}

template <class T>
void expect_near(const Matrix<T>& got, const Matrix<double>& expected, double tolerance) {
  ASSERT_EQ(rows(got), rows(expected));
  ASSERT_EQ(columns(got), columns(expected));
  for (std::size_t i = 0; i < rows(got); ++i)
    for (std::size_t j = 0; j < columns(got); ++j) ASSERT_NEAR(as_double(got(i, j)), expected(i, j), tolerance);
}

template <class T>
void expect_forward(const LayerPtr<T>& layer, std::size_t batch) {
  const auto parameters = some_parameters(*layer);
  const auto x = random_matrix<T>(batch, layer->inputs(), 1);
  Trace<T> trace;
  trace.keep_z = true;
  layer->forward(parameters, x, trace);

  Matrix<double> z = zeros<double>(batch, layer->outputs()), a = z, slope = z;
  plain(*layer, parameters).forward(in_double(x), z, a, slope);
  const double tolerance = 200 * as_double(std::numeric_limits<T>::epsilon());
  expect_near(trace.z, z, tolerance);
  expect_near(trace.a, a, tolerance);
  expect_near(trace.slope, slope, tolerance);
}

TYPED_TEST(DenseTest, ForwardMatchesPlainLoops) {
  for (const auto& [batch, inputs, outputs] : shapes) {
    expect_forward(dense<Tanh, TypeParam>(inputs, outputs), batch);
    expect_forward(dense<Silu, TypeParam>(inputs, outputs, {.bias = false}), batch);
  }
}

TYPED_TEST(DenseTest, BackwardMatchesPlainLoops) {
  using T = TypeParam;
  for (const auto& [batch, inputs, outputs] : shapes) {
    const auto layer = dense<Tanh, T>(inputs, outputs);
    const auto parameters = some_parameters(*layer);
    const auto x = random_matrix<T>(batch, inputs, 1), upstream = random_matrix<T>(batch, outputs, 2);
    Trace<T> trace;
    layer->forward(parameters, x, trace);
    trace.delta = upstream;
    std::vector<T> gradients(parameters.size(), T(99));
    Matrix<T> x_delta;
    layer->backward(parameters, x, trace, gradients, &x_delta);
    for (std::size_t i = 0; i < batch; ++i)
      for (std::size_t j = 0; j < outputs; ++j)
        ASSERT_EQ(trace.delta(i, j), upstream(i, j) * trace.slope(i, j)) << "rounded once";

    PlainDense expected = plain(*layer, parameters), gradient = plain(*layer, gradients);
    Matrix<double> delta = in_double(upstream), weight_gradient = zeros<double>(inputs, outputs),
                   expected_x_delta = zeros<double>(batch, inputs);
    std::vector<double> bias_gradient(outputs);
    expected.backward(in_double(x), in_double(trace.slope), delta, weight_gradient, bias_gradient, expected_x_delta);
    const double tolerance = 500 * as_double(std::numeric_limits<T>::epsilon());
    expect_near(trace.delta, delta, tolerance);
    expect_near(gradient.weight, weight_gradient, tolerance);
    for (std::size_t j = 0; j < outputs; ++j) ASSERT_NEAR(gradient.bias[j], bias_gradient[j], tolerance);
    expect_near(x_delta, expected_x_delta, tolerance);
  }
}

TYPED_TEST(DenseTest, ByNameIsTheSameLayerAsByType) {
  const auto x = random_matrix<TypeParam>(9, 6, 1);
  for_each_type(Activations{}, [&]<class A>(const A&) {
    const auto typed = dense<A, TypeParam>(6, 5);
    const auto named = dense<TypeParam>(A::name, 6, 5);
    EXPECT_EQ(typed->describe(), named->describe());
    Trace<TypeParam> a, b;
    typed->forward(some_parameters(*typed), x, a);
    named->forward(some_parameters(*named), x, b);
    EXPECT_TRUE(same_bits(a.a, b.a) && same_bits(a.slope, b.slope)) << A::name;
  });
}

TYPED_TEST(DenseTest, SlopeAndZAreLeftOutWhereNobodyAsks) {
  const auto layer = dense<Tanh, TypeParam>(3, 4);
  Trace<TypeParam> trace, bare;
  bare.keep_slope = false;
  layer->forward(some_parameters(*layer), random_matrix<TypeParam>(5, 3, 1), trace);
  layer->forward(some_parameters(*layer), random_matrix<TypeParam>(5, 3, 1), bare);
  EXPECT_EQ(trace.slope.size(), 20u);
  EXPECT_EQ(bare.slope.size(), 0u);
  EXPECT_EQ(trace.z.size(), 0u);
  EXPECT_TRUE(same_bits(trace.a, bare.a));
}

TYPED_TEST(DenseTest, DescribesItselfAndItsBlocks) {
  const auto layer = dense<LeakyRelu, TypeParam>(64, 32, {.activation = {.slope = 0.01}});
  EXPECT_EQ(layer->describe(), "dense 64 -> 32, leaky_relu(slope=0.01)");
  ASSERT_EQ(layer->blocks().size(), 2u);
  EXPECT_EQ(layer->blocks()[0].name, "weight");
  EXPECT_EQ(layer->blocks()[0].rows, 64u);
  EXPECT_EQ(layer->blocks()[0].columns, 32u);
  EXPECT_EQ(layer->blocks()[1].name, "bias");
  EXPECT_EQ(layer->blocks()[1].offset, 64u * 32);
  EXPECT_EQ(layer->parameter_count(), 64u * 32 + 32);
  const auto without = dense<TypeParam>("tanh", 64, 32, {.bias = false});
  EXPECT_EQ(without->describe(), "dense 64 -> 32, tanh, no bias");
  EXPECT_EQ(without->blocks().size(), 1u);
  EXPECT_EQ(without->parameter_count(), 64u * 32);
}

TYPED_TEST(DenseTest, SaysWhereSoftmaxIs) {
  EXPECT_EQ(message_of<NameError>([] { dense<TypeParam>("softmax", 2, 3); }),
            "activation: got 'softmax', expected an element-wise activation; the loss cross_entropy contains softmax: "
            "end the network with identity");
}

TYPED_TEST(DenseTest, RefusesAWidthOfZeroAndAnUnknownActivation) {
  const std::string text = message_of<ShapeError>([] { dense<Tanh, TypeParam>(0, 3); });
  EXPECT_EQ(text, "dense 0 -> 3, tanh: width: got 0, expected at least 1");
  EXPECT_THROW((dense<Tanh, TypeParam>(3, 0)), ShapeError);
  EXPECT_THROW(dense<TypeParam>("tahn", 3, 3), NameError);
  EXPECT_THROW((dense<Celu, TypeParam>(3, 3, {.activation = {.alpha = 0}})), ValueError);
}

}  // namespace
}  // namespace gradflow

#include <gradflow/math/gemm.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/math/tensor.hpp>

#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class Gemm : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Numbers);

// The shapes are smaller than a tile, equal to a tile, and larger, in each direction. With AVX-512, a tile has 8 x 48
// floats.
const std::vector<ProductShape> shapes = {{1, 1, 1},   {1, 2, 3},    {2, 1, 16},   {3, 5, 7},    {8, 16, 48},
                                          {9, 17, 49}, {7, 64, 10},  {32, 64, 32}, {5, 33, 100}, {64, 2, 97},
                                          {6, 48, 1},  {65, 31, 15}, {33, 130, 63}};

/// sum: sum_p a(i, p) b(p, j) + start(j), computed by its definition. size: the sum of the absolute values of the
/// terms, to which the rounding error is proportional.
struct Exact {
  double sum, size;
};
template <class A, class B>
Exact product(std::size_t depth, double start, const A& a, const B& b) {
  Exact e{start, std::abs(start)};
  for (std::size_t p = 0; p < depth; ++p) {
    const double term = static_cast<double>(a(p)) * static_cast<double>(b(p));
    e.sum += term;
    e.size += std::abs(term);
  }
  return e;
}

/// Allows the error of n + 1 roundings for a sum of n products.
template <class T>
void expect_product(T got, const Exact& exact, std::size_t depth, const char* what) {
  const double rounding = static_cast<double>(depth + 2) * static_cast<double>(std::numeric_limits<T>::epsilon());
  ASSERT_NEAR(static_cast<double>(got), exact.sum, rounding * exact.size) << what;
}

TYPED_TEST(Gemm, AffineIsTheTripleLoop) {
  for (const auto& s : shapes) {
    const auto x = random_matrix<TypeParam>(s.batch, s.inputs, 1), w = random_matrix<TypeParam>(s.inputs, s.outputs, 2);
    const auto b = random_matrix<TypeParam>(1, s.outputs, 3);
    for (const bool bias : {true, false}) {
      auto z = zeros<TypeParam>(s.batch, s.outputs);
      affine(x.data(), w.data(), bias ? b.data() : nullptr, z.data(), s);
      for (std::size_t i = 0; i < s.batch; ++i)
        for (std::size_t j = 0; j < s.outputs; ++j)
          expect_product(z(i, j),
                         product(
                             s.inputs, bias ? static_cast<double>(b(0, j)) : 0, [&](auto p) { return x(i, p); },
                             [&](auto p) { return w(p, j); }),
                         s.inputs, "affine");
    }
  }
}

TYPED_TEST(Gemm, WeightGradientIsTheTripleLoop) {
  for (const auto& s : shapes) {
    const auto x = random_matrix<TypeParam>(s.batch, s.inputs, 1), dz = random_matrix<TypeParam>(s.batch, s.outputs, 2);
    auto dw = zeros<TypeParam>(s.inputs, s.outputs);
    weight_gradient(x.data(), dz.data(), dw.data(), s);
    for (std::size_t i = 0; i < s.inputs; ++i)
      for (std::size_t j = 0; j < s.outputs; ++j)
        expect_product(dw(i, j),
                       product(
                           s.batch, 0, [&](auto p) { return x(p, i); }, [&](auto p) { return dz(p, j); }),
                       s.batch, "weight_gradient");
  }
}

TYPED_TEST(Gemm, InputGradientIsTheTripleLoop) {
  for (const auto& s : shapes) {
    const auto dz = random_matrix<TypeParam>(s.batch, s.outputs, 1),
               w = random_matrix<TypeParam>(s.inputs, s.outputs, 2);
    auto dx = zeros<TypeParam>(s.batch, s.inputs);
    input_gradient(dz.data(), w.data(), dx.data(), s);
    for (std::size_t i = 0; i < s.batch; ++i)
      for (std::size_t j = 0; j < s.inputs; ++j)
        expect_product(dx(i, j),
                       product(
                           s.outputs, 0, [&](auto p) { return dz(i, p); }, [&](auto p) { return w(j, p); }),
                       s.outputs, "input_gradient");
  }
}

TYPED_TEST(Gemm, ARowHasTheSameBitsWhateverTheBatchItStandsIn) {
  for (const auto& s : shapes) {
    const auto x = random_matrix<TypeParam>(s.batch, s.inputs, 1), w = random_matrix<TypeParam>(s.inputs, s.outputs, 2);
    auto whole = zeros<TypeParam>(s.batch, s.outputs), one = zeros<TypeParam>(1, s.outputs);
    affine(x.data(), w.data(), static_cast<const TypeParam*>(nullptr), whole.data(), s);
    for (std::size_t i = 0; i < s.batch; ++i) {
      affine(row(x, i).data(), w.data(), static_cast<const TypeParam*>(nullptr), one.data(), {1, s.inputs, s.outputs});
      EXPECT_TRUE(same_bits<TypeParam>(row(std::as_const(whole), i), flat(std::as_const(one)))) << s.batch << " " << i;
    }
  }
}

TYPED_TEST(Gemm, NothingIsWrittenBeyondTheResult) {
  for (const auto& s : shapes) {
    const auto x = random_matrix<TypeParam>(s.batch, s.inputs, 1), w = random_matrix<TypeParam>(s.inputs, s.outputs, 2);
    std::vector<TypeParam> z(s.batch * s.outputs + 64, TypeParam(7));
    affine(x.data(), w.data(), static_cast<const TypeParam*>(nullptr), z.data(), s);
    for (std::size_t i = s.batch * s.outputs; i < z.size(); ++i) ASSERT_EQ(z[i], TypeParam(7)) << i;
  }
}

}  // namespace
}  // namespace gradflow

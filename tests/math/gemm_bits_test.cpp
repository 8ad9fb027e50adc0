// Tests that every number that gemm.hpp computes has exactly the bits that gemm.hpp promises.
#include <gradflow/math/gemm.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/math/lanes.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/math/threads.hpp>

#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class GemmBits : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(GemmBits, Numbers);

template <class T>
Matrix<T> transposed(const Matrix<T>& m) {
  auto t = zeros<T>(columns(m), rows(m));
  for (std::size_t i = 0; i < rows(m); ++i)
    for (std::size_t j = 0; j < columns(m); ++j) t(j, i) = m(i, j);
  return t;
}

/// Returns a b + start. Each number is one sum in ascending order of k, computed with fma in a lane.
template <class T>
Matrix<T> one_sum_each(const Matrix<T>& a, const Matrix<T>& b, const T* start) {
  auto c = zeros<T>(rows(a), columns(b));
  for (std::size_t i = 0; i < rows(c); ++i)
    for (std::size_t j = 0; j < columns(c); ++j) {
      Lanes<T> sum = start ? start[j] : T(0);
      for (std::size_t p = 0; p < columns(a); ++p) sum = fma(Lanes<T>(a(i, p)), Lanes<T>(b(p, j)), sum);
      c(i, j) = sum.first();
    }
  return c;
}

/// A matrix for results. The numbers before and behind it must not change.
template <class T>
class Guarded {
  static constexpr std::size_t zone = 64;
  static constexpr T untouched = T(7.25);
  std::vector<T> all_;

 public:
  explicit Guarded(std::size_t n) : all_(n + 2 * zone, untouched) {}
  T* data() { return all_.data() + zone; }
  bool holds(const Matrix<T>& expected) const {
    const auto same = [](T x) { return x == untouched; };
    return std::all_of(all_.begin(), all_.begin() + zone, same) && std::all_of(all_.end() - zone, all_.end(), same) &&
           same_bits(std::span(all_).subspan(zone, all_.size() - 2 * zone), flat(expected));
  }
};

/// Tests all three products: affine with a bias and without one, weight_gradient and input_gradient.
template <class T>
void expect_promised_bits(ProductShape s) {
  SCOPED_TRACE(testing::Message() << "batch " << s.batch << ", inputs " << s.inputs << ", outputs " << s.outputs);
  const auto x = random_matrix<T>(s.batch, s.inputs, 1), w = random_matrix<T>(s.inputs, s.outputs, 2);
  const auto b = random_matrix<T>(1, s.outputs, 3), dz = random_matrix<T>(s.batch, s.outputs, 4);
  const T* const none = nullptr;
  Guarded<T> z(dz.size()), z_without(dz.size()), dw(w.size()), dx(x.size());
  affine(x.data(), w.data(), b.data(), z.data(), s);
  EXPECT_TRUE(z.holds(one_sum_each(x, w, b.data()))) << "affine";
  affine(x.data(), w.data(), none, z_without.data(), s);
  EXPECT_TRUE(z_without.holds(one_sum_each(x, w, none))) << "affine without a bias";
  weight_gradient(x.data(), dz.data(), dw.data(), s);
  EXPECT_TRUE(dw.holds(one_sum_each(transposed(x), dz, none))) << "weight_gradient";
  input_gradient(dz.data(), w.data(), dx.data(), s);
  EXPECT_TRUE(dx.holds(one_sum_each(dz, transposed(w), none))) << "input_gradient";
}

/// Returns sizes at the ends of a batch of lanes, of a panel (1 to 4 batches), of two panels, and of a tile (4 to 16
/// rows), and their neighbours.
template <class T>
std::set<std::size_t> edges() {
  constexpr std::size_t lanes = Lanes<T>::size;
  std::set<std::size_t> all = {1, 2, 3, 5, 6, 7, 11, 12, 13, 15, 17, 24, 25};
  for (std::size_t batches = 1; batches <= 5; ++batches)
    for (const std::size_t n : {batches * lanes - 1, batches * lanes, batches * lanes + 1}) all.insert(n);
  all.insert(8 * lanes + 3);
  all.erase(0);
  return all;
}

TYPED_TEST(GemmBits, EveryNumberIsOneSumInAscendingOrderAtTheEdgesOfTilesAndPanels) {
  for (const std::size_t a : edges<TypeParam>())
    for (const std::size_t b : edges<TypeParam>()) {
      expect_promised_bits<TypeParam>({a, b, 9});
      expect_promised_bits<TypeParam>({a, 3, b});
      expect_promised_bits<TypeParam>({5, a, b});
    }
}

TYPED_TEST(GemmBits, EveryNumberIsOneSumInAscendingOrderAcrossTheBlocksOfK) {
  for (const std::size_t depth : {255u, 256u, 257u, 511u, 512u, 513u, 771u}) {
    expect_promised_bits<TypeParam>({13, depth, 37});
    expect_promised_bits<TypeParam>({depth, 13, 37});
    expect_promised_bits<TypeParam>({13, 37, depth});
    expect_promised_bits<TypeParam>({20, depth, 1});
  }
}

TYPED_TEST(GemmBits, EveryNumberIsOneSumInAscendingOrderWhereTheWeightsAreCopied) {
  for (const std::size_t batch : {127u, 128u, 131u}) {
    expect_promised_bits<TypeParam>({batch, 260, 133});
    expect_promised_bits<TypeParam>({batch, 133, 260});
    expect_promised_bits<TypeParam>({260, batch, 133});
  }
}

TYPED_TEST(GemmBits, ThreadsChangeNoBit) {
  for (const ProductShape s : {ProductShape{150, 290, 131}, ProductShape{131, 150, 290}, ProductShape{290, 131, 150}})
    for (const std::size_t threads : {1u, 2u, 3u}) {
      const Threads team(threads);
      expect_promised_bits<TypeParam>(s);
    }
}

}  // namespace
}  // namespace gradflow

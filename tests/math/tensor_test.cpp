#include <gradflow/math/tensor.hpp>

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

template <class T>
class Tensor : public ::testing::Test {};

using Numbers = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Tensor, Numbers);

TYPED_TEST(Tensor, KeepsItsMemoryWhenAShortBatchComesAndGoes) {
  auto m = zeros<TypeParam>(32, 10);
  const TypeParam* const memory = m.data();
  for (const std::size_t batch : {std::size_t{7}, std::size_t{1}, std::size_t{32}, std::size_t{31}}) {
    resize(m, batch, 10);
    EXPECT_EQ(rows(m), batch);
    EXPECT_EQ(columns(m), 10u);
    EXPECT_EQ(m.size(), batch * 10);
    EXPECT_EQ(m.data(), memory);
  }
}

TYPED_TEST(Tensor, ResizeToItsOwnShapeKeepsTheNumbers) {
  auto m = zeros<TypeParam>(2, 2);
  m(1, 0) = 5;
  resize(m, 2, 2);
  EXPECT_EQ(m(1, 0), 5);
}

TYPED_TEST(Tensor, MemoryIsAlignedTo64Bytes) {
  std::vector<Matrix<TypeParam>> matrices;
  for (std::size_t columns = 1; columns < 40; ++columns) matrices.push_back(zeros<TypeParam>(3, columns));
  for (const auto& m : matrices) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(m.data()) % 64, 0u);
}

TYPED_TEST(Tensor, RowsStandOneAfterTheOther) {
  auto m = zeros<TypeParam>(3, 4);
  std::iota(flat(m).begin(), flat(m).end(), TypeParam(0));
  EXPECT_EQ(m(2, 1), 9);
  EXPECT_EQ(row(m, 1).size(), 4u);
  EXPECT_EQ(row(m, 1).data(), m.data() + 4);
  row(m, 2)[3] = -1;
  EXPECT_EQ(m(2, 3), -1);
}

TYPED_TEST(Tensor, ConstantMatricesGiveConstantViews) {
  const auto m = zeros<TypeParam>(3, 4);
  static_assert(std::is_same_v<decltype(flat(m)), std::span<const TypeParam>>);
  static_assert(std::is_same_v<decltype(row(m, 0)), std::span<const TypeParam>>);
  EXPECT_EQ(flat(m).size(), 12u);
  EXPECT_EQ(row(m, 2).data(), m.data() + 8);
}

TYPED_TEST(Tensor, AMatrixWithoutRowsHasColumns) {
  const auto m = zeros<TypeParam>(0, 4);
  EXPECT_EQ(rows(m), 0u);
  EXPECT_EQ(columns(m), 4u);
  EXPECT_TRUE(flat(m).empty());
}

TYPED_TEST(Tensor, ACopyHasMemoryOfItsOwn) {
  auto a = zeros<TypeParam>(2, 2);
  auto b = a;
  b(0, 0) = 1;
  EXPECT_EQ(a(0, 0), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.data()) % 64, 0u);
}

}  // namespace
}  // namespace gradflow

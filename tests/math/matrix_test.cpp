// Matrices from expressions of xtensor, lists and vectors. An independent loop reads every expression number by number.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/xtensor.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

/// Returns a table [4, 3] of 0, 1, 2, ...
template <class T, xt::layout_type layout = xt::layout_type::row_major>
xt::xarray<T, layout> table() {
  xt::xarray<T, layout> t = xt::zeros<T>({4, 3});
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 3; ++j) t(i, j) = static_cast<T>(3 * i + j);
  return t;
}

/// Compares the ways to make a matrix with the expression's numbers, read one by one.
template <class E>
void expect_matrix_of(const std::string& kind, const E& e, std::size_t n, std::size_t m) {
  const auto compare = [&](const auto& made, const char* way) {
    ASSERT_EQ(shape_text(made), shape_text(n, m)) << kind << ", " << way;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < m; ++j) {
        using T = std::decay_t<decltype(made(0, 0))>;
        const T expected = e.dimension() == 1 ? static_cast<T>(e(i)) : static_cast<T>(e(i, j));
        EXPECT_EQ(made(i, j), expected) << kind << ", " << way << " at " << i << ", " << j;
      }
  };
  compare(matrix<float>(e), "matrix<float>");
  compare(matrix<double>(e), "matrix<double>");
  compare(matrix(e), "matrix");
  compare([](const Matrix<float>& argument) { return argument; }(e), "an argument");
  Matrix<float> assigned{{1, 2}};
  assigned = e;
  compare(assigned, "assigned");
  Matrix<float> in_place({2, 9});
  xt::noalias(in_place) = e;
  compare(in_place, "noalias");
}

TEST(MatrixOf, EveryKindOfExpressionHasItsNumbers) {
  const auto t = table<double>();
  const auto by_columns = table<float, xt::layout_type::column_major>();
  const xt::xtensor<int, 2> ints = table<int>();
  const xt::xtensor<bool, 2> bools = t > 4;
  const std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  const Matrix<float> m = t;
  expect_matrix_of("xarray", t, 4, 3);
  expect_matrix_of("column-major xarray", by_columns, 4, 3);
  expect_matrix_of("column-major expression", by_columns + by_columns, 4, 3);
  expect_matrix_of("mixed layouts", by_columns + t, 4, 3);
  expect_matrix_of("xtensor of int", ints, 4, 3);
  expect_matrix_of("xtensor of bool", bools, 4, 3);
  expect_matrix_of("int8", xt::cast<std::int8_t>(t), 4, 3);
  expect_matrix_of("uint64", xt::cast<std::uint64_t>(t), 4, 3);
  expect_matrix_of("view of columns", xt::view(t, xt::all(), xt::range(1, 3)), 4, 2);
  expect_matrix_of("view of rows", xt::view(t, xt::range(1, 3), xt::all()), 2, 3);
  expect_matrix_of("view of one column", xt::view(t, xt::all(), 2), 4, 1);
  expect_matrix_of("view of one row", xt::view(t, 1, xt::all()), 3, 1);
  expect_matrix_of("view with a new axis", xt::view(t, 1, xt::newaxis(), xt::all()), 1, 3);
  expect_matrix_of("view with steps", xt::view(t, xt::range(0, 4, 2), xt::range(0, 3, 2)), 2, 2);
  expect_matrix_of("strided view", xt::strided_view(t, {xt::range(3, 0, -1), xt::all()}), 3, 3);
  expect_matrix_of("transposed", xt::transpose(t), 3, 4);
  expect_matrix_of("transposed matrix", xt::transpose(m), 3, 4);
  expect_matrix_of("broadcast", xt::broadcast(xt::view(t, 0, xt::all()), {5, 3}), 5, 3);
  expect_matrix_of("function", xt::exp(t) - 2 * t, 4, 3);
  expect_matrix_of("function of a row and a column", Matrix<double>(xt::view(t, xt::all(), 0)) + xt::view(t, 0), 4, 3);
  expect_matrix_of("sum over rows", xt::sum(t, {1}), 4, 1);
  expect_matrix_of("sum, dimensions kept", xt::sum(t, {0}, xt::keep_dims), 1, 3);
  expect_matrix_of("maxima", xt::amax(m, {1}), 4, 1);
  expect_matrix_of("choice", xt::where(t > 3, t, 0.0), 4, 3);
  expect_matrix_of("filtered", xt::filter(t, t > 6), 5, 1);
  expect_matrix_of("index view", xt::index_view(t, std::vector<xt::xindex>{{0, 0}, {3, 2}, {1, 1}}), 3, 1);
  expect_matrix_of("adapted vector", xt::adapt(numbers, std::vector<std::size_t>{2, 3}), 2, 3);
  expect_matrix_of("adapted vector of one dimension", xt::adapt(numbers, std::array<std::size_t, 1>{6}), 6, 1);
  expect_matrix_of("fixed size", xt::xtensor_fixed<double, xt::xshape<2, 2>>{{1, 2}, {3, 4}}, 2, 2);
  expect_matrix_of("reshaped", xt::reshape_view(t, {2, 6}), 2, 6);
  expect_matrix_of("flipped", xt::flip(t, 0), 4, 3);
  expect_matrix_of("generator", xt::arange<int>(5), 5, 1);
  expect_matrix_of("no rows", xt::view(t, xt::range(0, 0), xt::all()), 0, 3);
  expect_matrix_of("no columns", xt::view(t, xt::all(), xt::range(0, 0)), 4, 0);
  expect_matrix_of("one dimension without numbers", xt::view(t, xt::range(0, 0), 1), 0, 1);
  expect_matrix_of("matrix of another type", Matrix<double>(t), 4, 3);
}

/// Computes m + part for every kind of part with one row or one column, and compares it with a loop.
TEST(MatrixOf, ARowOrAColumnMeetsAllRowsOrColumns) {
  const Matrix<float> m = table<float>();
  const auto expect_sum = [&](const char* kind, const auto& part, bool is_row) {
    std::vector<float> buffer(12);
    MatrixView<float> view(buffer, 4, 3);
    Matrix<float> made = m + part, product;
    xt::noalias(view) = part + m;
    xt::noalias(product) = 2 * (m + part);
    ASSERT_EQ(shape_text(made), "[4, 3]") << kind;
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        const float expected = m(i, j) + static_cast<float>(is_row ? 10 * j : 10 * i);
        EXPECT_EQ(made(i, j), expected) << kind << " at " << i << ", " << j;
        EXPECT_EQ(view(i, j), expected) << kind << " at " << i << ", " << j;
        EXPECT_EQ(product(i, j), 2 * expected) << kind << " at " << i << ", " << j;
      }
  };
  const Matrix<float> row{{0, 10, 20}}, column{{0}, {10}, {20}, {30}};
  const xt::xtensor<float, 1> flat_row{0, 10, 20};
  const xt::xarray<double> tall{{0, 10, 20}, {5, 5, 5}}, wide{{0, 5}, {10, 5}, {20, 5}, {30, 5}};
  expect_sum("matrix [1, 3]", row, true);
  expect_sum("matrix [4, 1]", column, false);
  expect_sum("matrix view [1, 3]", MatrixView(flat(row), 1, 3), true);
  expect_sum("tensor [3]", flat_row, true);
  expect_sum("xarray [1, 3]", xt::xarray<double>(row), true);
  expect_sum("view [3]", xt::view(tall, 0), true);
  expect_sum("view [1, 3]", xt::view(tall, xt::range(0, 1)), true);
  expect_sum("view [4, 1]", xt::view(wide, xt::all(), xt::range(0, 1)), false);
  expect_sum("transposed [1, 3]", xt::transpose(xt::transpose(row)), true);
  expect_sum("function of a view [1, 3]", xt::view(tall, xt::range(0, 1)) * 1, true);
  expect_sum("sum [1, 3]", xt::sum(row, {0}, xt::keep_dims), true);
  expect_sum("sum [4, 1]", xt::sum(column, {1}, xt::keep_dims), false);
  expect_sum("broadcast view", xt::broadcast(xt::view(tall, xt::range(0, 1)), {4, 3}), true);
}

TEST(MatrixOf, MaskedNumbersAreNaN) {
  const auto t = table<double>();
  const xt::xarray<bool> mask = t > 4;
  const auto m = matrix<float>(xt::masked_view(t, mask));
  ASSERT_EQ(shape_text(m), "[4, 3]");
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      if (t(i, j) > 4)
        EXPECT_EQ(m(i, j), t(i, j));
      else
        EXPECT_TRUE(std::isnan(m(i, j)));
}

TEST(MatrixOf, OtherDimensionsAreRefusedAndNothingHasChanged) {
  const auto refused = [](const auto& e, const std::string& got) {
    const std::string text = "matrix: expression: got " + got + ", expected [rows, columns], or [rows] for one column";
    EXPECT_EQ(message_of<ShapeError>([&] { matrix<float>(e); }), text);
    Matrix<float> m{{1, 2}};
    EXPECT_EQ(message_of<ShapeError>([&] { m = e; }), text);
    EXPECT_EQ(message_of<ShapeError>([&] { xt::noalias(m) = e; }), text);
    EXPECT_EQ(m, (Matrix<float>{{1, 2}}));
  };
  refused(xt::xarray<float>(3.0f), "[] (dimensions: 0)");
  refused(xt::ones<float>({2, 3, 4}), "[2, 3, 4] (dimensions: 3)");
  refused(xt::view(table<double>(), xt::newaxis(), xt::all(), xt::all()), "[1, 4, 3] (dimensions: 3)");
  refused(xt::xtensor<double, 4>(std::array<std::size_t, 4>{1, 1, 2, 0}), "[1, 1, 2, 0] (dimensions: 4)");
}

TEST(MatrixOf, ItselfMayBeInTheExpression) {
  Matrix<float> m{{1, 2}, {3, 4}};
  m = xt::transpose(m);
  EXPECT_EQ(m, (Matrix<float>{{1, 3}, {2, 4}}));
  m = xt::view(m, xt::all(), 1);
  EXPECT_EQ(m, (Matrix<float>{{3}, {4}}));
}

TEST(MatrixOf, AMatrixIsNotCopied) {
  Matrix<float> m{{1, 2}};
  const float* const numbers = m.data();
  EXPECT_EQ(&matrix(m), &m);
  EXPECT_EQ(&matrix<float>(m), &m);
  EXPECT_EQ(matrix(std::move(m)).data(), numbers);
}

TEST(MatrixOf, ListsAndVectors) {
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(matrix<float>(2, 3, numbers), (Matrix<float>{{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(matrix<double>(std::vector<std::vector<int>>{{1, 2}, {3, 4}}), (Matrix<double>{{1, 2}, {3, 4}}));
  EXPECT_EQ(shape_text(matrix<double>(std::vector<std::vector<int>>{})), "[0, 0]");
  EXPECT_EQ(message_of<ShapeError>([&] { matrix<float>(2, 2, numbers); }),
            "matrix: array: got 6 numbers, expected 4 for [2, 2]");
  EXPECT_EQ(message_of<ShapeError>([] {
              matrix<float>(std::vector<std::vector<int>>{{1, 2}, {3}});
            }),
            "matrix: row 1: got 1 numbers, expected 2, as in row 0");
  EXPECT_EQ(message_of<ShapeError>([] {
              Matrix<float>{{1, 2}, {3}};
            }),
            "matrix: row 1: got 1 numbers, expected 2, as in row 0");
}

TEST(MatrixOf, NoaliasKeepsTheMemory) {
  Matrix<float> m({8, 3});
  const float* const numbers = m.data();
  xt::noalias(m) = table<double>();
  EXPECT_EQ(m.data(), numbers);
  EXPECT_EQ(m(3, 2), 11);
}

TEST(MatrixViewOf, AFlatBufferIsReadAssignedAndReduced) {
  std::vector<float> buffer{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  MatrixView first{std::span(buffer).first(6), 2, 3};
  const MatrixView second{std::span<const float>(buffer).last(6), 2, 3};
  static_assert(std::is_same_v<decltype(second), const MatrixView<const float>>);
  EXPECT_EQ(xt::sum(second)(), 51);
  EXPECT_EQ(xt::amax(first)(), 5);
  EXPECT_EQ(matrix<float>(xt::view(second, 1, xt::all())), (Matrix<float>{{9}, {10}, {11}}));
  first = second * 2;
  EXPECT_EQ(matrix<float>(first), (Matrix<float>{{12, 14, 16}, {18, 20, 22}}));
  first -= second;
  first *= 0.5f;
  EXPECT_EQ(matrix<float>(first), (Matrix<float>{{3, 3.5, 4}, {4.5, 5, 5.5}}));
  first += xt::view(second, xt::range(0, 1), xt::all());
  first /= xt::ones<double>({2, 1}) * 0.5;
  EXPECT_EQ(matrix<float>(first), (Matrix<float>{{18, 21, 24}, {21, 24, 27}}));
  xt::view(first, 0, xt::all()) = 7;
  first(1, 2) = -1;
  EXPECT_EQ(matrix<float>(first), (Matrix<float>{{7, 7, 7}, {21, 24, -1}}));
  xt::noalias(first) = second + 0;
  first *= first;
  MatrixView<float> same = first;
  same(0, 0) = 5;
  EXPECT_EQ(buffer, (std::vector<float>{5, 49, 64, 81, 100, 121, 6, 7, 8, 9, 10, 11}));
  MatrixView turned{std::span(buffer).first(4), 2, 2};
  turned = xt::transpose(turned);
  EXPECT_EQ(matrix<float>(turned), (Matrix<float>{{5, 64}, {49, 81}}));
}

TEST(MatrixViewOf, AnotherShapeIsRefusedAndNothingHasChanged) {
  std::vector<double> buffer{1, 2, 3, 4, 5, 6};
  const std::vector<double> before = buffer;
  MatrixView<double> view(buffer, 2, 3);
  MatrixView row{std::span(buffer).first(3), 1, 3};
  const auto refused = [&](const auto& call, const std::string& got, const std::string& expected) {
    EXPECT_EQ(message_of<ShapeError>(call),
              "matrix view: assignment: got " + got + ", expected " + expected + ": a view keeps its shape");
    EXPECT_EQ(buffer, before);
  };
  refused([&] { view = xt::transpose(view); }, "[3, 2]", "[2, 3]");
  refused([&] { xt::noalias(view) = xt::ones<double>({3, 2}); }, "[3, 2]", "[2, 3]");
  refused([&] { view = xt::ones<double>({6}); }, "[6]", "[2, 3]");
  refused([&] { view = xt::ones<double>({2, 3, 1}); }, "[2, 3, 1]", "[2, 3]");
  refused([&] { view = row; }, "[1, 3]", "[2, 3]");
  refused([&] { row = view; }, "[2, 3]", "[1, 3]");
  refused([&] { row += xt::ones<double>({2, 3}); }, "[2, 3]", "[1, 3]");
  refused([&] { row *= xt::ones<float>({2, 1}); }, "[2, 3]", "[1, 3]");
  refused([&] { view.resize(std::array<std::size_t, 2>{3, 2}); }, "[3, 2]", "[2, 3]");
  EXPECT_EQ(message_of<ShapeError>([&] { MatrixView<double>(buffer, 2, 4); }),
            "matrix: array: got 6 numbers, expected 8 for [2, 4]");
}

}  // namespace
}  // namespace gradflow

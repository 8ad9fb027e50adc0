// Calls every public function that takes a matrix with an expression of xtensor. It must give the same as for the
// matrix. The tests compare the table below with the headers: a function that is in neither the table nor the list of
// exceptions makes a test fail.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/gradflow.hpp>
#include <gradflow/math/xtensor.hpp>
#include <support/declarations.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow {
namespace {

template <class T>
Network<T> network_of_3_inputs() {
  Network<T> network{dense<Tanh, T>(3, 5), dense<Identity, T>(5, 2)};
  network.initialize(GlorotUniform{}, 1);
  return network;
}

/// [6, 5]  numbers of another type than that of the networks
const Matrix<double>& table() {
  static const Matrix<double> numbers = xt::sin(xt::reshape_view(xt::arange(30.0), {6, 5}));
  return numbers;
}
const auto features = xt::view(table(), xt::all(), xt::range(0, 3));
const auto targets = xt::view(table(), xt::all(), xt::range(3, 5));
const auto column = xt::view(table(), xt::all(), 4);
const Matrix<float> x = features, y = targets;

struct EntryPoint {
  std::string name;  ///< as PublicFunctions writes it
  std::function<void()> check;
};
void PrintTo(const EntryPoint& entry, std::ostream* out) { *out << entry.name; }

/// Compares a loss of targets and of outputs that are expressions with the loss of the matrices.
template <class L>
void check_evaluate(const L& policy) {
  const auto loss = make_loss<float>(policy);
  const Matrix<float> shares = softmax(y);
  Matrix<float> delta, expected;
  const double value = loss->evaluate(y, shares, expected);
  EXPECT_EQ(loss->evaluate(targets, softmax(y) + 0, delta), value);
  EXPECT_EQ(delta, expected);
}

template <class T>
std::vector<T> copy_of(std::span<const T> numbers) {
  return {numbers.begin(), numbers.end()};
}

void check_backward() {
  Network<float> network = network_of_3_inputs<float>();
  network.forward(x);
  network.backward(x, y);
  const auto gradients = copy_of(network.gradients());
  network.backward(2 * x, 2 * y);
  ASSERT_NE(copy_of(network.gradients()), gradients);
  network.backward(features, targets);
  EXPECT_EQ(copy_of(network.gradients()), gradients);
}

/// The layer's functions get the same input and delta, once as matrices and once as expressions.
void check_dense() {
  const auto layer = dense<Tanh>(3, 2);
  const auto& own = dynamic_cast<const DenseLayer<float>&>(*layer);
  const std::vector<float> parameters(8, 0.5f);
  std::vector<float> gradients(8), expected(8);
  Trace<float> of_matrix, of_expression;
  own.forward(parameters, x, of_matrix);
  own.forward(parameters, features, of_expression);
  EXPECT_EQ(of_expression.a, of_matrix.a);
  of_matrix.delta = of_expression.delta = y;
  own.backward(parameters, x, of_matrix, expected, nullptr);
  own.backward(parameters, features, of_expression, gradients, nullptr);
  EXPECT_EQ(gradients, expected);
}

void check_activate() {
  const Activate<Tanh> layer(3);
  Trace<float> of_matrix, of_expression;
  layer.forward({}, x, of_matrix);
  layer.forward({}, features, of_expression);
  EXPECT_EQ(of_expression.a, of_matrix.a);
  Matrix<float> expected, got;
  of_matrix.delta = of_expression.delta = x;
  layer.backward({}, x, of_matrix, {}, &expected);
  layer.backward({}, features, of_expression, {}, &got);
  EXPECT_EQ(got, expected);
}

const std::vector<EntryPoint>& entry_points() {
  static const std::vector<EntryPoint> all{
      {"Network::predict(const Matrix<T>&)",
       [] {
         const Network<float> network = network_of_3_inputs<float>();
         EXPECT_EQ(network.predict(features), network.predict(x));
         EXPECT_EQ(network.predict({{1, 2, 3}}), network.predict(Matrix<float>{{1, 2, 3}}));
       }},
      {"Network::forward(const Matrix<T>&)",
       [] {
         Network<float> network = network_of_3_inputs<float>();
         EXPECT_EQ(network.forward(features), network.predict(x));
       }},
      {"Network::forward(const Matrix<T>&, const Pass&)",
       [] {
         Network<float> network = network_of_3_inputs<float>();
         EXPECT_EQ(network.forward(features, {.step = 1}), network.predict(x));
       }},
      {"Network::backward(const Matrix<T>&, const Matrix<T>&, Matrix<T>*)", check_backward},
      {"DenseLayer::forward(std::span<const T>, const Matrix<T>&, Trace<T>&)", check_dense},
      {"DenseLayer::backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T>, Matrix<T>*)", check_dense},
      {"Activate::forward(std::span<const T>, const Matrix<T>&, Trace<T>&)", check_activate},
      {"Activate::backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T>, Matrix<T>*)", check_activate},
      {"MeanLoss::evaluate(const Matrix<T>&, const Matrix<T>&, Matrix<T>&, const SampleWeights<T>&)",
       [] { check_evaluate(MeanSquaredError{}); }},
      {"RowLoss::evaluate(const Matrix<T>&, const Matrix<T>&, Matrix<T>&, const SampleWeights<T>&)",
       [] { check_evaluate(CrossEntropy{}); }},
      {"softmax(const Matrix<T>&)",
       [] {
         EXPECT_EQ(softmax(features), softmax(matrix<double>(features)));
         EXPECT_EQ(softmax(x + 0.0f), softmax(x));
       }},
      {"sigmoid(const Matrix<T>&)",
       [] { EXPECT_EQ(gradflow::sigmoid(column), gradflow::sigmoid(matrix<double>(column))); }},
      {"one_hot(const Matrix<T>&, std::size_t)",
       [] { EXPECT_EQ(one_hot(xt::cast<int>(column > 0), 2), one_hot(matrix<double>(column > 0), 2)); }},
      {"standardiser(const Matrix<T>&)",
       [] { EXPECT_EQ(standardiser(features).shift(), standardiser(matrix<double>(features)).shift()); }},
      {"min_max_scaler(const Matrix<T>&)",
       [] { EXPECT_EQ(min_max_scaler(features).scale(), min_max_scaler(matrix<double>(features)).scale()); }},
      {"save_npy(const std::string&, const Matrix<T>&)",
       [] {
         const TemporaryFolder folder;
         save_npy(folder.file("x.npy"), features);
         EXPECT_EQ(load_npy<double>(folder.file("x.npy")), matrix<double>(features));
       }},
      {"input_scale(const Matrix<T>&)",
       [] { EXPECT_EQ(input_scale(features), input_scale(matrix<double>(features))); }},
      {"predicted_factors(const Network<T>&, const std::type_identity_t<Matrix<T>>&)",
       [] {
         const Network<float> network = network_of_3_inputs<float>();
         EXPECT_EQ(predicted_factors(network, features)[0].factor, predicted_factors(network, x)[0].factor);
         EXPECT_GT(predicted_factors(network, features)[0].factor, 0);
       }},
      {"check_loss(const Loss<double>&, const Matrix<double>&, const Matrix<double>&, const LossCheckOptions&)",
       [] { EXPECT_TRUE(check_loss(*make_loss<double>(MeanSquaredError{}), features, 2 * features).passed()); }},
      {"gradient_check(Network<double>&, const Loss<double>&, const Matrix<double>&, const Matrix<double>&, "
       "const GradientCheckOptions&)",
       [] {
         Network<double> network = network_of_3_inputs<double>();
         EXPECT_TRUE(gradient_check(network, *make_loss<double>(MeanSquaredError{}), features, targets).passed());
       }},
  };
  return all;
}

/// Returns the functions that take no expressions, each with the reason.
const std::map<std::string, std::string>& exceptions() {
  constexpr auto storage = "returns what belongs to the matrix itself", check = "a check of the library's own matrices";
  static const std::map<std::string, std::string> all{
      {"matrix(const Matrix<T>&)", "has overloads for expressions: see tests/math/matrix_test.cpp"},
      {"rows(const Matrix<T>&)", storage},
      {"columns(const Matrix<T>&)", storage},
      {"flat(const Matrix<T>&)", storage},
      {"row(const Matrix<T>&, std::size_t)", storage},
      {"shape_text(const Matrix<T>&)", storage},
      {"has_shape(const Matrix<T>&, std::size_t, std::size_t)", check},
      {"require_shape(Where, std::string_view, const Matrix<T>&, ExpectedShape)", check},
      {"require_not_empty(Where, std::string_view, const Matrix<T>&)", check},
      {"require_rows(Where, std::string_view, const Matrix<T>&)", check},
      {"CrossEntropy::evaluate(const Matrix<T>&, const Matrix<T>&, Matrix<T>&, const SampleWeights<T>&)",
       "a policy: RowLoss calls it with matrices"},
  };
  return all;
}

class Expressions : public testing::TestWithParam<EntryPoint> {};

TEST_P(Expressions, GiveTheSameAsTheMatrix) { GetParam().check(); }

INSTANTIATE_TEST_SUITE_P(Public, Expressions, testing::ValuesIn(entry_points()), [](const auto& each) {
  std::string name = each.param.name.substr(0, each.param.name.find('('));
  std::erase(name, ':');
  return name + "_" + std::to_string(each.index);
});

bool takes_a_matrix(const std::string& function) {
  return function.find("const Matrix<") != function.npos || function.find("<Matrix<") != function.npos;
}

TEST(TableOfEntryPoints, HasEveryPublicFunctionThatTakesAMatrix) {
  for (const auto& [function, header] : functions_of_headers(GRADFLOW_HEADERS)) {
    if (!takes_a_matrix(function)) continue;
    const bool tested =
        std::ranges::any_of(entry_points(), [&name = function](const EntryPoint& e) { return e.name == name; });
    EXPECT_NE(tested, exceptions().contains(function))
        << header << ": " << function << ": expected a line in entry_points() of this test; if it cannot take an "
        << "expression, add it to exceptions() with the reason";
  }
}

TEST(TableOfEntryPoints, HasNoFunctionThatTheHeadersDoNotHave) {
  const auto found = functions_of_headers(GRADFLOW_HEADERS);
  for (const EntryPoint& entry : entry_points()) EXPECT_TRUE(found.contains(entry.name)) << entry.name;
  for (const auto& [function, reason] : exceptions()) EXPECT_TRUE(found.contains(function)) << function;
}

TEST(ExpressionsInADataset, AreItsMatrices) {
  Dataset<float> data{features, targets, {}, {}};
  EXPECT_EQ(data.x, x);
  EXPECT_EQ(data.y, y);
  EXPECT_EQ(rows(split(Dataset<float>{features, column, {}, {}}).train.y), 5u);
  data.y = column;
  EXPECT_EQ(shape_text(data.y), "[6, 1]");
}

TEST(ASampleOfOneDimension, IsRefusedWithTheWayToMakeItARow) {
  Network<float> network = network_of_3_inputs<float>();
  const std::string text =
      "layer 0 (dense 3 -> 5, tanh): input: got [3, 1], expected [3, 3], a column for each input of the network; an "
      "array of one dimension becomes a column; a single sample is a row: xt::view(sample, xt::newaxis(), xt::all())";
  const auto refused = [&](const auto& sample) {
    EXPECT_EQ(message_of<ShapeError>([&] { network.predict(sample); }), text);
    EXPECT_EQ(message_of<ShapeError>([&] { network.forward(sample); }), text);
    EXPECT_EQ(network.predict(xt::view(sample, xt::newaxis(), xt::all())), network.predict({{1, 2, 3}}));
  };
  refused(xt::xtensor<float, 1>{1, 2, 3});
  refused(xt::xarray<double>{1, 2, 3});
  const Matrix<float> of_several_columns{{1, 2}};
  EXPECT_EQ(message_of<ShapeError>([&] { network.predict(of_several_columns); }),
            "layer 0 (dense 3 -> 5, tanh): input: got [1, 2], expected [1, 3], a column for each input of the network");
}

TEST(RowsOfXAndYThatDiffer, AreRefused) {
  Network<float> network = network_of_3_inputs<float>();
  const auto loss = make_loss<float>(MeanSquaredError{});
  const Dataset<float> data{xt::ones<float>({6, 3}), xt::ones<float>({5, 2}), {}, {}};
  Adam adam;
  EXPECT_EQ(message_of<ShapeError>([&] { evaluate(network, *loss, data); }),
            "evaluate: y: got [5, 2], expected [6, 2], a row for each row of x");
  EXPECT_EQ(message_of<ShapeError>([&] { Trainer(network, MeanSquaredError{}, adam).fit(data); }),
            "fit: training data: y: got [5, 2], expected [6, 2], a row for each row of x");
}

}  // namespace
}  // namespace gradflow

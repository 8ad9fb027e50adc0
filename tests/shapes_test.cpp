// Tests every public function that takes matrices. It must accept the right shapes, and throw ShapeError for all others
// before it reads any number. The tests compare the table below with the headers: a function that is in neither the
// table nor the list of exceptions makes a test fail.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ostream>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/gradflow.hpp>
#include <gradflow/math/shapes.hpp>
#include <support/declarations.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

struct Shape {
  std::size_t rows, columns;
  friend bool operator==(const Shape&, const Shape&) = default;
};
using Shapes = std::vector<Shape>;

/// Marks the shape of a flat array: its length is the number of rows. The tests vary only the rows.
constexpr std::size_t flat_array = static_cast<std::size_t>(-1);
constexpr Shape flat_of(std::size_t n) { return {n, flat_array}; }

struct Function {
  std::string name;  ///< as PublicFunctions writes it
  Shapes right;      ///< shapes that the function accepts
  std::function<bool(const Shapes&)> takes;
  std::function<void(const Shapes&)> call;
};
void PrintTo(const Function& function, std::ostream* out) { *out << function.name; }

/// Returns a matrix of this shape. Each number is 1 / columns. So it can stand for a probability, each row sums to 1,
/// and a single column contains the class index 1.
template <class T = float>
Matrix<T> made(Shape shape) {
  Matrix<T> m = zeros<T>(shape.rows, shape.columns);
  std::ranges::fill(flat(m), T(1) / static_cast<T>(shape.columns));
  return m;
}
template <class T = float>
AlignedVector<T> numbers(Shape shape) {
  return AlignedVector<T>(shape.rows, T(1));
}
Dataset<float> data(Shape x, Shape y) { return {made(x), made(y), {}, {}}; }

bool empty(Shape s) { return s.rows == 0 || s.columns == 0; }
bool same_rows(const Shapes& s) { return s[0].rows == s[1].rows; }
bool anything(const Shapes&) { return true; }

/// Does y have the shape of targets? It needs one column for each output, or one column of class indices if there are
/// several outputs.
bool are_targets(Shape y, Shape output) {
  return y.rows == output.rows && !empty(output) &&
         (y.columns == output.columns || (y.columns == 1 && output.columns > 1));
}

template <class T = float>
Network<T> network_of(std::size_t inputs, std::size_t outputs) {
  Network<T> network{dense<Tanh, T>(inputs, 4), dense<Identity, T>(4, outputs)};
  network.initialize(GlorotUniform{}, 1);
  return network;
}

/// A loss of whole rows that never reads beyond the columns of its matrices.
struct RowsAlike {
  static constexpr std::string_view name = "rows_alike";
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const {
    delta = output;
    for (std::size_t i = 0; i < output.size(); ++i) {
      const std::size_t row = i / columns(output), column = i % columns(output);
      flat(delta)[i] -= flat(target)[row * columns(target) + column % columns(target)];
    }
    return std::accumulate(delta.begin(), delta.end(), 0.0);
  }
};

/// A loss as a user would write it, without checks of its arguments.
template <class T>
class Trusting : public Loss<T> {
 public:
  std::string describe() const override { return "trusting"; }
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                  const SampleWeights<T>&) const override {
    return RowsAlike{}.evaluate(output, target, delta);
  }
};

/// Returns a dense layer 2 -> 3 with a bias, which has 9 parameters.
const LayerPtr<float>& layer() {
  static const LayerPtr<float> layer = dense<Tanh>(2, 3);
  return layer;
}

constexpr LayerPlace place{2, 3};
bool suits_place(const Shapes& s) { return s[0].rows == 6 && (s[1].rows == 3 || s[1].rows == 0); }
template <class Initial>
std::function<void(const Shapes&)> filled_by() {
  return [](const Shapes& s) {
    Rng rng(1);
    AlignedVector<double> weight = numbers<double>(s[0]), bias = numbers<double>(s[1]);
    Initial{}.fill(weight, bias, place, rng);
  };
}

template <class L>
std::function<void(const Shapes&)> evaluated_by() {
  return [](const Shapes& s) {
    auto delta = made(s[2]);
    make_loss<float>(L{})->evaluate(made(s[0]), made(s[1]), delta);
  };
}

std::vector<Function> functions_of_base() {
  const auto is_3_by_2 = [](const Shapes& s) { return s[0] == Shape{3, 2}; };
  const auto not_empty = [](const Shapes& s) { return !empty(s[0]); };
  return {{"require_shape(Where, std::string_view, const Matrix<T>&, ExpectedShape)",
           {{3, 2}},
           is_3_by_2,
           [](const Shapes& s) {
             require_shape("test", "m", made(s[0]), {3, 2});
           }},
          {"MatrixView::MatrixView(std::span<T>, std::size_t, std::size_t)",
           {flat_of(6)},
           [](const Shapes& s) { return s[0].rows == 6; },
           [](const Shapes& s) {
             auto six = numbers(s[0]);
             MatrixView<float>(six, 2, 3);
           }},
          {"require_rows(Where, std::string_view, const Matrix<T>&)",
           {{3, 2}},
           [](const Shapes& s) { return s[0].rows > 0; },
           [](const Shapes& s) { require_rows("test", "m", made(s[0])); }},
          {"require_not_empty(Where, std::string_view, const Matrix<T>&)", {{3, 2}}, not_empty, [](const Shapes& s) {
             require_not_empty("test", "m", made(s[0]));
           }}};
}

std::vector<Function> functions_of_data() {
  const auto in_two_classes = [](const Shapes& s) {
    Dataset<float> classes = data(s[0], s[1]);
    classes.class_names = {"no", "yes"};
    split(classes);
  };
  const auto gathered = [](const Shapes& s) {
    std::vector<std::size_t> all(s[0].rows);
    std::iota(all.begin(), all.end(), std::size_t{0});
    Dataset<float> into = data(s[2], s[3]);
    gather<float>(data(s[0], s[1]), all, into);
  };
  const auto three_columns = [](const Shapes& s) { return s[0].columns == 3; };
  const auto not_empty = [](const Shapes& s) { return !empty(s[0]); };
  const auto scaled = [](const Shapes& s) {
    auto m = made(s[0]);
    Scaling({1, 2, 3}, {1, 0, 2}).apply(m);
  };
  const auto reverted = [](const Shapes& s) {
    auto m = made(s[0]);
    Scaling({1, 2, 3}, {1, 0, 2}).revert(m);
  };
  const auto read_row = [](const Shapes& s) {
    CsvReader rows("a.csv", ',', [given = false](std::span<char> into) mutable {
      return std::exchange(given, true) ? 0 : std::string_view("1,2,3\n").copy(into.data(), into.size());
    });
    CsvFeatures samples(rows, {.count = 3, .header = false});
    samples.next();
    auto features = numbers(s[0]);
    samples.read(std::span(features));
  };
  return {
      // The data may have no samples, no features or no targets.
      {"split(const Dataset<T>&, const SplitOptions&)",
       {{5, 3}, {5, 2}},
       same_rows,
       [](const Shapes& s) { split(data(s[0], s[1])); }},
      {"split(const Dataset<T>&, const SplitOptions&)",
       {{5, 3}, {5, 1}},
       [](const Shapes& s) { return same_rows(s) && s[1].columns == 1; },
       in_two_classes},
      {"gather(const Dataset<T>&, std::span<const std::size_t>, Dataset<T>&)",
       {{5, 3}, {5, 2}, {2, 3}, {2, 2}},
       same_rows,
       gathered},
      {"checksum(const Dataset<T>&)", {{5, 3}, {5, 2}}, same_rows, [](const Shapes& s) { checksum(data(s[0], s[1])); }},
      {"class_weights(const Dataset<T>&)",
       {{5, 3}, {5, 1}},
       [](const Shapes& s) { return same_rows(s) && s[1].columns == 1; },
       [](const Shapes& s) { class_weights(data(s[0], s[1])); }},
      {"require_finite(const Dataset<T>&, std::string_view)",
       {{5, 3}, {5, 2}},
       same_rows,
       [](const Shapes& s) { require_finite(data(s[0], s[1]), "test"); }},
      {"one_hot(const Matrix<T>&, std::size_t)",
       {{5, 1}},
       [](const Shapes& s) { return s[0].columns == 1; },
       [](const Shapes& s) { one_hot(made(s[0]), 2); }},
      {"Batches::Batches(const Dataset<T>&, const BatchOptions&)",
       {{5, 3}, {5, 2}},
       [](const Shapes& s) { return same_rows(s) && s[0].rows > 0; },
       [](const Shapes& s) {
         const Dataset<float> all = data(s[0], s[1]);
         for (Batches<float> batches(all, {.size = 2}); batches.next();) continue;
       }},
      {"Scaling::Scaling(std::vector<double>, std::vector<double>)",
       {flat_of(3), flat_of(3)},
       same_rows,
       [](const Shapes& s) { Scaling(std::vector<double>(s[0].rows), std::vector<double>(s[1].rows)); }},
      {"Scaling::apply(Matrix<T>&)", {{5, 3}}, three_columns, scaled},
      {"Scaling::revert(Matrix<T>&)", {{5, 3}}, three_columns, reverted},
      {"standardiser(const Matrix<T>&)", {{5, 3}}, not_empty, [](const Shapes& s) { standardiser(made(s[0])); }},
      {"min_max_scaler(const Matrix<T>&)", {{5, 3}}, not_empty, [](const Shapes& s) { min_max_scaler(made(s[0])); }},
      {"CsvFeatures::read(std::span<T>)", {flat_of(3)}, [](const Shapes& s) { return s[0].rows == 3; }, read_row},
  };
}

std::vector<Function> functions_of_losses() {
  const auto targets = [](const Shapes& s) { return are_targets(s[1], s[0]); };
  return {
      // delta is an output and may have any shape.
      {"MeanLoss::evaluate(const Matrix<T>&, const Matrix<T>&, Matrix<T>&, const SampleWeights<T>&)",
       {{5, 3}, {5, 3}, {5, 3}},
       [](const Shapes& s) { return s[0] == s[1] && !empty(s[0]); },
       evaluated_by<BinaryCrossEntropy>()},
      // Class indices need at least two classes.
      {"CrossEntropy::evaluate(const Matrix<T>&, const Matrix<T>&, Matrix<T>&, const SampleWeights<T>&)",
       {{5, 3}, {5, 1}, {5, 3}},
       [targets](const Shapes& s) { return targets(s) && s[0].columns > 1; },
       [](const Shapes& s) {
         auto delta = made(s[2]);
         CrossEntropy{}.evaluate(made(s[0]), made(s[1]), delta, {});
       }},
      {"RowLoss::evaluate(const Matrix<T>&, const Matrix<T>&, Matrix<T>&, const SampleWeights<T>&)",
       {{5, 3}, {5, 3}, {5, 3}},
       targets,
       evaluated_by<RowsAlike>()},
      // Without rows there are no probabilities. Without columns a row cannot sum to 1.
      {"softmax(const Matrix<T>&)",
       {{5, 3}},
       [](const Shapes& s) { return s[0].columns > 0; },
       [](const Shapes& s) { softmax(made(s[0])); }},
      {"sigmoid(const Matrix<T>&)", {{5, 3}}, anything, [](const Shapes& s) { sigmoid(made(s[0])); }},
  };
}

std::vector<Function> functions_of_networks() {
  const auto trace_of = [](Shape a, Shape slope, Shape delta) {
    return Trace<float>{.a = made(a), .slope = made(slope), .delta = made(delta), .z = {}, .kept = {}, .seen = {}};
  };
  const auto orthogonal = [](const Shapes& s) {
    Rng rng(1);
    AlignedVector<double> weight = numbers<double>(s[0]);
    Orthogonal{}.draw(weight, place, rng);
  };
  return {
      {"WeightInitializer::fill(std::span<double>, std::span<double>, const LayerPlace&, Rng&)",
       {flat_of(6), flat_of(3)},
       suits_place,
       filled_by<HeNormal>()},
      {"Standard::fill(std::span<double>, std::span<double>, const LayerPlace&, Rng&)",
       {flat_of(6), flat_of(3)},
       suits_place,
       filled_by<Standard>()},
      {"Normal::fill(std::span<double>, std::span<double>, const LayerPlace&, Rng&)",
       {flat_of(6), flat_of(3)},
       suits_place,
       filled_by<Normal>()},
      {"Centred::fill(std::span<double>, std::span<double>, const LayerPlace&, Rng&)",
       {flat_of(6), flat_of(3)},
       suits_place,
       filled_by<Centred>()},
      {"AutoInit::fill(std::span<double>, std::span<double>, const LayerPlace&, Rng&)",
       {flat_of(6), flat_of(3)},
       suits_place,
       filled_by<AutoInit>()},
      {"Orthogonal::draw(std::span<double>, const LayerPlace&, Rng&)",
       {flat_of(6)},
       [](const Shapes& s) { return s[0].rows == 6; },
       orthogonal},
      {"Formula::sweep(std::span<T>, std::span<T>)",
       {flat_of(9), flat_of(9)},
       [](const Shapes& s) { return s[0] == s[1]; },
       [](const Shapes& s) {
         auto a = numbers(s[0]), slope = numbers(s[1]);
         Formula("sin(z)").sweep(std::span(a.data(), a.size()), std::span(slope.data(), slope.size()));
       }},
      {"DenseLayer::initialize(std::span<T>, const Initialization&)",
       {flat_of(9)},
       [](const Shapes& s) { return s[0].rows == 9; },
       [](const Shapes& s) {
         Rng rng(1);
         auto parameters = numbers(s[0]);
         layer()->initialize(parameters, {HeNormal{}, rng});
       }},
      // A layer accepts an empty batch. A network does not.
      {"DenseLayer::forward(std::span<const T>, const Matrix<T>&, Trace<T>&)",
       {flat_of(9), {5, 2}, {5, 3}, {5, 3}},
       [](const Shapes& s) { return s[0].rows == 9 && s[1].columns == 2; },
       [=](const Shapes& s) {
         Trace<float> trace = trace_of(s[2], s[3], {0, 0});
         layer()->forward(numbers(s[0]), made(s[1]), trace);
       }},
      {"DenseLayer::backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T>, Matrix<T>*)",
       {flat_of(9), {5, 2}, {5, 3}, {5, 3}, flat_of(9), {5, 2}},
       [](const Shapes& s) {
         return s[0].rows == 9 && s[1].columns == 2 && s[2] == Shape{s[1].rows, 3} && s[3] == s[2] && s[4].rows == 9;
       },
       [=](const Shapes& s) {
         Trace<float> trace = trace_of({0, 0}, s[2], s[3]);
         auto gradients = numbers(s[4]);
         auto x_delta = made(s[5]);
         layer()->backward(numbers(s[0]), made(s[1]), trace, gradients, &x_delta);
       }},
      {"Activate::forward(std::span<const T>, const Matrix<T>&, Trace<T>&)",
       {{5, 3}, {5, 3}, {5, 3}},
       [](const Shapes& s) { return s[0].columns == 3; },
       [=](const Shapes& s) {
         Trace<float> trace = trace_of(s[1], s[2], {0, 0});
         Activate<Tanh>(3).forward({}, made(s[0]), trace);
       }},
      {"Activate::backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T>, Matrix<T>*)",
       {{5, 3}, {5, 3}, {5, 3}, {5, 3}},
       [](const Shapes& s) { return s[0].columns == 3 && s[1] == s[0] && s[2] == s[0]; },
       [=](const Shapes& s) {
         Trace<float> trace = trace_of({0, 0}, s[1], s[2]);
         auto x_delta = made(s[3]);
         Activate<Tanh>(3).backward({}, made(s[0]), trace, {}, &x_delta);
       }},
      {"Network::predict(const Matrix<T>&)",
       {{5, 3}},
       [](const Shapes& s) { return s[0].columns == 3 && s[0].rows > 0; },
       [](const Shapes& s) { network_of(3, 2).predict(made(s[0])); }},
      {"Network::forward(const Matrix<T>&)",
       {{5, 3}},
       [](const Shapes& s) { return s[0].columns == 3 && s[0].rows > 0; },
       [](const Shapes& s) { network_of(3, 2).forward(made(s[0])); }},
      {"Network::forward(const Matrix<T>&, const Pass&)",
       {{5, 3}},
       [](const Shapes& s) { return s[0].columns == 3 && s[0].rows > 0; },
       [](const Shapes& s) { network_of(3, 2).forward(made(s[0]), {.training = false}); }},
      // x_delta is an output and may have any shape.
      {"Network::backward(const Matrix<T>&, const Matrix<T>&, Matrix<T>*)",
       {{5, 3}, {5, 2}, {5, 3}},
       [](const Shapes& s) {
         return s[0] == Shape{5, 3} && s[1] == Shape{5, 2};
       },
       [](const Shapes& s) {
         auto network = network_of(3, 2);
         network.forward(made({5, 3}));
         auto x_delta = made(s[2]);
         network.backward(made(s[0]), made(s[1]), &x_delta);
       }},
  };
}

std::vector<Function> functions_of_optimizers_and_files() {
  static const TemporaryFolder folder;
  const auto stored = [](const Shapes& s) {
    static const AlignedVector<float> six(6);
    static const std::string path = folder.file("six.safetensors");
    static const bool written = (write_safetensors(path, {}, std::array{tensor<float>("t", {2, 3}, six)}), true);
    auto read = numbers(s[0]);
    if (written) SafetensorsFile(path).read<float>("t", {2, 3}, read);
  };
  return {
      {"Optimizer::step(std::span<T>, std::span<const T>, const StepOptions&)",
       {flat_of(6), flat_of(6)},
       same_rows,
       [](const Shapes& s) {
         auto parameters = numbers(s[0]);
         Adam().step(parameters, numbers(s[1]));
       }},
      {"Optimizer::step(std::span<T>, std::span<const T>, const StepOptions&)",
       {flat_of(6), flat_of(6)},
       [](const Shapes& s) { return s[0].rows == 6 && s[1].rows == 6; },
       [](const Shapes& s) {
         Adam adam;
         auto before = numbers({6, flat_array}), parameters = numbers(s[0]);
         adam.step(before, numbers({6, flat_array}));
         adam.step(parameters, numbers(s[1]));
       }},
      {"Optimizer::step(Network<T>&, std::span<const T>, const StepOptions&)",
       {flat_of(26)},
       [](const Shapes& s) { return s[0].rows == 26; },
       [](const Shapes& s) {
         auto network = network_of(3, 2);
         Adam().step(network, numbers(s[0]));
       }},
      {"Optimizer::gradient_norm(const Network<T>&, std::span<const T>)",
       {flat_of(26)},
       [](const Shapes& s) { return s[0].rows == 26; },
       [](const Shapes& s) { Adam().gradient_norm(network_of(3, 2), numbers(s[0])); }},
      {"Optimizer::restore(std::size_t, const std::vector<std::span<const T>>&)",
       {flat_of(6), flat_of(6)},
       [](const Shapes& s) { return same_rows(s) && s[0].rows > 0; },
       [](const Shapes& s) {
         const auto means = numbers(s[0]), squares = numbers(s[1]);
         Adam().restore(1, {means, squares});
       }},
      {"tensor(std::string, std::vector<std::size_t>, std::span<const T>)",
       {flat_of(6)},
       [](const Shapes& s) { return s[0].rows == 6; },
       [](const Shapes& s) {
         tensor<float>("t", {2, 3}, numbers(s[0]));
       }},
      {"SafetensorsFile::read(const std::string&, const std::vector<std::size_t>&, std::span<T>)",
       {flat_of(6)},
       [](const Shapes& s) { return s[0].rows == 6; },
       stored},
  };
}

std::vector<Function> functions_of_flow() {
  static const std::size_t snapshot = packed({.step = 0, .layers = {{}, {}}}).size();
  const auto rows_of_3 = [](const Shapes& s) { return s[0].rows % 3 == 0; };
  return {
      // An empty array is a matrix without rows here, and a list without snapshots below.
      {"spectral_norm(std::span<const float>, std::size_t)",
       {flat_of(6)},
       rows_of_3,
       [](const Shapes& s) { spectral_norm(numbers(s[0]), 3); }},
      {"spectral_norm(std::span<const double>, std::size_t)",
       {flat_of(6)},
       rows_of_3,
       [](const Shapes& s) { spectral_norm(numbers<double>(s[0]), 3); }},
      {"unpacked(std::span<const double>, std::size_t)",
       {flat_of(2 * snapshot)},
       [](const Shapes& s) { return s[0].rows % snapshot == 0; },
       [](const Shapes& s) { unpacked(numbers<double>(s[0]), 2); }},
      {"input_scale(const Matrix<T>&)",
       {{5, 3}},
       [](const Shapes& s) { return !empty(s[0]); },
       [](const Shapes& s) { input_scale(made(s[0])); }},
      {"predicted_factors(const Network<T>&, const std::type_identity_t<Matrix<T>>&)",
       {{5, 3}},
       [](const Shapes& s) { return s[0].columns == 3 && s[0].rows > 0; },
       [](const Shapes& s) { predicted_factors(network_of(3, 2), made(s[0])); }},
  };
}

std::vector<Function> functions_of_checkers() {
  return {
      // The check exchanges the targets of two samples, so that one sample is not enough.
      {"check_loss(const Loss<double>&, const Matrix<double>&, const Matrix<double>&, const LossCheckOptions&)",
       {{3, 3}, {3, 3}},
       [](const Shapes& s) { return are_targets(s[1], s[0]) && s[0].rows > 1; },
       [](const Shapes& s) { check_loss(Trusting<double>(), made<double>(s[0]), made<double>(s[1])); }},
      {"gradient_check(Network<double>&, const Loss<double>&, const Matrix<double>&, const Matrix<double>&, "
       "const GradientCheckOptions&)",
       {{3, 3}, {3, 2}},
       [](const Shapes& s) {
         return s[0].columns == 3 && are_targets(s[1], {s[0].rows, 2});
       },
       [](const Shapes& s) {
         auto network = network_of<double>(3, 2);
         gradient_check(network, Trusting<double>(), made<double>(s[0]), made<double>(s[1]));
       }},
  };
}

std::vector<Function> functions_of_reports() {
  return {
      // Points must have two features, which are the axes of the picture. Without points there is no boundary.
      {"boundary_of(const Network<float>&, const Dataset<float>&, Reading)",
       {{5, 2}},
       [](const Shapes& s) { return s[0].columns == 2; },
       [](const Shapes& s) { boundary_of(network_of(2, 1), data(s[0], s[0]), Reading::values); }},
      {"points_of(const Dataset<float>&, std::size_t)",
       {{5, 2}, {5, 1}},
       [](const Shapes& s) { return same_rows(s) && (s[0].columns != 2 || s[1].columns > 0); },
       [](const Shapes& s) { points_of(data(s[0], s[1])); }},
  };
}

std::vector<Function> functions_of_training() {
  const auto no_samples = [](Shape x, Shape y) { return x.rows == 0 && y.rows == 0; };
  const auto of_network = [](Shape x, Shape y) { return x.columns == 3 && are_targets(y, {x.rows, 2}); };
  return {
      // Without samples all results are NaN, and the columns do not matter.
      {"evaluate(const Network<T>&, const Loss<T>&, const Dataset<T>&)",
       {{5, 3}, {5, 2}},
       [=](const Shapes& s) { return no_samples(s[0], s[1]) || of_network(s[0], s[1]); },
       [](const Shapes& s) { evaluate(network_of(3, 2), Trusting<float>(), data(s[0], s[1])); }},
      {"evaluate(const Network<T>&, const Loss<T>&, const Dataset<T>&)",
       {{5, 3}, {5, 1}},
       [=](const Shapes& s) { return no_samples(s[0], s[1]) || of_network(s[0], s[1]); },
       [](const Shapes& s) {
         Dataset<float> classes = data(s[0], s[1]);
         classes.class_names = {"no", "yes"};
         evaluate(network_of(3, 2), Trusting<float>(), classes);
       }},
      // Only the number of rows of x matters.
      {"chance_loss(const Loss<T>&, const Dataset<T>&, std::size_t)",
       {{5, 3}, {5, 2}},
       [=](const Shapes& s) {
         return no_samples(s[0], s[1]) || are_targets(s[1], {s[0].rows, 2});
       },
       [](const Shapes& s) { chance_loss(Trusting<float>(), data(s[0], s[1]), 2); }},
      // Validation data without samples count as no validation data. Their columns do not matter.
      {"Trainer::fit(const Dataset<T>&, const Dataset<T>&)",
       {{5, 3}, {5, 2}, {4, 3}, {4, 2}},
       [=](const Shapes& s) {
         return of_network(s[0], s[1]) &&
                (no_samples(s[2], s[3]) || (of_network(s[2], s[3]) && s[3].columns == s[1].columns));
       },
       [](const Shapes& s) {
         auto network = network_of(3, 2);
         Sgd sgd;
         const LossPtr<float> loss = std::make_shared<const Trusting<float>>();
         Trainer(network, loss, sgd, {.epochs = 1}).fit(data(s[0], s[1]), data(s[2], s[3]));
       }},
  };
}

const std::vector<Function>& table() {
  static const std::vector<Function> all = [] {
    std::vector<Function> joined;
    for (const auto part : {functions_of_base, functions_of_data, functions_of_losses, functions_of_networks,
                            functions_of_optimizers_and_files, functions_of_flow, functions_of_checkers,
                            functions_of_training, functions_of_reports})
      std::ranges::copy(part(), std::back_inserter(joined));
    return joined;
  }();
  return all;
}

/// Returns the functions that need no check, each with the reason.
const std::map<std::string, std::string>& exceptions() {
  constexpr auto reads_shape = "reads only the shape", one_array = "takes one array of any size";
  constexpr auto draws = "fills an array; fill() has checked its size";
  constexpr auto accessor = "does not check, like m(i, j); the caller must pass i < rows(m)";
  static const std::map<std::string, std::string> all{
      {"rows(const Matrix<T>&)", reads_shape},
      {"columns(const Matrix<T>&)", reads_shape},
      {"shape_text(const Matrix<T>&)", reads_shape},
      {"has_shape(const Matrix<T>&, std::size_t, std::size_t)", reads_shape},
      {"samples(const Dataset<T>&)", reads_shape},
      {"features(const Dataset<T>&)", reads_shape},
      {"classes(const Dataset<T>&)", "reads only the names"},
      {"is_classification(const Dataset<T>&)", "reads only the names"},
      {"total_weight(const Dataset<T>&)", "reads only the weights, or the shape"},
      {"resize(Matrix<T>&, std::size_t, std::size_t)", "sets the shape"},
      {"matrix(const Matrix<T>&)", "returns its argument"},
      {"matrix(Matrix<T>&&)", "returns its argument"},
      {"flat(Matrix<T>&)", one_array},
      {"flat(const Matrix<T>&)", one_array},
      {"row(Matrix<T>&, std::size_t)", accessor},
      {"row(const Matrix<T>&, std::size_t)", accessor},
      {"save_npy(const std::string&, const Matrix<T>&)", one_array},
      {"norm(std::span<const float>)", one_array},
      {"norm(std::span<const double>)", one_array},
      {"geometric_mean(std::span<const double>)", one_array},
      {"all_finite(std::span<const float>)", one_array},
      {"all_finite(std::span<const double>)", one_array},
      {"Formula::sweep(std::span<T>)", one_array},
      {"StateVisitor::numbers(std::string_view, std::span<N, extent>)",
       "throws FormatError if the saved size differs: see tests/base/state_test.cpp"},
      {"Layer::initialize(std::span<T>, const Initialization&)", one_array},
      {"Layer::initialize_state(std::span<T>)", one_array},
      {"Layer::update_state(std::span<T>, const Trace<T>&)", "does nothing; layers override it"},
      {"Trainer::Run(Trainer&, const Dataset<T>&, const Dataset<T>&)", "fit() checks"},
      {"Zeros::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"Constant::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"GlorotUniform::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"GlorotNormal::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"HeUniform::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"HeNormal::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"LecunUniform::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
      {"LecunNormal::draw(std::span<double>, const LayerPlace&, Rng&)", draws},
  };
  return all;
}

std::string text_of(const Shapes& shapes) {
  std::ostringstream text;
  for (const Shape& s : shapes)
    if (s.columns == flat_array)
      text << ' ' << s.rows << " numbers";
    else
      text << " [" << s.rows << ", " << s.columns << ']';
  return text.str();
}

/// Returns 0, 1, n - 1, n and n + 1, each once. For flat_array: only that.
std::vector<std::size_t> sizes_around(std::size_t n) {
  if (n == flat_array) return {n};
  const std::set<std::size_t> sizes{0, 1, n - 1, n, n + 1};
  return {sizes.begin(), sizes.end()};
}

Shapes shapes_around(Shape right) {
  Shapes around;
  for (const std::size_t rows : sizes_around(right.rows))
    for (const std::size_t columns : sizes_around(right.columns)) around.push_back({rows, columns});
  return around;
}

/// Calls f with shapes around the right ones. Varies one matrix at a time, then each pair of matrices. At last it gives
/// all matrices the same number of rows, around the right number.
template <class F>
void for_all_shapes(const Shapes& right, const F& f) {
  for (std::size_t i = 0; i < right.size(); ++i)
    for (const Shape& one : shapes_around(right[i])) {
      Shapes shapes = right;
      shapes[i] = one;
      f(shapes);
      for (std::size_t j = i + 1; j < right.size(); ++j)
        for (const Shape& other : shapes_around(right[j])) {
          shapes[j] = other;
          f(shapes);
          shapes[j] = right[j];
        }
    }
  for (const std::size_t rows : sizes_around(right[0].rows)) {
    Shapes shapes = right;
    for (Shape& s : shapes) s.rows = rows;
    f(shapes);
  }
}

class ShapesOf : public testing::TestWithParam<Function> {
 protected:
  /// Returns the error's message, or nullopt if the function accepts these shapes.
  static std::optional<std::string> refusal(const Function& f, const Shapes& shapes) {
    try {
      f.call(shapes);
    } catch (const ShapeError& error) {
      return error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << f.name << text_of(shapes) << ": got another error: " << error.what();
      return error.what();
    }
    return {};
  }
};

TEST_P(ShapesOf, ThoseThatDoNotMeetAreRefusedAndAllOthersTaken) {
  const Function& f = GetParam();
  ASSERT_TRUE(f.takes(f.right)) << f.name;
  for_all_shapes(f.right, [&](const Shapes& shapes) {
    const auto said = refusal(f, shapes);
    EXPECT_EQ(!said, f.takes(shapes)) << f.name << text_of(shapes) << ": " << said.value_or("accepted");
  });
}

TEST_P(ShapesOf, ErrorsNameTheFunctionTheMatrixAndBothShapes) {
  const Function& f = GetParam();
  const std::regex form(
      R"([^:]+: ([^:]+: )?[^:]+: got (\[\d+, \d+\]|\d+ numbers)( [^,]+)?, expected (\[\d+, \d+\]|.*\d+).*)");
  for_all_shapes(f.right, [&](const Shapes& shapes) {
    if (f.takes(shapes)) return;
    const std::string said = refusal(f, shapes).value_or("");
    EXPECT_TRUE(std::regex_match(said, form)) << f.name << text_of(shapes) << ": " << said;
  });
}

INSTANTIATE_TEST_SUITE_P(Public, ShapesOf, testing::ValuesIn(table()), [](const auto& each) {
  std::string name = each.param.name.substr(0, each.param.name.find('('));
  name = std::regex_replace(name, std::regex(R"(\W+)"), "_");
  return name + "_" + std::to_string(each.index);
});

/// Does the function have a matrix, a data set or flat numbers among its parameters? A type name in capitals counts as
/// a template parameter.
bool takes_matrices(const std::string& function) {
  static const std::regex matrices(
      R"(\b(Matrix|Dataset|Trace)<|\b(span|vector|\w*Vector)<(std::span<)?(const )?(float|double|[A-Z][A-Z0-9]*)\b)");
  return std::regex_search(function.substr(function.find('(')), matrices);
}

/// Returns the functions of a header that the table must have.
std::vector<std::string> functions_with_matrices(std::string_view header) {
  std::vector<std::string> functions = PublicFunctions::of(header);
  std::erase_if(functions, [](const std::string& function) { return !takes_matrices(function); });
  return functions;
}

/// Returns the functions of all headers that the table must have, each with the path of its header.
std::map<std::string, std::string> functions_of_all_headers() {
  auto found = functions_of_headers(GRADFLOW_HEADERS);
  std::erase_if(found, [](const auto& function) { return !takes_matrices(function.first); });
  return found;
}

TEST(TableOfShapes, HasEveryPublicFunctionThatTakesMatrices) {
  const auto found = functions_of_all_headers();
  for (const auto& [function, header] : found) {
    const bool tested = std::ranges::any_of(table(), [&name = function](const Function& f) { return f.name == name; });
    EXPECT_NE(tested, exceptions().contains(function))
        << header << ": " << function << ": expected a line in the table of this test; if it needs no check, add it to "
        << "exceptions() with the reason";
  }
}

TEST(TableOfShapes, HasNoFunctionThatTheHeadersDoNotHave) {
  const auto found = functions_of_all_headers();
  for (const Function& f : table()) EXPECT_TRUE(found.contains(f.name)) << f.name;
  for (const auto& [function, reason] : exceptions()) EXPECT_TRUE(found.contains(function)) << function;
}

// Tests the reader of headers.
using Functions = std::vector<std::string>;

TEST(FunctionsWithMatrices, AreFoundWhereverTheyAreDeclared) {
  const auto found = [](const std::string& text) {
    return functions_with_matrices("#pragma once\n#include <span>\nnamespace gradflow {\n" + text + "\n}\n");
  };
  EXPECT_EQ(found("template <class T>\nvoid f(const Matrix<T>& x, std::size_t n = 1);"),
            Functions{"f(const Matrix<T>&, std::size_t)"});
  EXPECT_EQ(found("class A : public B<int> {\n public:\n  virtual Matrix<T> f(Dataset<T> = {}) const {\n if (a) { b(); "
                  "} }\n};"),
            Functions{"A::f(Dataset<T>)"});
  EXPECT_EQ(found("struct A { explicit A(std::span<double> w) : w_{w}, n_(1) {} int n_; };"),
            Functions{"A::A(std::span<double>)"});
  EXPECT_EQ(
      found("template <class P> requires(!std::same_as<P, int>) [[nodiscard]] inline P f(Matrix<P>& m) { return {}; }"),
      Functions{"f(Matrix<P>&)"});
  EXPECT_EQ(found("template <class P> requires requires(P p) { p.f(); } void f(const Matrix<P>&);"),
            Functions{"f(const Matrix<P>&)"});
  EXPECT_EQ(found("int a = f(1);  // void g(Matrix<T>&);\nvoid h(std::vector<std::span<const T>> s,\n  int n);"),
            Functions{"h(std::vector<std::span<const T>>, int)"});
  EXPECT_EQ(found("struct A { enum class E { a, b }; struct B { bool operator==(const Matrix<T>& m) const; } b; };"),
            Functions{"A::B::operator==(const Matrix<T>&)"});
  EXPECT_EQ(found("void f();\nvoid f(AlignedVector<float>&& v);"), Functions{"f(AlignedVector<float>&&)"});
}

TEST(FunctionsWithMatrices, AreNotThoseThatNobodyCanCall) {
  for (const std::string text :
       {"namespace gradflow::detail { void f(Matrix<T>& m); }", "namespace { void f(Matrix<T>& m); }",
        "class A { void f(Matrix<T>& m); protected: void g(Matrix<T>& m) {} };",
        "struct A { virtual void f(Matrix<T>& m) const = 0; A(Dataset<T>&&) = delete; };",
        "void f() { Matrix<T> m(g(m)); h(Matrix<T>()); }", "using F = void(Matrix<T>&);",
        "void f(std::span<const Record> records, std::vector<std::string> names, std::span<char> text);"})
    EXPECT_EQ(functions_with_matrices(text), Functions{}) << text;
}

}  // namespace
}  // namespace gradflow

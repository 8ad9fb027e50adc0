// Tests of ONNX files that need no ONNX runtime. tests/io/onnx_runtime.sh compares with ONNX Runtime.
#include <gradflow/io/onnx.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <io/onnx_settings.hpp>
#include <io/used_networks.hpp>
#include <support/bump.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>
#include <support/text.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/layer_kinds.hpp>
#include <gradflow/nn/losses.hpp>

#if defined(GRADFLOW_PROTOBUF)
#include <io/onnx_reader.hpp>
#endif

namespace gradflow {
namespace {

/// A custom activation with the name of a library activation.
struct Twice {
  static constexpr std::string_view name = "relu";
  template <class V>
  V value(const V& z) const {
    return 2 * z;
  }
};

struct Same : Layer<float> {
  std::size_t inputs() const override { return 2; }
  std::size_t outputs() const override { return 2; }
  std::string describe() const override { return "same 2"; }
  void forward(std::span<const float>, const Matrix<float>& x, Trace<float>& trace) const override { trace.a = x; }
  void backward(std::span<const float>, const Matrix<float>&, Trace<float>&, std::span<float>,
                Matrix<float>*) const override {}
};

template <class T = float>
Network<T> a_network() {
  Network<T> network{dense<T>("tanh", 2, 5), dense<T>("relu", 5, 3, {.bias = false}), dense<T>("identity", 3, 2)};
  fill_normal(network.parameters(), 4);
  return network;
}

class Onnx : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_write_onnx()) GTEST_SKIP() << "built without protobuf";
  }

  template <class Error>
  std::string refusal(const Network<float>& network, const ModelInfo& info = {}) const {
    const std::string message = message_of<Error>([&] { save_onnx(path, network, info); });
    EXPECT_FALSE(std::filesystem::exists(path));
    return message;
  }

  TemporaryFolder folder;
  std::string path = folder.file("model.onnx");
};

TEST_F(Onnx, RefusesALayerThatHasNoFormAndNamesIt) {
  const std::string expected =
      ": got a layer without an ONNX form, expected a layer of the library, with an activation of the library";
  const auto with = [](const LayerPtr<float>& layer) { return Network<float>{dense<Tanh>(2, 2), layer}; };
  EXPECT_EQ(refusal<ValueError>(with(std::make_shared<Same>())), "save_onnx: layer 1 (same 2)" + expected);
  EXPECT_EQ(refusal<ValueError>(with(dense<Bump>(2, 2))), "save_onnx: layer 1 (dense 2 -> 2, bump)" + expected);
  EXPECT_EQ(refusal<ValueError>(with(dense<Twice>(2, 2))), "save_onnx: layer 1 (dense 2 -> 2, relu)" + expected);
  EXPECT_EQ(refusal<ValueError>(with(activate<Twice>(2))), "save_onnx: layer 1 (activate 2, relu)" + expected);
}

TEST_F(Onnx, RefusesALayerOfYourOwnThoughLoadModelCanMakeIt) {
  struct Known final : Same {
    LayerRecipe recipe() const override { return {"same", {}}; }
  };
  register_layer<float>("same", [](const LayerPlan&) { return std::make_shared<const Known>(); });
  EXPECT_EQ(refusal<ValueError>({std::make_shared<const Known>()}),
            "save_onnx: layer 0 (same 2): got a layer without an ONNX form, expected a layer of the library, with an "
            "activation of the library");
  // A layer that only gives the name of one of the library's kinds is not of this kind.
  struct Pretends final : Same {
    LayerRecipe recipe() const override { return {"dropout", {{"rate", 0.5}}}; }
  };
  EXPECT_NE(refusal<ValueError>({std::make_shared<const Pretends>()}).find("a layer without an ONNX form"),
            std::string::npos);
}

TEST_F(Onnx, RefusesScalingsThatDoNotFit) {
  const Network<float> network = a_network();
  const auto features = [](Scaling scaling) { return ModelInfo{.features = scaling}; };
  EXPECT_EQ(refusal<ShapeError>(network, features(Scaling({1, 2, 3}, {1, 1, 1}))),
            "save_onnx: features: got 3 columns, expected 2, as in the network");
  EXPECT_EQ(refusal<ShapeError>(network, {.targets = Scaling({1}, {1})}),
            "save_onnx: targets: got 1 columns, expected 2, as in the network");
  EXPECT_EQ(refusal<ValueError>(network, {.loss = "cross_entropy", .targets = Scaling({0, 0}, {1, 1})}),
            "save_onnx: targets: got a scaling, expected none, because the outputs are class_logits");
  EXPECT_EQ(
      refusal<ValueError>(network, features(Scaling({0, -1e300}, {1, 1}))),
      "save_onnx: features: column 1: got -1e+300, expected a number that fits into float; ONNX files are written in "
      "float");
  EXPECT_EQ(refusal<ValueError>(network, features(Scaling({0, 0}, {1e-40, 1}))),
            "save_onnx: features: column 0: got 1e-40, expected a number that fits into float; ONNX files are written "
            "in float");
}

TEST_F(Onnx, RefusesNumbersAndTextsThatTheFileCannotHave) {
  Network<double> network = a_network<double>();
  network.parameters()[0] = 1e39;
  EXPECT_EQ(
      message_of<ValueError>([&] { save_onnx(path, network); }),
      "save_onnx: layer0.weight: got 1e+39, expected a number that fits into float; ONNX files are written in float");
  EXPECT_EQ(refusal<ValueError>(a_network(), {.class_names = {"\xff"}}),
            "save_onnx: loss and names: got bytes that are not UTF-8, expected UTF-8");
  EXPECT_EQ(refusal<ValueError>(a_network(), {.loss = "\xff"}),
            "save_onnx: loss and names: got bytes that are not UTF-8, expected UTF-8");
  EXPECT_EQ(message_of<std::system_error>([&] { save_onnx(folder.file("no/model.onnx"), a_network()); }),
            folder.file("no/model.onnx") + ": cannot write: No such file or directory");
}

TEST(OnnxWithoutProtobuf, SaysWhatIsMissing) {
  if (can_write_onnx()) GTEST_SKIP() << "built with protobuf";
  EXPECT_EQ(
      message_of<std::runtime_error>([] { save_onnx("model.onnx", a_network()); }),
      "save_onnx: this build has no protobuf; apt-get install protobuf-compiler libprotobuf-dev, and configure the "
      "build again");
}

#if defined(GRADFLOW_PROTOBUF)

/// True if |got - expected| <= 1e-5 max(1, |expected|). Infinities must be equal; NaN matches only NaN.
bool is_the_same(double got, double expected) {
  if (!std::isfinite(expected)) return std::isnan(expected) ? std::isnan(got) : got == expected;
  return std::abs(got - expected) <= 1e-5 * std::max(1.0, std::abs(expected));
}

onnx::Model model_in(const std::string& path) {
  onnx::Model model;
  if (!model.ParseFromString(text_of_file(path))) ADD_FAILURE() << path << " is not a valid protobuf message";
  return model;
}

void expect_is_row_of_floats(const onnx::Value& value, const std::string& name, int width) {
  EXPECT_EQ(value.name(), name);
  EXPECT_EQ(value.type().tensor_type().elem_type(), onnx::Tensor::FLOAT);
  ASSERT_EQ(value.type().tensor_type().shape().dim_size(), 2);
  EXPECT_EQ(value.type().tensor_type().shape().dim(0).dim_param(), "batch");
  EXPECT_EQ(value.type().tensor_type().shape().dim(1).dim_value(), width);
}

TEST_F(Onnx, IsOfOneVersionAndSaysWhatGoesInAndOut) {
  save_onnx(path, a_network());
  const onnx::Model model = model_in(path);
  EXPECT_EQ(model.ir_version(), 7);
  EXPECT_EQ(model.producer_name(), "gradflow");
  ASSERT_EQ(model.opset_import_size(), 1);
  EXPECT_EQ(model.opset_import(0).domain(), "");
  EXPECT_EQ(model.opset_import(0).version(), 13);
  ASSERT_EQ(model.metadata_props_size(), 1);
  EXPECT_EQ(model.metadata_props(0).key() + ": " + model.metadata_props(0).value(), "reads: values");
  EXPECT_FALSE(model.graph().name().empty());
  ASSERT_EQ(model.graph().input_size(), 1);
  ASSERT_EQ(model.graph().output_size(), 1);
  expect_is_row_of_floats(model.graph().input(0), "x", 2);
  expect_is_row_of_floats(model.graph().output(0), "y", 2);
  EXPECT_EQ(OnnxGraph(model.graph()).formula("y"),
            "Gemm(Relu(Gemm(Tanh(Gemm(z, layer0.weight, layer0.bias)), layer1.weight)), layer2.weight, layer2.bias)");
}

TEST_F(Onnx, HasParametersAndStatesBitForBit) {
  for (const auto& [name, network] : used_networks<float>()) {
    SCOPED_TRACE(name);
    save_onnx(path, network);
    const OnnxGraph graph(model_in(path).graph());
    for (const auto& [layer, block] : network.value_blocks()) {
      const auto& tensor = graph.tensor("layer" + std::to_string(layer) + "." + std::string(block.name));
      EXPECT_TRUE(same_bits<float>(numbers_of(tensor), network.values().subspan(block.offset, block.size())))
          << tensor.name();
      const std::vector<std::int64_t> shape(tensor.dims().begin(), tensor.dims().end());
      std::vector<std::int64_t> expected{static_cast<std::int64_t>(block.columns)};
      if (block.name == "weight") expected.insert(expected.begin(), static_cast<std::int64_t>(block.rows));
      EXPECT_EQ(shape, expected) << tensor.name();
    }
  }
}

TEST_F(Onnx, RoundsDoubles) {
  Network<double> network = a_network<double>();
  network.parameters()[0] = 0.1;
  save_onnx(path, network);
  EXPECT_EQ(numbers_of(OnnxGraph(model_in(path).graph()).tensor("layer0.weight"))[0], 0.1F);
}

TEST_F(Onnx, HasLossAndNamesInItsMetadata) {
  save_onnx(path, a_network(),
            {.loss = "huber(delta=2)", .feature_names = {"a \"b\"", "größe"}, .class_names = {"no", "yes"}});
  const onnx::Model model = model_in(path);
  std::string all;
  for (const onnx::Text& text : model.metadata_props()) all += text.key() + ": " + text.value() + "\n";
  EXPECT_EQ(all,
            "loss: huber(delta=2)\nfeature_names: [\"a \\\"b\\\"\",\"größe\"]\nclass_names: [\"no\",\"yes\"]\n"
            "reads: values\n");
}

TEST_F(Onnx, HasProbabilitiesWhereTheLossTakesLogits) {
  const auto form = [&](const std::string& loss, OnnxOptions options = {}) {
    save_onnx(path, Network<float>{dense<Identity>(2, 2)}, {.loss = loss}, options);
    const onnx::Graph graph = model_in(path).graph();
    return graph.output(0).name() + " = " + OnnxGraph(graph).formula(graph.output(0).name());
  };
  EXPECT_EQ(form("cross_entropy"), "probabilities = Softmax(Gemm(z, layer0.weight, layer0.bias))");
  EXPECT_EQ(form("binary_cross_entropy"), "probabilities = Sigmoid(Gemm(z, layer0.weight, layer0.bias))");
  EXPECT_EQ(form("cross_entropy", {.probabilities = false}), "logits = Gemm(z, layer0.weight, layer0.bias)");
  EXPECT_EQ(form("mse"), "y = Gemm(z, layer0.weight, layer0.bias)");
}

TEST_F(Onnx, ScalesBeforeAndAfter) {
  const Network<float> network{dense<Identity>(2, 2)};
  const auto form = [&](Scaling features) {
    save_onnx(path, network, {.features = features, .targets = Scaling({7, 8}, {2, 0})});
    return OnnxGraph(model_in(path).graph()).formula("y");
  };
  const std::string end = ", layer0.weight, layer0.bias), targets.scale), targets.shift)";
  EXPECT_EQ(form(Scaling({0.5, 1}, {2, 3})), "Add(Mul(Gemm(Div(Sub(z, features.shift), features.scale)" + end);
  EXPECT_EQ(form(Scaling({0.1, 1}, {2, 0})),
            "Add(Mul(Gemm(Where(features.constant, 0, Div(Sub(Sub(z, features.shift), features.shift_rest), "
            "features.scale))" +
                end);
}

/// Evaluates each activation in a network with one weight of 1, so z = x.
TEST_F(Onnx, ComputesEveryActivationInTheTailsToo) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const std::string& activation : activations_and_settings()) {
    Network<float> network{dense(activation, 1, 1)};
    network.parameters()[0] = 1;
    save_onnx(path, network);
    const OnnxGraph graph(model_in(path).graph());
    for (const double size :
         {0.0, 1e-6, 0.1, 0.5, 1.0, 2.0, 2.9, 3.1, 5.9, 6.1, 10.0, 31.0, 88.0, 1e3, 1e6, 1e30, infinity})
      for (const double x : {-size, size}) {
        const auto z = static_cast<float>(x);
        const double ours = static_cast<double>(network.predict(matrix<float>({{x}}))(0, 0));
        const double theirs = graph.evaluate("y", {static_cast<double>(z)})[0];
        EXPECT_TRUE(is_the_same(theirs, ours)) << activation << " at " << x << ": " << theirs << ", ours " << ours;
      }
  }
}

TEST_F(Onnx, ComputesWhatTheNetworkDoes) {
  const Network<float> network = a_network();
  const Scaling features({1e6 + 0.1, 3}, {0.5, 0}), targets({100, -100}, {10, 20});
  const Matrix<float> x = matrix<float>({{1e6 + 1, 3}, {1e6 - 2, 4}, {1e6, -1}});
  Matrix<float> scaled = x;
  features.apply(scaled);
  const auto expect_same = [&](const Matrix<float>& ours, const std::string& name) {
    const OnnxGraph graph(model_in(path).graph());
    for (std::size_t i = 0; i < rows(x); ++i)
      for (std::size_t j = 0; j < 2; ++j)
        EXPECT_TRUE(is_the_same(graph.evaluate(name, {double(x(i, 0)), double(x(i, 1))})[j], double(ours(i, j))))
            << name << " " << i << " " << j;
  };
  save_onnx(path, network, {.loss = "cross_entropy", .features = features});
  expect_same(softmax(network.predict(scaled)), "probabilities");
  save_onnx(path, network, {.loss = "binary_cross_entropy", .features = features});
  expect_same(sigmoid(network.predict(scaled)), "probabilities");
  save_onnx(path, network, {.loss = "mse", .features = features, .targets = targets});
  Matrix<float> y = network.predict(scaled);
  targets.revert(y);
  expect_same(y, "y");
}

TEST_F(Onnx, ComputesWhatEveryLayerDoes) {
  const auto x = random_matrix<float>(9, 3, 8);
  for (const auto& [name, network] : used_networks<float>()) {
    save_onnx(path, network);
    const OnnxGraph graph(model_in(path).graph());
    const Matrix<float> y = network.predict(x);
    for (std::size_t i = 0; i < rows(x); ++i) {
      const auto theirs = graph.evaluate("y", {double(x(i, 0)), double(x(i, 1)), double(x(i, 2))});
      ASSERT_EQ(theirs.size(), columns(y)) << name;
      for (std::size_t j = 0; j < columns(y); ++j)
        EXPECT_TRUE(is_the_same(theirs[j], double(y(i, j))))
            << name << " " << i << " " << j << ": " << theirs[j] << ", ours " << y(i, j);
    }
  }
}

/// The value of each layer has a name of its own, also if the layer computes nothing.
TEST_F(Onnx, NamesTheOutputOfEveryLayer) {
  save_onnx<float>(path, {dropout(2, 0.5), activate("identity", 2), activate("tanh", 2), dropout(2, 0)});
  EXPECT_EQ(OnnxGraph(model_in(path).graph()).formula("y"), "Identity(Tanh(Identity(Identity(z))))");
  save_onnx<float>(path, {activate("tanh", 2), residual({dropout(2, 0.5)}, {.scale = 0.5}), dropout(2, 0.5)});
  const OnnxGraph graph(model_in(path).graph());
  EXPECT_EQ(graph.formula("y", {{"layer2.a", "a2"}}), "Identity(a2)");
  EXPECT_EQ(graph.formula("layer2.a", {{"layer0.a", "a0"}, {"layer1.a", "a1"}}), "Mul(Add(a1, a0), 0.5)");
}

/// Returns the operators of the layer between "x" and "y" of a file. c: a value of the layer that is used twice.
std::string operators_of(const std::string& path, const LayerPtr<float>& layer) {
  save_onnx(path, Network<float>{activate("tanh", 4), activate("relu", 4), layer});
  const OnnxGraph graph(model_in(path).graph());
  const std::map<std::string, std::string> before = {{"layer1.a", "x"}, {"layer0.a", "e"}};
  auto names = before;
  if (layer->recipe().kind == "layer_norm") names["layer2.Sub"] = "c";
  std::string text = "`" + graph.formula("y", names) + "`";
  if (names.size() > before.size()) text += " with c = `" + graph.formula("layer2.Sub", before) + "`";
  for (std::size_t at = 0; (at = text.find("layer2.", at)) != std::string::npos;) text.replace(at, 7, "");
  return text;
}

/// The README.md beside onnx.hpp has a table with a row for every kind of layer, with its operators.
TEST_F(Onnx, HasTheOperatorsThatTheTableOfLayersSays) {
  std::string table;
  std::vector<std::string> kinds;
  for (const LayerPtr<float>& layer :
       {dense<Tanh>(4, 4), dense<Tanh>(4, 4, {.bias = false}), activate<Tanh>(4), layer_norm(4), rms_norm(4),
        batch_norm(4), dropout(4, 0.3), prelu(4), skip(4, 1), skip(4, 1, {.scale = 0.7})}) {
    table += "| " + layer->describe() + " | " + operators_of(path, layer) + " |\n";
    if (kinds.empty() || kinds.back() != layer->recipe().kind) kinds.push_back(layer->recipe().kind);
  }
  for (const std::string& kind : layer_kinds())
    EXPECT_TRUE(kind == "same" || std::ranges::find(kinds, kind) != kinds.end()) << kind;
  EXPECT_NE(text_of_file(GRADFLOW_ONNX_TABLE).find("| layer | operators |\n|---|---|\n" + table + "\n"),
            std::string::npos)
      << "expected in " GRADFLOW_ONNX_TABLE ":\n"
      << table;
}

/// The table at the end of the README.md beside onnx.hpp has a row for every activation, with the operators of its ONNX
/// file.
TEST_F(Onnx, HasTheOperatorsThatTheTableOfActivationsSays) {
  std::string table;
  for_each_type(Activations{}, [&]<class A>(A) {
    save_onnx(path, Network<float>{dense<A>(1, 1)});
    onnx::Graph graph = model_in(path).graph();
    const std::string formula = OnnxGraph(graph).formula("y", {{graph.node(0).output(0), "z"}});
    table += "| " + std::string(A::name) + " | " + (graph.node_size() > 1 ? "`" + formula + "`" : "nothing") + " |\n";
  });
  EXPECT_TRUE(text_of_file(GRADFLOW_ONNX_TABLE).ends_with("|---|---|\n" + table))
      << "expected at the end of " GRADFLOW_ONNX_TABLE ":\n"
      << table;
}

#endif

}  // namespace
}  // namespace gradflow

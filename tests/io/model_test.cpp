#include <gradflow/io/model.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <io/used_networks.hpp>
#include <support/bump.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>
#include <support/text.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/layer_kinds.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {
namespace {

/// A custom layer: multiplies each unit by a parameter of its own.
template <class T>
struct Factors : Layer<T> {
  std::size_t inputs() const override { return 3; }
  std::size_t outputs() const override { return 3; }
  std::string describe() const override { return "factors 3"; }
  std::span<const ParameterBlock> blocks() const override {
    static constexpr ParameterBlock block[] = {{"factor", 0, 1, 3}};
    return block;
  }
  void forward(std::span<const T> w, const Matrix<T>& x, Trace<T>& trace) const override {
    resize(trace.a, rows(x), 3);
    for (std::size_t i = 0; i < x.size(); ++i) trace.a.data()[i] = w[i % 3] * x.data()[i];
  }
  void backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T>, Matrix<T>*) const override {}
};

/// The same with a recipe, so that load_model() can make the layer.
template <class T>
struct NamedFactors final : Factors<T> {
  explicit NamedFactors(LayerOptions o = {{"unit", "größe"}, {"power", 1.5}, {"positive", true}})
      : options(std::move(o)) {}
  std::string describe() const override { return "named factors 3"; }
  LayerRecipe recipe() const override { return {"factors", options}; }
  static LayerPtr<T> make(const LayerPlan& plan) {
    return std::make_shared<const NamedFactors>(LayerOptions{
        {"unit", plan.text("unit")}, {"power", plan.number("power")}, {"positive", plan.flag("positive")}});
  }
  LayerOptions options;
};

template <class T>
Network<T> a_network(std::size_t middle = 5, const char* second = "leaky_relu(slope=0.01)") {
  Network<T> network{dense<T>("tanh", 2, middle), dense<T>(second, middle, 3),
                     dense<T>("identity", 3, 2, {.bias = false})};
  network.initialize(AutoInit{}, 7);
  for (std::size_t i = 0; i < network.parameters(0).size(); ++i)  // sets the biases too
    network.parameters(0)[i] += T(0.1) * static_cast<T>(i);
  return network;
}

const ModelInfo all_info{.loss = "huber(delta=2)",
                         .features = Scaling({0.1, -1e300}, {1.0 / 3, 5e-324}),
                         .targets = Scaling({7}, {0}),
                         .feature_names = {"a \"quoted\" name", "größe"},
                         .class_names = {"no", "yes"},
                         .data_checksum = "120 samples, crc32 1c291ca3",
                         .label_names = {"one", "two"},
                         .reads = Reading::label_logits};

class ModelFile : public testing::Test {
 protected:
  std::string says(const std::string& message) const {
    EXPECT_EQ(message.find(path + ": "), 0u) << message;
    return message.substr(std::min(message.size(), path.size() + 2));
  }

  /// Returns the names and shapes of the tensors: "layer0.weight [2,3] layer0.bias [3]".
  std::string shapes() const {
    const SafetensorsFile file(path);
    std::string text;
    for (const Tensor& t : file.tensors()) {
      text += (text.empty() ? "" : " ") + t.name + " [";
      for (std::size_t i = 0; i < t.shape.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(t.shape[i]);
      text += "]";
    }
    return text;
  }

  /// Writes a model file with a valid checksum: takes the expected checksum from the error of load_model().
  void write_sealed(Metadata metadata, const std::vector<Tensor>& tensors = {}) const {
    metadata["checksum"] = "?";
    write_safetensors(path, metadata, tensors);
    const std::string wrong = message_of<FormatError>([&] { load_model(path); });
    metadata["checksum"] = wrong.substr(wrong.find("expected crc32 ") + 9, 14);
    write_safetensors(path, metadata, tensors);
  }

  TemporaryFolder folder;
  std::string path = folder.file("model.safetensors");
};

template <class T>
void expect_same(const Network<T>& a, const Network<T>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a.layer(i).describe(), b.layer(i).describe());
  ASSERT_EQ(a.parameters().size(), b.parameters().size());
  EXPECT_EQ(std::memcmp(a.parameters().data(), b.parameters().data(), a.parameters().size_bytes()), 0);
}

template <class T>
void comes_back(const std::string& path) {
  const Network<T> network = a_network<T>();
  save_model(path, network, all_info);
  const Model<T> model = load_model<T>(path);
  expect_same(network, model.network);
  EXPECT_EQ(model.info.loss, all_info.loss);
  EXPECT_EQ(model.info.features->shift(), all_info.features->shift());
  EXPECT_EQ(model.info.features->scale(), all_info.features->scale());
  EXPECT_EQ(model.info.targets->shift(), all_info.targets->shift());
  EXPECT_EQ(model.info.targets->scale(), all_info.targets->scale());
  EXPECT_EQ(model.info.feature_names, all_info.feature_names);
  EXPECT_EQ(model.info.class_names, all_info.class_names);
  EXPECT_EQ(model.info.data_checksum, all_info.data_checksum);
  EXPECT_EQ(model.info.label_names, all_info.label_names);
  EXPECT_EQ(model.info.reads, all_info.reads);
}

TEST_F(ModelFile, ComesBackBitForBit) {
  comes_back<float>(path);
  comes_back<double>(path);
}

TEST_F(ModelFile, NeedsNoInfo) {
  save_model(path, a_network<float>());
  const ModelInfo info = load_model(path).info;
  EXPECT_EQ(info.loss, "");
  EXPECT_FALSE(info.features || info.targets);
  EXPECT_TRUE(info.feature_names.empty() && info.class_names.empty() && info.data_checksum.empty());
}

TEST_F(ModelFile, SaysHowTheOutputsAreRead) {
  for_each_type(Losses{}, [&](const auto& policy) {
    const auto loss = make_loss<float>(policy);
    save_model(path, a_network<float>(), {.loss = loss->describe()});
    EXPECT_EQ(load_model(path).info.reads, loss->reads(2)) << policy.name;
  });
  for (const Reading reading : {Reading::values, Reading::one_logit, Reading::class_logits, Reading::label_logits}) {
    save_model(path, a_network<float>(), {.loss = "focal", .reads = reading});
    EXPECT_EQ(load_model(path).info.reads, reading);
  }
  const auto refused = [&](const ModelInfo& info) {
    return message_of<ValueError>([&] { save_model(path, a_network<float>(), info); });
  };
  EXPECT_EQ(refused({.loss = "focal"}),
            "model info: .reads is not set, and the library has no loss 'focal' that says what the outputs mean; set "
            ".reads = loss.reads(outputs)");
  EXPECT_EQ(refused({.class_names = {"a", "b"}}).find("model info: .reads is not set"), 0u);
  EXPECT_EQ(message_of<NameError>([&] { save_model(path, a_network<float>(), {.loss = "huber(delta"}); }),
            "loss: got 'huber(delta', expected name or name(key=number, ...)");
}

// Files of version 1 have no `reads` and no `label_names` in their metadata.
TEST_F(ModelFile, OfTheVersionBeforeIsRead) {
  const std::vector<float> numbers = {1, 2, 3};
  const auto info_of = [&](Metadata metadata) {
    metadata["gradflow_version"] = "1";
    metadata["layers"] =
        R"([{"layer":"dense 2 -> 1, identity","inputs":2,"outputs":1,"activation":"identity","bias":true}])";
    write_sealed(metadata, {tensor<float>("layer0.weight", {2, 1}, std::span(numbers).first(2)),
                            tensor<float>("layer0.bias", {1}, std::span(numbers).last(1))});
    return load_model(path).info;
  };
  EXPECT_EQ(reading_of(info_of({}), 1), Reading::values);
  EXPECT_EQ(reading_of(info_of({{"loss", "binary_cross_entropy"}}), 1), Reading::one_logit);
  EXPECT_EQ(reading_of(info_of({{"loss", "cross_entropy"}}), 1), Reading::class_logits);
  EXPECT_EQ(reading_of(info_of({{"loss", "hinge"}}), 1), Reading::values) << "an unknown loss is read as values";
  EXPECT_THROW(reading_of(info_of({{"loss", "hinge"}, {"class_names", R"(["a","b"])"}}), 1), ValueError);
  EXPECT_EQ(message_of<FormatError>([&] {
              info_of({{"reads", "logit"}});
            }).find("metadata: reads: ") != std::string::npos,
            true);
}

TEST_F(ModelFile, HasEveryActivationOfTheLibraryWithItsParameters) {
  for_each_type(Activations{}, [&]<class A>(A activation) {
    std::string text(A::name);
    for (const Setting& setting : settings_of(activation)) {
      text += (text == A::name ? "(" : ",") + setting.name + "=" + std::to_string(setting.value * 0.5);
    }
    if (text != A::name) text += ")";
    Network<float> network{dense(text, 2, 3)};
    network.initialize(AutoInit{}, 1);
    save_model(path, network);
    expect_same(network, load_model(path).network);
  });
}

TEST_F(ModelFile, IsReadIntoANetworkOfTheSameLayersOnly) {
  const Network<float> saved = a_network<float>();
  save_model(path, saved, all_info);
  Network<float> same = a_network<float>();
  std::ranges::fill(same.parameters(), 0.0f);
  EXPECT_EQ(load_model(path, same).loss, all_info.loss);
  expect_same(saved, same);

  const auto refuses = [&](Network<float> other) {
    const std::vector<float> before(other.parameters().begin(), other.parameters().end());
    const std::string message = message_of<FormatError>([&] { load_model(path, other); });
    EXPECT_TRUE(std::ranges::equal(before, other.parameters()));
    return says(message);
  };
  EXPECT_EQ(
      refuses(a_network<float>(4)),
      "layers: got layer 0 dense 2 -> 5, tanh; layer 1 dense 5 -> 3, leaky_relu(slope=0.01), expected layer 0 dense "
      "2 -> 4, tanh; layer 1 dense 4 -> 3, leaky_relu(slope=0.01), as in the network");
  EXPECT_EQ(refuses(a_network<float>(5, "relu")),
            "layers: got layer 1 dense 5 -> 3, leaky_relu(slope=0.01), expected layer 1 dense 5 -> 3, relu, as in the "
            "network");
  EXPECT_EQ(refuses({dense("tanh", 2, 5), dense("leaky_relu(slope=0.01)", 5, 3), dense("identity", 3, 2)}),
            "layers: got layer 2 dense 3 -> 2, identity, no bias, expected layer 2 dense 3 -> 2, identity, as in the "
            "network");
  EXPECT_EQ(refuses({dense("tanh", 2, 5)}),
            "layers: got layer 1 dense 5 -> 3, leaky_relu(slope=0.01); layer 2 dense 3 -> 2, identity, no bias, "
            "expected layer 1 none; layer 2 none, as in the network");
}

TEST_F(ModelFile, OfAnotherTypeIsNotConverted) {
  save_model(path, a_network<double>());
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model<float>(path); })),
            "tensor 'layer0.weight': type: got F64, expected F32");
  Network<float> network = a_network<float>();
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model(path, network); })),
            "tensor 'layer0.weight': type: got F64, expected F32");
}

TEST_F(ModelFile, OfLayersOfYourOwnIsReadIntoANetworkThatHasThem) {
  Network<float> network{dense<Bump>(2, 3), std::make_shared<const Factors<float>>(), dense("identity", 3, 1)};
  network.initialize(AutoInit{}, 1);
  network.parameters(1)[2] = 42;
  save_model(path, network);
  EXPECT_EQ(says(message_of<FormatError>([&] {
              load_model(path);
            })).find("layer 0 (dense 2 -> 3, bump): activation: got 'bump', expected one of: identity"),
            0u);
  Network<float> other{dense<Bump>(2, 3), std::make_shared<const Factors<float>>(), dense("identity", 3, 1)};
  load_model(path, other);
  expect_same(network, other);

  save_model(path, Network<float>{std::make_shared<const Factors<float>>()});
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model(path); })),
            "layer 0 (factors 3): got a layer of a kind that the file does not name, expected layers that make_layer() "
            "can make; load_model(path, network) reads the file into your own network with this layer");
  EXPECT_EQ(shapes(), "layer0.factor [1,3]") << "two dimensions, as in earlier versions";
}

template <class T>
void expect_same_values(const Network<T>& a, const Network<T>& b) {
  expect_same(a, b);
  EXPECT_TRUE(same_bits<T>(a.values(), b.values()));
  const auto x = random_matrix<T>(4, a.inputs(), 5);
  EXPECT_TRUE(same_bits(a.predict(x), b.predict(x)));
}

template <class T>
void every_layer_comes_back(const std::string& path) {
  auto into = test::networks_with_every_layer<T>();
  std::size_t i = 0;
  for (const auto& [name, network] : used_networks<T>()) {
    SCOPED_TRACE(name);
    save_model(path, network);
    expect_same_values(network, load_model<T>(path).network);
    load_model(path, into[i].network);
    expect_same_values(network, into[i++].network);
  }
}

TEST_F(ModelFile, HasEveryLayerWithItsStateBitForBit) {
  every_layer_comes_back<float>(path);
  every_layer_comes_back<double>(path);
}

TEST_F(ModelFile, HasATensorForEachBlockOfParametersAndOfState) {
  const auto shapes_with = [&](const LayerPtr<float>& layer) {
    save_model(path, Network<float>{dense<Tanh>(3, 5), layer});
    return shapes();
  };
  const std::string first = "layer0.weight [3,5] layer0.bias [5]";
  EXPECT_EQ(shapes_with(batch_norm(5)),
            first + " layer1.gain [5] layer1.bias [5] layer1.running_mean [5] layer1.running_variance [5]");
  EXPECT_EQ(shapes_with(layer_norm(5)), first + " layer1.gain [5] layer1.bias [5]");
  EXPECT_EQ(shapes_with(rms_norm(5)), first + " layer1.gain [5]");
  EXPECT_EQ(shapes_with(prelu(5)), first + " layer1.slope [1]");
  EXPECT_EQ(shapes_with(prelu(5, {.per_unit = true})), first + " layer1.slope [5]");
  EXPECT_EQ(shapes_with(dropout(5, 0.5)), first);
  EXPECT_EQ(shapes_with(dense<Tanh>(5, 1)), first + " layer1.weight [5,1] layer1.bias [1]");
  EXPECT_EQ(shapes_with(residual({dense<Tanh>(5, 5, {.bias = false})})), first + " layer1.weight [5,5]");
  save_model(path, Network<float>{batch_norm(2), dense<Tanh>(2, 1)});
  EXPECT_EQ(shapes(),
            "layer0.gain [2] layer0.bias [2] layer1.weight [2,1] layer1.bias [1] layer0.running_mean [2] "
            "layer0.running_variance [2]");
}

/// Files of dense layers stay as they were before there were other kinds, byte for byte.
TEST_F(ModelFile, DescribesEachLayerInItsMetadata) {
  const auto layers_of = [&](const Network<float>& network) {
    save_model(path, network);
    return SafetensorsFile(path).metadata().at("layers");
  };
  EXPECT_EQ(layers_of(a_network<float>()),
            R"([{"layer":"dense 2 -> 5, tanh","inputs":2,"outputs":5,"activation":"tanh","bias":true},)"
            R"x({"layer":"dense 5 -> 3, leaky_relu(slope=0.01)","inputs":5,"outputs":3,)x"
            R"x("activation":"leaky_relu(slope=0.01)","bias":true},)x"
            R"({"layer":"dense 3 -> 2, identity, no bias","inputs":3,"outputs":2,"activation":"identity",)"
            R"("bias":false}])");
  EXPECT_EQ(layers_of({layer_norm(2), batch_norm(2, {.momentum = 0.5}), activate("relu", 2), rms_norm(2, {.eps = 0})}),
            R"([{"layer":"layer_norm 2","kind":"layer_norm","inputs":2,"outputs":2,"eps":1e-05},)"
            R"({"layer":"batch_norm 2, momentum=0.5","kind":"batch_norm","inputs":2,"outputs":2,"eps":1e-05,)"
            R"("momentum":0.5},)"
            R"({"layer":"activate 2, relu","kind":"activate","inputs":2,"outputs":2,"activation":"relu"},)"
            R"({"layer":"rms_norm 2, eps=0","kind":"rms_norm","inputs":2,"outputs":2,"eps":0.0}])");
  EXPECT_EQ(layers_of({dropout(2, 0.25), prelu(2), skip(2, 1)}),
            R"([{"layer":"dropout 2, rate=0.25","kind":"dropout","inputs":2,"outputs":2,"rate":0.25},)"
            R"({"layer":"prelu 2","kind":"prelu","inputs":2,"outputs":2,"per_unit":false,"slope":0.25},)"
            R"({"layer":"skip 2, back=1","kind":"skip","inputs":2,"outputs":2,"back":1.0,"scale":1.0}])");
}

TEST_F(ModelFile, WrittenBeforeThereWereOtherKindsIsRead) {
  const std::vector<float> numbers = {1, -2, 3};
  const std::string layers =
      R"([{"layer":"dense 2 -> 1, relu","inputs":2,"outputs":1,"activation":"relu","bias":true}])";
  const Matrix<float> x = matrix<float>({{10, 2}, {10, 20}});
  for (const std::string version : {"1", "2"}) {
    write_sealed({{"gradflow_version", version}, {"layers", layers}},
                 {tensor<float>("layer0.weight", {2, 1}, std::span(numbers).first(2)),
                  tensor<float>("layer0.bias", {1}, std::span(numbers).last(1))});
    Network<float> network{dense("relu", 2, 1)};
    load_model(path, network);
    for (const Matrix<float>& y : {load_model(path).network.predict(x), network.predict(x)})
      EXPECT_TRUE(same_bits(y, matrix<float>({{9}, {0}})));
  }
}

TEST_F(ModelFile, OfYourOwnKindIsReadAfterRegisterLayer) {
  const LayerPtr<float> own = std::make_shared<const NamedFactors<float>>();
  Network<float> network{dense<Tanh>(2, 3), own, dense<Identity>(3, 1)};
  network.initialize(AutoInit{}, 1);
  network.parameters(1)[2] = 42;
  save_model(path, network);
  EXPECT_NE(shapes().find("layer1.factor [3]"), std::string::npos);
  const auto refusal = [&] { return says(message_of<FormatError>([&] { load_model(path); })); };
  EXPECT_EQ(refusal(),
            "layer 1 (named factors 3): layer kind: got 'factors', expected one of: dense activate layer_norm rms_norm "
            "batch_norm dropout prelu skip; register_layer() adds a kind, and load_model(path, network) reads the file "
            "into a network with this layer");

  register_layer<float>("factors", NamedFactors<float>::make);
  const Model<float> model = load_model(path);
  expect_same_values(network, model.network);
  EXPECT_EQ(model.network.layer(1).recipe().options, own->recipe().options);
  Network<float> other{dense<Tanh>(2, 3), own, dense<Identity>(3, 1)};
  load_model(path, other);
  expect_same_values(network, other);

  // Layers with the same description: the message names the option.
  const auto positive =
      std::make_shared<const NamedFactors<float>>(LayerOptions{{"unit", "größe"}, {"power", 1.5}, {"positive", false}});
  Network<float> differs{dense<Tanh>(2, 3), positive, dense<Identity>(3, 1)};
  EXPECT_EQ(
      says(message_of<FormatError>([&] { load_model(path, differs); })),
      "layers: got layer 1 named factors 3, positive true, expected layer 1 named factors 3, positive false, as in "
      "the network");

  register_layer<float>("factors", [](const LayerPlan&) { return LayerPtr<float>(); });
  EXPECT_EQ(refusal(),
            "layer 1 (named factors 3): got a null pointer from the function given to register_layer(), expected a "
            "layer");
  register_layer<float>("factors", [](const LayerPlan&) { return layer_norm(3); });
  EXPECT_EQ(refusal(),
            R"(layer 1 (named factors 3): got eps none, kind "factors", layer "named factors 3", positive true, power )"
            R"(1.5, unit "größe", expected eps 1e-05, kind "layer_norm", layer "layer_norm 3", positive none, power )"
            R"(none, unit none)");
}

TEST_F(ModelFile, CannotHaveEveryOptionOfYourOwnKind) {
  const auto refused = [&](LayerOptions options) {
    const Network<float> network{std::make_shared<const NamedFactors<float>>(std::move(options))};
    return message_of<ValueError>([&] { save_model(path, network); });
  };
  EXPECT_EQ(refused({{"inputs", 4.0}}),
            "save_model: layer 0 (named factors 3): option 'inputs': got a name that the file uses, expected another "
            "name");
  EXPECT_EQ(refused({{"power", std::numeric_limits<double>::infinity()}}),
            "save_model: layer 0 (named factors 3): option 'power': got inf, expected a finite number");
  EXPECT_EQ(refused({{"unit", "\xff"}}), "save_model: layers: got bytes that are not UTF-8, expected UTF-8");
}

/// Writes files with a valid checksum, whose layer 1 is not as save_model() writes it. Layer 0 has 5 units; the file
/// has 4 numbers for layer 1.
class DamagedLayer : public ModelFile {
 protected:
  /// members: of the layer's JSON, besides "layer".
  std::string refusal(const std::string& layer, const std::string& members) const {
    const std::vector<float> numbers(24);
    const std::string first =
        R"({"layer":"dense 3 -> 5, tanh","inputs":3,"outputs":5,"activation":"tanh","bias":true})";
    write_sealed(
        {{"gradflow_version", "2"}, {"layers", "[" + first + R"(,{"layer":")" + layer + "\"," + members + "}]"}},
        {tensor<float>("layer0.weight", {3, 5}, std::span(numbers).first(15)),
         tensor<float>("layer0.bias", {5}, std::span(numbers).subspan(15, 5)),
         tensor<float>("layer1.gain", {4}, std::span(numbers).last(4))});
    return says(message_of<FormatError>([&] { load_model(path); }));
  }
  /// The same for a layer of this kind with 5 units and these options.
  std::string refusal_of(const std::string& kind, const std::string& options) const {
    return refusal(kind, R"("kind":")" + kind + R"(","inputs":5,"outputs":5,)" + options);
  }
};

TEST_F(DamagedLayer, LargerThanTheFileIsRefusedWithoutMemoryForIt) {
  const std::string left = ", the numbers left in the file for this layer";
  EXPECT_EQ(refusal("layer_norm 5", R"("kind":"layer_norm","inputs":5,"outputs":5,"eps":1e-05)"),
            "layer 1 (layer_norm 5): got 10 numbers of parameters and state, expected at most 4" + left);
  EXPECT_EQ(refusal("batch_norm 2", R"("kind":"batch_norm","inputs":2,"outputs":2,"eps":1e-05,"momentum":0.1)"),
            "layer 1 (batch_norm 2): got 8 numbers of parameters and state, expected at most 4" + left);
  EXPECT_EQ(refusal("layer_norm 1099511627776",
                    R"("kind":"layer_norm","inputs":1099511627776,"outputs":1099511627776,"eps":1e-05)"),
            "layer 1 (layer_norm 1099511627776): got 2199023255552 numbers of parameters and state, expected at most "
            "4" +
                left);
  for (const std::string width : {"1099511627777", "9223372036854775808", "18446744073709551615"})
    for (const std::string& inputs : {width, std::string("5")})
      EXPECT_EQ(refusal("x", R"("kind":"layer_norm","inputs":)" + inputs + R"(,"outputs":)" + width + R"(,"eps":1)"),
                "layer 1 (x): got " + width + " units, expected at most 1099511627776");
}

TEST_F(DamagedLayer, WithImpossibleWidthsIsRefused) {
  const auto with = [&](const std::string& inputs, const std::string& outputs) {
    return refusal("x", R"("kind":"batch_norm","inputs":)" + inputs + R"(,"outputs":)" + outputs +
                            R"(,"eps":1e-05,"momentum":0.1)");
  };
  EXPECT_EQ(with("5", "4"), "layer 1 (x): batch_norm: outputs: got 4, expected 5, as many as the inputs");
  EXPECT_EQ(with("0", "0"), "layer 1 (x): batch_norm 0: width: got 0, expected at least 1");
  EXPECT_EQ(with("-1", "-1"), "metadata: layers: inputs: got -1, expected a whole number");
  EXPECT_EQ(
      refusal("dropout 4, rate=0.5", R"("kind":"dropout","inputs":4,"outputs":4,"rate":0.5)"),
      "metadata: layers: layer 1 (dropout 4, rate=0.5): inputs: got 5 from layer 0 (dense 3 -> 5, tanh), expected "
      "4");
}

TEST_F(DamagedLayer, WithANumberOutOfRangeIsRefused) {
  EXPECT_EQ(refusal_of("dropout", R"("rate":2)"),
            "layer 1 (dropout): dropout: rate: got 2, expected a number in [0, 1)");
  EXPECT_EQ(refusal_of("rms_norm", R"("eps":-1)"), "layer 1 (rms_norm): rms_norm: eps: got -1, expected at least 0");
  EXPECT_EQ(refusal_of("skip", R"("back":1.5,"scale":1)"),
            "layer 1 (skip): skip: back: got 1.5, expected a whole number, at least 0");
  EXPECT_EQ(refusal_of("skip", R"("back":0,"scale":1)"),
            "layer 1 (skip): skip 5, back=0: back: got 0, expected at least 1");
  EXPECT_EQ(refusal("skip 5, back=9", R"("kind":"skip","inputs":5,"outputs":5,"back":9,"scale":1)"),
            "metadata: layers: layer 1 (skip 5, back=9): back: got 9, expected at most 1, the number of layers before "
            "it");
  EXPECT_EQ(
      refusal("skip 5, back=1", R"("kind":"skip","inputs":5,"outputs":5,"back":1,"scale":1)"),
      "metadata: layers: layer 1 (skip 5, back=1): inputs of layer 0 (dense 3 -> 5, tanh), which are added to its "
      "own: got 3, expected 5");
}

TEST_F(DamagedLayer, WithoutAnOptionOrWithOneOfAnotherTypeIsRefused) {
  EXPECT_EQ(refusal_of("layer_norm", R"("epsilon":1)"),
            "layer 1 (layer_norm): layer_norm: eps: got none, expected a number");
  for (const std::string eps : {"true", "\"1e-05\""})
    EXPECT_EQ(refusal_of("layer_norm", R"("eps":)" + eps),
              "layer 1 (layer_norm): layer_norm: eps: got another type, expected a number");
  for (const std::string eps : {"null", "[]", "{}"})
    EXPECT_TRUE(refusal_of("layer_norm", R"("eps":)" + eps).ends_with(", expected the form that save_model() writes"));
  EXPECT_EQ(refusal_of("activate", R"("activation":1)"),
            "layer 1 (activate): activate: activation: got another type, expected a text");
  EXPECT_EQ(
      refusal("x", R"("inputs":5,"outputs":0,"activation":"tanh")"),
      "layer 1 (x): dense: bias: got none, expected true or false; load_model(path, network) reads the file into a "
      "network with this activation");
  EXPECT_EQ(refusal_of("dropout", R"("rate":0.5,"seed":3)"),
            R"(layer 1 (dropout): got layer "dropout", seed 3, expected layer "dropout 5, rate=0.5", seed none)");
}

TEST_F(DamagedLayer, WithAnUnknownNameIsRefused) {
  const std::string misspelt = refusal_of("layer_nrom", R"("eps":1)");
  EXPECT_EQ(misspelt.find("layer 1 (layer_nrom): layer kind: got 'layer_nrom', expected one of: dense activate "), 0u);
  EXPECT_NE(misspelt.find("; did you mean 'layer_norm'?; register_layer() adds a kind"), std::string::npos);
  const std::string activation = refusal_of("activate", R"("activation":"bump")");
  EXPECT_EQ(activation.find("layer 1 (activate): activation: got 'bump', expected one of: identity "), 0u);
  EXPECT_TRUE(activation.ends_with("; load_model(path, network) reads the file into a network with this activation"));
  EXPECT_TRUE(
      refusal("x", R"("kind":3,"inputs":5,"outputs":5)").ends_with("expected the form that save_model() writes"));
}

TEST_F(ModelFile, InWhichOneBitHasChangedIsRefused) {
  Network<float> network{dense("tanh", 1, 2), dense("identity", 2, 1)};
  network.initialize(AutoInit{}, 1);
  save_model(path, network, {.loss = "mse", .features = Scaling({0.5}, {2}), .class_names = {"a", "b"}});
  const std::string whole = text_of_file(path);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    folder.write("model.safetensors", flipped);
    EXPECT_THROW(load_model(path), FormatError) << "bit " << bit % 8 << " of byte " << bit / 8;
  }
}

/// Valid safetensors files that save_model() would not write.
TEST_F(ModelFile, OfAnotherKindIsRefused) {
  const auto refuses = [&](const Metadata& metadata) {
    write_safetensors(path, metadata, {});
    return says(message_of<FormatError>([&] { load_model(path); }));
  };
  EXPECT_EQ(refuses({}), "got only tensors, expected a gradflow model, with its layers in the metadata");
  EXPECT_EQ(refuses({{"gradflow_version", "3"}}), "metadata: gradflow_version: got '3', expected one of: 1 2");
  EXPECT_EQ(refuses({{"gradflow_version", "1"}}), "metadata: checksum is missing");
  // A valid checksum proves nothing: the metadata may still describe layers whose numbers are not in the file.
  const auto with_layers = [&](const std::string& layers) {
    write_sealed({{"gradflow_version", "1"}, {"layers", layers}});
    return says(message_of<FormatError>([&] { load_model(path); }));
  };
  EXPECT_EQ(
      with_layers(R"([{"layer":"x","inputs":1000000,"outputs":1000000,"activation":"tanh","bias":true}])"),
      "layer 0 (x): got 1000000 x 1000000 weights, expected at most 0, the numbers left in the file for this layer");
  for (const std::string width : {"-1", "true", "1.0", "1e300", "\"1\""})
    EXPECT_EQ(with_layers(R"([{"layer":"x","inputs":)" + width + R"(,"outputs":1,"activation":"tanh","bias":true}])")
                  .find("metadata: layers: inputs: got " + width.substr(0, 2)),
              0u);
  EXPECT_EQ(
      with_layers(R"([{"layer":"x","inputs":0,"outputs":1,"activation":"tanh","bias":true}])").find("layer 0 (x): "),
      0u);
  EXPECT_EQ(with_layers(R"x([{"layer":"x","inputs":0,"outputs":0,"activation":"elu(alpha=-1)","bias":true}])x")
                .find("layer 0 (x): "),
            0u);
  EXPECT_EQ(with_layers("[]"), "metadata: layers: got no layers, expected a list of layers");
  EXPECT_EQ(with_layers("[{}]"), "metadata: layers: got '[{}]', expected the form that save_model() writes");
  const std::string as_written = ", expected the form that save_model() writes";
  EXPECT_EQ(with_layers("{"), "metadata: layers: got invalid JSON at byte 2" + as_written);
  EXPECT_EQ(with_layers(""), "metadata: layers: got invalid JSON at byte 1" + as_written);
  EXPECT_EQ(with_layers("1e999"), "metadata: layers: got a number that is too large" + as_written);
  EXPECT_EQ(with_layers("[[]]"), "metadata: layers: got '[[]]'" + as_written);
  EXPECT_EQ(with_layers("{}"), "metadata: layers: got no layers, expected a list of layers");
  EXPECT_EQ(with_layers(R"([{"layer":1,"layer":2}])"), "metadata: layers: got 'layer' twice" + as_written);
  const std::string nested = std::string(1'000'000, '[') + std::string(1'000'000, ']');  // would overflow a stack
  EXPECT_EQ(with_layers(nested), "metadata: layers: got JSON nested deeper than 3 levels" + as_written);
}

/// The file has enough numbers for either layer alone, but not for both.
TEST_F(ModelFile, WhoseLayersWantTheSameNumbersIsRefused) {
  const std::vector<float> numbers(64 * 64);
  const std::string layer =
      R"({"layer":"dense 64 -> 64, tanh, no bias","inputs":64,"outputs":64,"activation":"tanh","bias":false})";
  write_sealed({{"gradflow_version", "1"}, {"layers", "[" + layer + "," + layer + "]"}},
               {tensor<float>("layer0.weight", {64, 64}, numbers)});
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model(path); })),
            "layer 1 (dense 64 -> 64, tanh, no bias): got 64 x 64 weights, expected at most 0, the numbers left in "
            "the file for this layer");
}

TEST_F(ModelFile, WhoseWordsForALayerAreNotTheLayersIsRefused) {
  const std::vector<float> numbers(2);
  write_sealed({{"gradflow_version", "1"},
                {"layers", R"x([{"layer":"x","inputs":2,"outputs":1,"activation":" tanh()","bias":false}])x"}},
               {tensor<float>("layer0.weight", {2, 1}, numbers)});
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model(path); })),
            R"x(layer 0 (x): got activation " tanh()", layer "x", expected activation "tanh", layer "dense 2 -> 1, )x"
            R"x(tanh, no bias")x");
}

TEST_F(ModelFile, WithoutLayersIsReadIntoNoNetwork) {
  const std::vector<float> numbers(2);
  write_sealed({{"gradflow_version", "1"}}, {tensor<float>("layer0.weight", {2, 1}, numbers)});
  Network<float> network{dense("tanh", 2, 1, {.bias = false})};
  const std::string none = "metadata: layers is missing";
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model(path, network); })), none);
  EXPECT_EQ(says(message_of<FormatError>([&] { load_model(path); })), none);
}

TEST_F(ModelFile, ReplacesAnOldOneWholeOrNotAtAll) {
  save_model(path, a_network<float>());
  EXPECT_EQ(message_of<ValueError>([&] { save_model(path, a_network<float>(), {.class_names = {"\xff"}}); }),
            "save_model: class_names: got bytes that are not UTF-8, expected UTF-8");
  expect_same(a_network<float>(), load_model(path).network);
  save_model(path, a_network<float>(9));
  expect_same(a_network<float>(9), load_model(path).network);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

#if defined(GRADFLOW_NUMPY_PYTHON)
/// Returns the Python snippet of the README, which reads moons.safetensors.
std::string snippet() {
  const std::string readme = text_of_file(GRADFLOW_README), fence = "```python\n";
  const std::size_t begin = readme.find(fence) + fence.size();
  EXPECT_NE(readme.find(fence), std::string::npos);
  return readme.substr(begin, readme.find("```", begin) - begin);
}

/// Runs the snippet, then `script`, on a file with the network. Returns what they print.
std::string printed_by_numpy(const TemporaryFolder& folder, const Network<float>& network, const std::string& script) {
  save_model(folder.file("moons.safetensors"), network);
  folder.write("read.py", snippet() + script);
  const std::string command = "cd " + folder.path() + " && " GRADFLOW_NUMPY_PYTHON " read.py >read.txt";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return text_of_file(folder.file("read.txt"));
}
#endif

TEST_F(ModelFile, IsReadByNumPyAsTheReadmeSays) {
#if defined(GRADFLOW_NUMPY_PYTHON)
  Network<float> network{dense("tanh", 2, 2), dense("identity", 2, 1)};
  for (std::size_t i = 0; i < network.parameters().size(); ++i) network.parameters()[i] = static_cast<float>(i) / 4 - 1;
  EXPECT_EQ(printed_by_numpy(folder, network,
                             "for name, t in tensors.items(): print(name, t.shape, *map(float, t.ravel()))\n"),
            "layer0.weight (2, 2) -1.0 -0.75 -0.5 -0.25\nlayer0.bias (2,) 0.0 0.25\n"
            "layer1.weight (2, 1) 0.5 0.75\nlayer1.bias (1,) 1.0\n");
#else
  GTEST_SKIP() << "needs python3-numpy";
#endif
}

/// Computes in NumPy, from the tensors of the file, what predict() computes from the running statistics.
TEST_F(ModelFile, HasAllThatNumPyNeedsForABatchNorm) {
#if defined(GRADFLOW_NUMPY_PYTHON)
  Network<float> network{dense("tanh", 2, 3), batch_norm(3)};
  test::draw_all(network, 1);
  network.forward(random_matrix<float>(8, 2, 2));
  network.update_state();
  const float y = network.predict(matrix<float>({{0.5, -2}}))(0, 1);
  const std::string printed = printed_by_numpy(folder, network, R"(
(w, b, gain, bias, mean, variance) = (t.astype(float) for t in tensors.values())
x = numpy.tanh([0.5, -2] @ w + b)
print(*list(tensors)[2:], *((x - mean) / numpy.sqrt(variance + 1e-5) * gain + bias))
)");
  const std::string names = "layer1.gain layer1.bias layer1.running_mean layer1.running_variance ";
  ASSERT_TRUE(printed.starts_with(names)) << printed;
  std::istringstream numbers(printed.substr(names.size()));
  float first = 0, second = 0;
  numbers >> first >> second;
  EXPECT_NEAR(second, y, 1e-5);
#else
  GTEST_SKIP() << "needs python3-numpy";
#endif
}

}  // namespace
}  // namespace gradflow

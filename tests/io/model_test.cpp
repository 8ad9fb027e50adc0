#include <gradflow/io/model.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <support/bump.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {
namespace {

/// A custom layer: multiplies each unit by a parameter of its own.
template <class T>
struct Factors final : Layer<T> {
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
  std::string content() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
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
  EXPECT_EQ(
      says(message_of<FormatError>([&] { load_model(path); })),
      "layer 0 (factors 3): got a layer that is not dense, expected dense layers of the library; load_model(path, "
      "network) reads the file into your own network with this layer");
}

TEST_F(ModelFile, InWhichOneBitHasChangedIsRefused) {
  Network<float> network{dense("tanh", 1, 2), dense("identity", 2, 1)};
  network.initialize(AutoInit{}, 1);
  save_model(path, network, {.loss = "mse", .features = Scaling({0.5}, {2}), .class_names = {"a", "b"}});
  const std::string whole = content();
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
            R"x(layer 0 (x): got {"activation":" tanh()","bias":false,"inputs":2,"layer":"x","outputs":1}, expected )x"
            R"x({"activation":"tanh","bias":false,"inputs":2,"layer":"dense 2 -> 1, tanh, no bias","outputs":1})x");
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

/// Runs the Python snippet of the README on a file moons.safetensors, and compares the tensors that the snippet reads.
TEST_F(ModelFile, IsReadByNumPyAsTheReadmeSays) {
#if defined(GRADFLOW_NUMPY_PYTHON)
  std::ifstream file(GRADFLOW_README);
  const std::string readme{std::istreambuf_iterator<char>(file), {}}, fence = "```python\n";
  const std::size_t begin = readme.find(fence) + fence.size();
  ASSERT_NE(readme.find(fence), std::string::npos);
  const std::string script = readme.substr(begin, readme.find("```", begin) - begin) +
                             "for name, t in tensors.items(): print(name, t.shape, *map(float, t.ravel()))\n";
  Network<float> network{dense("tanh", 2, 2), dense("identity", 2, 1)};
  for (std::size_t i = 0; i < network.parameters().size(); ++i) network.parameters()[i] = static_cast<float>(i) / 4 - 1;
  save_model(folder.file("moons.safetensors"), network, all_info);
  folder.write("read.py", script);
  const std::string command = "cd " + folder.path() + " && " GRADFLOW_NUMPY_PYTHON " read.py >read.txt";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream printed(folder.file("read.txt"));
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>(printed), {}}),
            "layer0.weight (2, 2) -1.0 -0.75 -0.5 -0.25\nlayer0.bias (2,) 0.0 0.25\n"
            "layer1.weight (2, 1) 0.5 0.75\nlayer1.bias (1,) 1.0\n");
#else
  GTEST_SKIP() << "needs python3-numpy";
#endif
}

}  // namespace
}  // namespace gradflow

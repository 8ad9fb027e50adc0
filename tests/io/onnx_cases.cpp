// Exports networks of many kinds to ONNX, for onnx_runtime.js to compare: onnx_cases FOLDER. For each network, writes
// NAME.onnx, NAME.x (inputs) and NAME.y (the outputs that gradflow computes), both as raw floats. cases.txt has a line
// "NAME samples inputs outputs" for each network.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <io/onnx_settings.hpp>
#include <io/used_networks.hpp>
#include <support/matrices.hpp>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

class Cases {
 public:
  explicit Cases(std::string folder) : folder_(std::move(folder)), list_(folder_ + "/cases.txt") {}

  template <class T>
  void add(const std::string& name, const Network<T>& network, const Matrix<float>& x, const ModelInfo& info,
           const OnnxOptions& options = {}) {
    save_onnx(folder_ + "/" + name + ".onnx", network, info, options);
    const Matrix<T> y = output_of(network, Matrix<T>(x), info, options);
    write(name + ".x", x);
    write(name + ".y", Matrix<float>(y));
    list_ << name << " " << rows(x) << " " << columns(x) << " " << columns(y) << "\n";
  }

 private:
  template <class T>
  static Matrix<T> output_of(const Network<T>& network, Matrix<T> x, const ModelInfo& info,
                             const OnnxOptions& options) {
    if (info.features) info.features->apply(x);
    Matrix<T> y = network.predict(x);
    if (info.targets) info.targets->revert(y);
    if (options.probabilities && info.loss == "cross_entropy") return softmax(y);
    if (options.probabilities && info.loss == "binary_cross_entropy") return sigmoid(y);
    return y;
  }

  void write(const std::string& name, const Matrix<float>& m) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(m.data()), static_cast<std::streamsize>(m.size() * sizeof(float)));
  }

  std::string folder_;
  std::ofstream list_;
};

/// Turns a text such as "leaky_relu(slope=0.6)" into a file name.
std::string file_name(std::string text) {
  for (char& c : text)
    if (std::string_view("()=,+-*/^<>!&| ").find(c) != std::string_view::npos) c = '_';
  return text;
}

template <class T>
ModelInfo info_of(const Dataset<T>& data, const std::string& loss) {
  return {.loss = loss,
          .features = standardiser(data.x),
          .feature_names = data.feature_names,
          .class_names = data.class_names};
}

/// Returns the network after three epochs of training on the scaled data.
template <class T>
Network<T> trained(Network<T> network, Dataset<T> data, const ModelInfo& info) {
  network.initialize(AutoInit{}, 1);
  info.features->apply(data.x);
  if (info.targets) info.targets->apply(data.y);
  Adam<T> adam({.learning_rate = 0.003});
  Trainer<T> trainer(network, make_loss<T>(info.loss), adam, {.epochs = 3});
  trainer.fit(data);
  return network;
}

void add_digits(Cases& cases) {
  const Dataset<float> data = load_csv(GRADFLOW_DATASETS "/digits.csv");
  const ModelInfo info = info_of(data, "cross_entropy");
  for (const std::string& activation : activations_and_settings())
    cases.add("digits_" + file_name(activation),
              trained(Network<float>{dense(activation, 64, 32), dense(activation, 32, 16), dense<Identity>(16, 10)},
                      data, info),
              data.x, info);
}

/// Adds a network with one weight of 1 (so z = x) for each activation. x: 8001 numbers in [-1e4, 1e4], most of them
/// near 0, and ten large values up to the infinities of float.
void add_tails(Cases& cases) {
  constexpr std::size_t half = 4000;
  constexpr float largest = std::numeric_limits<float>::max(), infinity = std::numeric_limits<float>::infinity();
  const std::array ends = {-infinity, -largest, -1e30F, -1e15F, -1e6F, 1e6F, 1e15F, 1e30F, largest, infinity};
  Matrix<float> x = zeros<float>(2 * half + 1 + ends.size(), 1);
  std::copy(ends.begin(), ends.end(), x.data() + 2 * half + 1);
  for (std::size_t i = 1; i <= half; ++i) {
    const double size = 1e-6 * std::pow(1e10, static_cast<double>(i) / half);
    x(half + i, 0) = static_cast<float>(size);
    x(half - i, 0) = static_cast<float>(-size);
  }
  for (const std::string& activation : activations_and_settings()) {
    Network<float> network{dense(activation, 1, 1)};
    network.parameters()[0] = 1;
    cases.add("tails_" + file_name(activation), network, x, {});
  }
}

template <class T>
void add_regression(Cases& cases, const std::string& name) {
  const auto data = load_csv<T>(GRADFLOW_DATASETS "/diabetes.csv", {.target = Target::values});
  ModelInfo info = info_of(data, "mse");
  info.targets = standardiser(data.y);
  const Network<T> network{dense<T>("gelu", 10, 16), dense<T>("identity", 16, 1)};
  cases.add(name, trained(network, data, info), Matrix<float>(data.x), info);
}

void add_binary(Cases& cases) {
  const Dataset<float> data = load_csv(GRADFLOW_DATASETS "/breast_cancer.csv");
  const ModelInfo info = info_of(data, "binary_cross_entropy");
  const Network<float> network{dense<Tanh>(features(data), 8, {.bias = false}), dense<Identity>(8, 1)};
  cases.add("binary", trained(network, data, info), data.x, info);
  cases.add("binary_logits", trained(network, data, info), data.x, info, {.probabilities = false});
}

/// Adds a network whose features lie far from 0, differ greatly in scale, or are constant.
void add_scales(Cases& cases) {
  Dataset<float> data = moons<float>({.samples = 500, .noise = 0.1, .seed = 1});
  Matrix<float> x = zeros<float>(500, 4);
  for (std::size_t i = 0; i < 500; ++i) {
    x(i, 0) = 1e5F + data.x(i, 0);
    x(i, 1) = 1e-20F * data.x(i, 1);
    x(i, 2) = 0.1F;
    x(i, 3) = 1e20F * data.x(i, 0);
  }
  data.x = x;
  const ModelInfo info = info_of(data, "binary_cross_entropy");
  cases.add("scales", trained(Network<float>{dense<Silu>(4, 8), dense<Identity>(8, 1)}, data, info), x, info);
}

void add_layers(Cases& cases) {
  for (const auto& [name, network] : used_networks<float>())
    cases.add("layers_" + file_name(name), network, random_matrix<float>(200, 3, 8), {});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return std::fputs("usage: onnx_cases FOLDER\n", stderr), 2;
  Cases cases(argv[1]);
  add_digits(cases);
  add_tails(cases);
  add_regression<float>(cases, "regression");
  add_regression<double>(cases, "regression_double");
  add_binary(cases);
  add_scales(cases);
  add_layers(cases);
} catch (const std::exception& error) {
  std::fprintf(stderr, "onnx_cases: %s\n", error.what());
  return 1;
}

#pragma once
// Reads ONNX files without the library: writes a graph as a formula, and evaluates it in double with plain loops.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <gradflow/io/onnx.pb.h>

namespace gradflow {

inline double attribute(const onnx::Node& node, const std::string& name) {
  for (const onnx::Attribute& attribute : node.attribute())
    if (attribute.name() == name && attribute.type() == onnx::Attribute::FLOAT) return attribute.f();
  throw std::runtime_error(node.name() + " has no " + name);
}

/// Returns the value of an attribute: "0.2", "1" or "[1]".
inline std::string text_of(const onnx::Attribute& attribute) {
  if (attribute.type() == onnx::Attribute::FLOAT) return fmt::format("{}", attribute.f());
  if (attribute.type() == onnx::Attribute::INT) return fmt::format("{}", attribute.i());
  if (attribute.type() != onnx::Attribute::INTS) throw std::runtime_error(attribute.name() + " has no known type");
  std::string numbers;
  for (const std::int64_t number : attribute.ints()) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
  return "[" + numbers + "]";
}

inline std::vector<float> numbers_of(const onnx::Tensor& tensor) {
  std::vector<float> numbers(tensor.raw_data().size() / (tensor.data_type() == onnx::Tensor::BOOL ? 1 : 4));
  if (tensor.data_type() == onnx::Tensor::BOOL)
    std::ranges::copy(tensor.raw_data(), numbers.begin());
  else
    std::memcpy(numbers.data(), tensor.raw_data().data(), tensor.raw_data().size());
  return numbers;
}

class OnnxGraph {
 public:
  explicit OnnxGraph(const onnx::Graph& graph) {
    for (const onnx::Node& node : graph.node()) nodes_[node.output(0)] = node;
    for (const onnx::Tensor& tensor : graph.initializer()) tensors_[tensor.name()] = tensor;
  }

  const onnx::Tensor& tensor(const std::string& name) const { return tensors_.at(name); }

  /// Returns the formula that computes `value`, such as "Mul(Clip(z, -30), Sigmoid(z))". names: what to write for the
  /// values with these names. Scalar constants appear as numbers, other tensors by their names.
  std::string formula(const std::string& value, const std::map<std::string, std::string>& names = {{"x", "z"}}) const {
    if (const auto found = names.find(value); found != names.end()) return found->second;
    if (const auto found = tensors_.find(value); found != tensors_.end())
      return found->second.dims().empty() ? fmt::format("{}", numbers_of(found->second)[0]) : value;
    const onnx::Node& node = nodes_.at(value);
    std::string text;
    for (const std::string& input : node.input()) text += (text.empty() ? "" : ", ") + formula(input, names);
    for (const onnx::Attribute& a : node.attribute()) text += ", " + a.name() + "=" + text_of(a);
    return node.op_type() + "(" + text + ")";
  }

  /// Returns one row of `value`, computed from one row of the input "x".
  std::vector<double> evaluate(const std::string& value, const std::vector<double>& x) const {
    Rows known{{"x", x}};
    return row(value, known);
  }

 private:
  using Rows = std::map<std::string, std::vector<double>>;

  /// known: the values that are already computed.
  const std::vector<double>& row(const std::string& value, Rows& known) const {
    const auto found = known.find(value);
    return found != known.end() ? found->second : known[value] = computed(value, known);
  }

  std::vector<double> computed(const std::string& value, Rows& known) const {
    if (const auto found = tensors_.find(value); found != tensors_.end()) {
      const auto numbers = numbers_of(found->second);
      return {numbers.begin(), numbers.end()};
    }
    const onnx::Node& node = nodes_.at(value);
    std::vector<std::vector<double>> inputs;
    for (const std::string& input : node.input()) inputs.push_back(row(input, known));
    if (node.op_type() == "Gemm") return product(inputs);
    if (node.op_type() == "Softmax") return softmax_of(inputs[0]);
    if (node.op_type() == "ReduceMean") return mean_of(node, inputs[0]);
    std::size_t width = 1;
    for (const auto& input : inputs) width = std::max(width, input.size());
    std::vector<double> result(width);
    for (std::size_t j = 0; j < width; ++j) {
      std::vector<double> numbers;
      for (const auto& input : inputs) numbers.push_back(input[input.size() == 1 ? 0 : j]);
      result[j] = operate(node, numbers);
    }
    return result;
  }

  static std::vector<double> product(const std::vector<std::vector<double>>& inputs) {
    const std::size_t columns = inputs[1].size() / inputs[0].size();
    std::vector<double> result = inputs.size() > 2 ? inputs[2] : std::vector<double>(columns, 0);
    for (std::size_t i = 0; i < inputs[0].size(); ++i)
      for (std::size_t j = 0; j < columns; ++j) result[j] += inputs[0][i] * inputs[1][i * columns + j];
    return result;
  }

  static std::vector<double> softmax_of(std::vector<double> row) {
    const double largest = *std::ranges::max_element(row);
    double sum = 0;
    for (double& y : row) sum += y = std::exp(y - largest);
    for (double& y : row) y /= sum;
    return row;
  }

  static std::vector<double> mean_of(const onnx::Node& node, const std::vector<double>& row) {
    for (const onnx::Attribute& a : node.attribute())
      if (a.name() + "=" + text_of(a) != "axes=[1]" && a.name() + "=" + text_of(a) != "keepdims=1")
        throw std::runtime_error(node.name() + ": this reader only knows the mean over a row");
    return {std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size())};
  }

  /// Applies an element-wise operator as ONNX opset 13 specifies it.
  static double operate(const onnx::Node& node, const std::vector<double>& in) {
    const double x = in[0], y = in.size() > 1 ? in[1] : 0;
    const std::map<std::string, std::function<double()>> operators = {
        {"Identity", [&] { return x; }},
        {"BatchNormalization", [&] { return (x - in[3]) / std::sqrt(in[4] + attribute(node, "epsilon")) * y + in[2]; }},
        {"PRelu", [&] { return x < 0 ? y * x : x; }},
        {"Add", [&] { return x + y; }},
        {"Sub", [&] { return x - y; }},
        {"Mul", [&] { return x * y; }},
        {"Div", [&] { return x / y; }},
        {"Neg", [&] { return -x; }},
        {"Abs", [&] { return std::abs(x); }},
        {"Sqrt", [&] { return std::sqrt(x); }},
        {"Log", [&] { return std::log(x); }},
        {"Exp", [&] { return std::exp(x); }},
        {"Erf", [&] { return std::erf(x); }},
        {"Sin", [&] { return std::sin(x); }},
        {"Cos", [&] { return std::cos(x); }},
        {"Tanh", [&] { return std::tanh(x); }},
        {"Sigmoid", [&] { return 1 / (1 + std::exp(-x)); }},
        {"Softplus", [&] { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }},
        {"Softsign", [&] { return x / (1 + std::abs(x)); }},
        {"Relu", [&] { return std::max(x, 0.0); }},
        {"LeakyRelu", [&] { return x < 0 ? attribute(node, "alpha") * x : x; }},
        {"Elu", [&] { return x < 0 ? attribute(node, "alpha") * std::expm1(x) : x; }},
        {"Celu", [&] { return x < 0 ? attribute(node, "alpha") * std::expm1(x / attribute(node, "alpha")) : x; }},
        {"Selu", [&] { return 1.05070102214813232421875 * (x > 0 ? x : 1.67326319217681884765625 * std::expm1(x)); }},
        {"HardSigmoid", [&] { return std::clamp(attribute(node, "alpha") * x + attribute(node, "beta"), 0.0, 1.0); }},
        {"Max", [&] { return std::max(x, y); }},
        {"Min", [&] { return std::min(x, y); }},
        {"Clip", [&] { return std::clamp(x, y, in[2]); }},
        {"Less", [&] { return x < y ? 1 : 0; }},
        {"LessOrEqual", [&] { return x <= y ? 1 : 0; }},
        {"Equal", [&] { return x == y ? 1 : 0; }},
        {"And", [&] { return x * y; }},
        {"Or", [&] { return std::max(x, y); }},
        {"Not", [&] { return 1 - x; }},
        {"Where", [&] { return x != 0 ? y : in[2]; }},
    };
    return operators.at(node.op_type())();
  }

  std::map<std::string, onnx::Node> nodes_;
  std::map<std::string, onnx::Tensor> tensors_;
};

}  // namespace gradflow

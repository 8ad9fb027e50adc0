#include <gradflow/io/onnx.hpp>

#include <stdexcept>

#if defined(GRADFLOW_PROTOBUF)

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradflow/io/onnx.pb.h>
#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/formula_value.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {
namespace {

constexpr int ir_version = 7, opset = 13;

/// Rounds a number to float. Throws ValueError if the number is too large for float. If keeps_digits is true, also
/// throws ValueError if the number is so small that float would lose digits.
float as_float(double number, const std::string& where, bool keeps_digits = false) {
  const auto rounded = static_cast<float>(number);
  const bool too_large = std::isfinite(number) && !std::isfinite(rounded);
  const bool too_small = keeps_digits && number != 0 && std::abs(rounded) < std::numeric_limits<float>::min();
  if (too_large || too_small)
    throw ValueError(
        {"save_onnx", where, text(number), "a number that fits into float", "ONNX files are written in float"});
  return rounded;
}

/// Builds the graph. Each value has a name that begins with its part of the network: "layer0.Gemm".
class Graph {
 public:
  explicit Graph(onnx::Graph& graph) : graph_(graph) { graph_.set_name("gradflow"); }

  void begin(std::string part) { part_ = std::move(part); }

  std::string node(const std::string& type, const std::vector<std::string>& inputs,
                   const std::vector<Setting>& attributes = {}) {
    onnx::Node& node = *graph_.add_node();
    const int same = ++count_[part_ + "." + type];
    node.set_name(part_ + "." + type + (same > 1 ? std::to_string(same) : ""));
    node.set_op_type(type);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(node.name());
    for (const Setting& setting : attributes) {
      onnx::Attribute& attribute = *node.add_attribute();
      attribute.set_name(setting.name);
      attribute.set_type(onnx::Attribute::FLOAT);
      attribute.set_f(as_float(setting.value, node.name() + ": " + setting.name));
    }
    return node.name();
  }

  /// Renames the output of the last node. Other nodes must not use this output yet. Returns the new name.
  std::string call_last(const std::string& name) {
    graph_.mutable_node()->rbegin()->set_output(0, name);
    return name;
  }

  template <class Number>
  std::string tensor(const std::string& name, const std::vector<std::size_t>& shape, std::span<const Number> numbers) {
    constexpr bool truths = std::same_as<Number, std::uint8_t>;
    onnx::Tensor& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(truths ? onnx::Tensor::BOOL : onnx::Tensor::FLOAT);
    for (const std::size_t size : shape) tensor.add_dims(static_cast<std::int64_t>(size));
    tensor.set_raw_data(numbers.data(), numbers.size_bytes());
    return name;
  }

  /// Adds a scalar constant, which ONNX applies to all elements of a tensor. Returns its name. Equal constants are
  /// added once.
  std::string constant(double number) {
    const float rounded = as_float(number, part_);
    const auto [found, is_new] = constants_.try_emplace(rounded, text(number));
    if (is_new) tensor<float>(found->second, {}, std::span(&rounded, 1));
    return found->second;
  }

  void input(const std::string& name, std::size_t width) { describe(*graph_.add_input(), name, width); }
  void output(const std::string& name, std::size_t width) { describe(*graph_.add_output(), name, width); }

 private:
  static void describe(onnx::Value& value, const std::string& name, std::size_t width) {
    value.set_name(name);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::Tensor::FLOAT);
    type.mutable_shape()->add_dim()->set_dim_param("batch");
    type.mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(width));
  }

  onnx::Graph& graph_;
  std::string part_;
  std::map<std::string, int> count_;
  std::map<float, std::string> constants_;
};

/// A value of the graph, known by its name, or a number. Each operation adds a node to the graph and returns the node's
/// output, so that a formula computed with Values becomes a part of the graph.
struct Value {
  struct Mask;

  Graph* graph = nullptr;  // null: a number
  std::string name = {};
  double number = 0;

  Value(Graph* g, std::string n) : graph(g), name(std::move(n)) {}
  Value(double x) : number(x) {}

  Value apply(const std::string& type, const std::vector<Setting>& attributes = {}) const {
    return {graph, graph->node(type, {name}, attributes)};
  }
  Value with(const std::string& type, const std::string& other) const {
    return {graph, graph->node(type, {name, other})};
  }
  Value at_least(double low) const { return with("Max", graph->constant(low)); }
};

/// Adds a node for an operation. At least one operand must be a value of the graph.
Value node_of(const std::string& type, const std::vector<Value>& operands) {
  Graph* const graph = std::ranges::find_if(operands, [](const Value& v) { return v.graph != nullptr; })->graph;
  std::vector<std::string> names;
  for (const Value& v : operands) names.push_back(v.graph ? v.name : graph->constant(v.number));
  return {graph, graph->node(type, names)};
}

/// A value of the graph that is true or false.
struct Value::Mask {
  Value truth;
  friend Mask operator&(const Mask& a, const Mask& b) { return {node_of("And", {a.truth, b.truth})}; }
  friend Mask operator|(const Mask& a, const Mask& b) { return {node_of("Or", {a.truth, b.truth})}; }
  friend Mask operator!(const Mask& a) { return {a.truth.apply("Not")}; }
};

Value operator+(const Value& a, const Value& b) { return node_of("Add", {a, b}); }
Value operator-(const Value& a, const Value& b) { return node_of("Sub", {a, b}); }
Value operator*(const Value& a, const Value& b) { return node_of("Mul", {a, b}); }
Value operator/(const Value& a, const Value& b) { return node_of("Div", {a, b}); }
Value operator-(const Value& a) { return a.apply("Neg"); }
Value::Mask operator<(const Value& a, const Value& b) { return {node_of("Less", {a, b})}; }
Value::Mask operator<=(const Value& a, const Value& b) { return {node_of("LessOrEqual", {a, b})}; }
Value::Mask operator>(const Value& a, const Value& b) { return b < a; }
Value::Mask operator>=(const Value& a, const Value& b) { return b <= a; }
Value::Mask operator==(const Value& a, const Value& b) { return {node_of("Equal", {a, b})}; }
Value::Mask operator!=(const Value& a, const Value& b) { return !(a == b); }
Value select(const Value::Mask& mask, const Value& a, const Value& b) { return node_of("Where", {mask.truth, a, b}); }
Value max(const Value& a, const Value& b) { return node_of("Max", {a, b}); }
Value min(const Value& a, const Value& b) { return node_of("Min", {a, b}); }
Value clamp(const Value& a, double low, double high) { return node_of("Clip", {a, low, high}); }
Value abs(const Value& a) { return a.apply("Abs"); }
Value sqrt(const Value& a) { return a.apply("Sqrt"); }
Value exp(const Value& a) { return a.apply("Exp"); }
Value expm1(const Value& a) { return exp(a) - 1; }
Value log(const Value& a) { return a.apply("Log"); }
Value log1p(const Value& a) { return log(1 + a); }
Value sin(const Value& a) { return a.apply("Sin"); }
Value cos(const Value& a) { return a.apply("Cos"); }
Value erfc(const Value& a) { return 1 - a.apply("Erf"); }
Value sigmoid(const Value& a) { return a.apply("Sigmoid"); }
Value tanh(const Value& a) { return a.apply("Tanh"); }
Value softplus(const Value& a) { return a.apply("Softplus"); }

/// Returns z * gate, for a gate between 0 and 1. Uses -30 in place of a smaller z: for such a z the product is 0 to 10
/// decimal places anyway, and z = -inf would give -inf * 0 = NaN.
Value gated(const Value& z, const Value& gate) { return z.at_least(-30) * gate; }

Value form(const Identity&, const Value& z) { return z; }
Value form(const Sigmoid&, const Value& z) { return z.apply("Sigmoid"); }
Value form(const Tanh&, const Value& z) { return z.apply("Tanh"); }
Value form(const Relu&, const Value& z) { return z.apply("Relu"); }
Value form(const LeakyRelu& a, const Value& z) { return z.apply("LeakyRelu", {{"alpha", a.slope}}); }
Value form(const Elu& a, const Value& z) { return z.apply("Elu", {{"alpha", a.alpha}}); }
Value form(const Selu&, const Value& z) { return z.apply("Selu"); }
Value form(const Celu& a, const Value& z) { return z.apply("Celu", {{"alpha", a.alpha}}); }
Value form(const Gelu&, const Value& z) { return gated(z, ((z * std::sqrt(0.5)).apply("Erf") + 1) * 0.5); }
Value form(const GeluTanh&, const Value& z) {
  constexpr double c = 1.5957691216057308;  // 2 sqrt(2 / pi), the same constant as in GeluTanh
  return gated(z, ((z * z * (c * 0.044715) + c) * z).apply("Sigmoid"));
}
Value form(const Silu&, const Value& z) { return gated(z, z.apply("Sigmoid")); }
Value form(const Mish&, const Value& z) { return gated(z, z.apply("Softplus").apply("Tanh")); }
Value form(const Softplus&, const Value& z) { return z.apply("Softplus"); }
Value form(const Softsign&, const Value& z) { return clamp(z, -1e30, 1e30).apply("Softsign"); }  // avoids inf / inf
Value form(const HardSigmoid&, const Value& z) { return z.apply("HardSigmoid", {{"alpha", 1.0 / 6}, {"beta", 0.5}}); }
Value form(const HardTanh&, const Value& z) { return clamp(z, -1, 1); }
Value form(const Relu6&, const Value& z) { return clamp(z, 0, 6); }
Value form(const LecunTanh&, const Value& z) { return (z * (2.0 / 3)).apply("Tanh") * 1.7159; }
Value form(const Sine&, const Value& z) { return z.apply("Sin"); }
Value form(const Gaussian&, const Value& z) { return (z * z).apply("Neg").apply("Exp"); }

Value form(const Formula& a, const Value& z) {
  const Value result = detail::formula_value(a.tree(), z);
  return result.graph ? result : select(z == z, result, result);  // a formula without z: its value for each sample
}

/// Returns whether the layer is a dense layer with an activation of the library. Compares types, because a user's own
/// activation may have the same name as an activation of the library.
template <class T>
bool is_of_the_library(const Layer<T>& layer) {
  if (!dynamic_cast<const DenseLayer<T>*>(&layer)) return false;
  try {
    const LayerPtr<T> ours = dense<T>(layer.activation()->name, 1, 1);
    return typeid(*ours) == typeid(layer);
  } catch (const std::invalid_argument&) {  // no such name, or no such parameter
    return false;
  }
}

/// Adds the nodes of a library activation. Returns their value; empty if the activation has no ONNX form.
std::optional<Value> activated(const std::string& activation, const Value& z) {
  return activation_by_name<std::optional<Value>>(Activations{}, activation,
                                                  [&]<class A>(const A& a) -> std::optional<Value> {
                                                    if constexpr (requires { form(a, z); }) return form(a, z);
                                                    return std::nullopt;
                                                  });
}

template <class T>
std::vector<float> to_floats(std::span<const T> numbers, const std::string& where) {
  std::vector<float> floats;
  for (const T number : numbers) floats.push_back(as_float(static_cast<double>(number), where));
  return floats;
}

template <class T>
Value add_layer(Graph& graph, const Network<T>& network, std::size_t index, const Value& x) {
  const std::string part = "layer" + std::to_string(index);
  graph.begin(part);
  std::vector<std::string> inputs{x.name};
  std::optional<Value> a;
  if (is_of_the_library(network.layer(index))) {
    for (const PlacedBlock& placed : network.blocks()) {
      if (placed.layer != index) continue;
      const auto& [name, offset, rows, columns] = placed.block;
      const std::string called = part + "." + std::string(name);
      const std::vector<float> numbers = to_floats(network.parameters(placed), called);
      const bool is_row = name == "bias";
      inputs.push_back(
          graph.tensor<float>(called, is_row ? std::vector{columns} : std::vector{rows, columns}, numbers));
    }
    a = activated(network.layer(index).activation()->name, {&graph, graph.node("Gemm", inputs)});
  }
  if (!a)
    throw ValueError({"save_onnx",
                      network.layer_name(index),
                      "a layer without an ONNX form",
                      "a dense layer with an activation of the library",
                      {}});
  return {&graph, graph.call_last(part + ".a")};
}

void check_width(const Scaling& scaling, const char* what, std::size_t expected) {
  if (scaling.scale().size() == expected) return;
  throw ShapeError({"save_onnx",
                    what,
                    std::to_string(scaling.scale().size()) + " columns",
                    std::to_string(expected) + ", as in the network",
                    {}});
}

/// Returns (x - shift) / scale, and 0 in columns with scale 0. Subtracts the shift in two parts: in a column far from
/// 0, the error of a shift rounded to float would be visible in the result.
Value scaled(Graph& graph, const Scaling& scaling, Value x) {
  const std::size_t width = scaling.shift().size();
  std::vector<float> high(width), low(width), scale(width);
  std::vector<std::uint8_t> constant(width);
  for (std::size_t j = 0; j < width; ++j) {
    const std::string where = "features: column " + std::to_string(j);
    constant[j] = scaling.scale()[j] == 0;
    high[j] = as_float(scaling.shift()[j], where);
    low[j] = as_float(scaling.shift()[j] - static_cast<double>(high[j]), where);
    scale[j] = constant[j] ? 1 : as_float(scaling.scale()[j], where, true);
  }
  const auto any = [](const auto& numbers) { return std::ranges::any_of(numbers, [](auto n) { return n != 0; }); };
  graph.begin("features");
  x = x.with("Sub", graph.tensor<float>("features.shift", {width}, high));
  if (any(low)) x = x.with("Sub", graph.tensor<float>("features.shift_rest", {width}, low));
  x = x.with("Div", graph.tensor<float>("features.scale", {width}, scale));
  if (!any(constant)) return x;
  const std::string is_constant = graph.tensor<std::uint8_t>("features.constant", {width}, constant);
  return {&graph, graph.node("Where", {is_constant, graph.constant(0), x.name})};
}

Value reverted(Graph& graph, const Scaling& scaling, const Value& y) {
  graph.begin("targets");
  const auto scale = to_floats<double>(scaling.scale(), "targets: scale"),
             shift = to_floats<double>(scaling.shift(), "targets: shift");
  return y.with("Mul", graph.tensor<float>("targets.scale", {scale.size()}, scale))
      .with("Add", graph.tensor<float>("targets.shift", {shift.size()}, shift));
}

void add_text(onnx::Model& model, const std::string& key, const std::string& value) {
  onnx::Text& text = *model.add_metadata_props();
  text.set_key(key);
  text.set_value(value);
}

void add_names(onnx::Model& model, const std::string& key, const std::vector<std::string>& names) {
  if (!names.empty()) add_text(model, key, nlohmann::json(names).dump());
}

void add_info(onnx::Model& model, const ModelInfo& info, std::size_t outputs) {
  try {
    (void)nlohmann::json(info.loss).dump();  // throws if the text is not UTF-8
    if (!info.loss.empty()) add_text(model, "loss", info.loss);
    add_names(model, "feature_names", info.feature_names);
    add_names(model, "class_names", info.class_names);
    add_names(model, "label_names", info.label_names);
    add_text(model, "reads", std::string(name(reading_of(info, outputs))));
  } catch (const nlohmann::json::type_error&) {
    throw ValueError({"save_onnx", "loss and names", "bytes that are not UTF-8", "UTF-8", {}});
  }
}

/// Adds the nodes from the input "x" to the network's output. Returns the output, in the unit of the targets.
template <class T>
Value add_network(Graph& graph, const Network<T>& network, const ModelInfo& info) {
  graph.input("x", network.inputs());
  Value value{&graph, "x"};
  if (info.features) {
    check_width(*info.features, "features", network.inputs());
    value = scaled(graph, *info.features, value);
  }
  for (std::size_t i = 0; i < network.size(); ++i) value = add_layer(graph, network, i, value);
  if (info.targets) {
    check_width(*info.targets, "targets", network.outputs());
    value = reverted(graph, *info.targets, value);
  }
  return value;
}

/// Makes the last computed value the output of the graph, after Softmax or Sigmoid if probabilities are wanted.
void add_output(Graph& graph, const Value& y, std::size_t width, const ModelInfo& info, const OnnxOptions& options) {
  const Reading reading = reading_of(info, width);
  const bool logits = reading != Reading::values;
  if (logits && info.targets)
    throw ValueError(
        {"save_onnx", "targets", "a scaling", "none, because the outputs are " + std::string(name(reading)), {}});
  graph.begin("output");
  if (logits && options.probabilities) y.apply(reading == Reading::class_logits ? "Softmax" : "Sigmoid");
  const char* const output = !logits ? "y" : options.probabilities ? "probabilities" : "logits";
  graph.output(graph.call_last(output), width);
}

}  // namespace

bool can_write_onnx() { return true; }

template <class T>
void save_onnx(const std::string& path, const Network<T>& network, const ModelInfo& info, const OnnxOptions& options) {
  onnx::Model model;
  model.set_ir_version(ir_version);
  model.set_producer_name("gradflow");
  model.set_producer_version(GRADFLOW_VERSION);
  model.add_opset_import()->set_version(opset);
  add_info(model, info, network.outputs());
  Graph graph(*model.mutable_graph());
  add_output(graph, add_network(graph, network, info), network.outputs(), info, options);

  constexpr std::size_t most = std::numeric_limits<int>::max();
  if (model.ByteSizeLong() > most)
    throw ValueError({"save_onnx",
                      "bytes",
                      std::to_string(model.ByteSizeLong()),
                      "at most " + std::to_string(most) + ", the limit of protobuf for one file",
                      {}});
  write_file(path, model.SerializeAsString());
}

#else

namespace gradflow {

bool can_write_onnx() { return false; }

template <class T>
void save_onnx(const std::string&, const Network<T>&, const ModelInfo&, const OnnxOptions&) {
  throw std::runtime_error(
      "save_onnx: this build has no protobuf; apt-get install protobuf-compiler libprotobuf-dev, and configure the "
      "build again");
}

#endif

template void save_onnx(const std::string&, const Network<float>&, const ModelInfo&, const OnnxOptions&);
template void save_onnx(const std::string&, const Network<double>&, const ModelInfo&, const OnnxOptions&);

}  // namespace gradflow

#pragma once
// The graph of an ONNX file, and values of the graph that can be computed with: a formula computed with OnnxValues
// becomes a part of the graph. Used by onnx.cpp and onnx_layers.cpp.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gradflow::onnx {
class Graph;  // generated from onnx.proto
}

namespace gradflow::detail {

/// An attribute of an ONNX operator: {"alpha", 0.2}, {"axes", std::vector<std::int64_t>{1}}
struct OnnxAttribute {
  std::string name;
  std::variant<double, std::int64_t, std::vector<std::int64_t>> value;
};

/// Rounds a number to float. Throws ValueError if the number is too large for float. If keeps_digits is true, also
/// throws ValueError if the number is so small that float would lose digits.
float as_float(double number, const std::string& where, bool keeps_digits = false);

/// Builds the graph. Each value has a name that begins with its part of the network: "layer0.Gemm".
class OnnxGraph {
 public:
  /// Keeps a reference to the message.
  explicit OnnxGraph(onnx::Graph& graph);

  void begin(std::string part) { part_ = std::move(part); }
  /// Adds a node and returns the name of its output.
  std::string node(const std::string& type, const std::vector<std::string>& inputs,
                   const std::vector<OnnxAttribute>& attributes = {});
  /// Renames the output of the last node. Other nodes must not use this output yet. Returns the new name.
  std::string call_last(const std::string& name);
  /// Adds numbers that belong to the file. Returns their name.
  std::string tensor(const std::string& name, const std::vector<std::size_t>& shape, std::span<const float> numbers);
  /// The same for numbers that are 0 (false) or 1 (true).
  std::string truths(const std::string& name, const std::vector<std::size_t>& shape,
                     std::span<const std::uint8_t> numbers);
  /// Adds a scalar constant, which ONNX applies to all elements of a tensor. Returns its name. Equal constants are
  /// added once.
  std::string constant(double number);
  void input(const std::string& name, std::size_t width);
  void output(const std::string& name, std::size_t width);

 private:
  onnx::Graph& graph_;
  std::string part_;
  std::map<std::string, int> count_;
  std::map<float, std::string> constants_;
};

/// A value of the graph, known by its name, or a number. Each operation adds a node to the graph and returns the node's
/// output, so that a formula computed with Values becomes a part of the graph.
struct OnnxValue {
  struct Mask;

  OnnxGraph* graph = nullptr;  // null: a number
  std::string name = {};
  double number = 0;

  OnnxValue(OnnxGraph* g, std::string n) : graph(g), name(std::move(n)) {}
  OnnxValue(double x) : number(x) {}

  OnnxValue apply(const std::string& type, const std::vector<OnnxAttribute>& attributes = {}) const {
    return {graph, graph->node(type, {name}, attributes)};
  }
  OnnxValue with(const std::string& type, const std::string& other) const {
    return {graph, graph->node(type, {name, other})};
  }
  OnnxValue at_least(double low) const { return with("Max", graph->constant(low)); }
};

/// Adds a node for an operation. At least one operand must be a value of the graph.
inline OnnxValue node_of(const std::string& type, const std::vector<OnnxValue>& operands) {
  OnnxGraph* const graph = std::ranges::find_if(operands, [](const OnnxValue& v) { return v.graph != nullptr; })->graph;
  std::vector<std::string> names;
  for (const OnnxValue& v : operands) names.push_back(v.graph ? v.name : graph->constant(v.number));
  return {graph, graph->node(type, names)};
}

/// A value of the graph that is true or false.
struct OnnxValue::Mask {
  OnnxValue truth;
  friend Mask operator&(const Mask& a, const Mask& b) { return {node_of("And", {a.truth, b.truth})}; }
  friend Mask operator|(const Mask& a, const Mask& b) { return {node_of("Or", {a.truth, b.truth})}; }
  friend Mask operator!(const Mask& a) { return {a.truth.apply("Not")}; }
};

inline OnnxValue operator+(const OnnxValue& a, const OnnxValue& b) { return node_of("Add", {a, b}); }
inline OnnxValue operator-(const OnnxValue& a, const OnnxValue& b) { return node_of("Sub", {a, b}); }
inline OnnxValue operator*(const OnnxValue& a, const OnnxValue& b) { return node_of("Mul", {a, b}); }
inline OnnxValue operator/(const OnnxValue& a, const OnnxValue& b) { return node_of("Div", {a, b}); }
inline OnnxValue operator-(const OnnxValue& a) { return a.apply("Neg"); }
inline OnnxValue::Mask operator<(const OnnxValue& a, const OnnxValue& b) { return {node_of("Less", {a, b})}; }
inline OnnxValue::Mask operator<=(const OnnxValue& a, const OnnxValue& b) { return {node_of("LessOrEqual", {a, b})}; }
inline OnnxValue::Mask operator>(const OnnxValue& a, const OnnxValue& b) { return b < a; }
inline OnnxValue::Mask operator>=(const OnnxValue& a, const OnnxValue& b) { return b <= a; }
inline OnnxValue::Mask operator==(const OnnxValue& a, const OnnxValue& b) { return {node_of("Equal", {a, b})}; }
inline OnnxValue::Mask operator!=(const OnnxValue& a, const OnnxValue& b) { return !(a == b); }
inline OnnxValue select(const OnnxValue::Mask& mask, const OnnxValue& a, const OnnxValue& b) {
  return node_of("Where", {mask.truth, a, b});
}
inline OnnxValue max(const OnnxValue& a, const OnnxValue& b) { return node_of("Max", {a, b}); }
inline OnnxValue min(const OnnxValue& a, const OnnxValue& b) { return node_of("Min", {a, b}); }
inline OnnxValue clamp(const OnnxValue& a, double low, double high) { return node_of("Clip", {a, low, high}); }
inline OnnxValue abs(const OnnxValue& a) { return a.apply("Abs"); }
inline OnnxValue sqrt(const OnnxValue& a) { return a.apply("Sqrt"); }
inline OnnxValue exp(const OnnxValue& a) { return a.apply("Exp"); }
inline OnnxValue expm1(const OnnxValue& a) { return exp(a) - 1; }
inline OnnxValue log(const OnnxValue& a) { return a.apply("Log"); }
inline OnnxValue log1p(const OnnxValue& a) { return log(1 + a); }
inline OnnxValue sin(const OnnxValue& a) { return a.apply("Sin"); }
inline OnnxValue cos(const OnnxValue& a) { return a.apply("Cos"); }
inline OnnxValue erfc(const OnnxValue& a) { return 1 - a.apply("Erf"); }
inline OnnxValue sigmoid(const OnnxValue& a) { return a.apply("Sigmoid"); }
inline OnnxValue tanh(const OnnxValue& a) { return a.apply("Tanh"); }
inline OnnxValue softplus(const OnnxValue& a) { return a.apply("Softplus"); }

template <class T>
std::vector<float> to_floats(std::span<const T> numbers, const std::string& where) {
  std::vector<float> floats;
  for (const T number : numbers) floats.push_back(as_float(static_cast<double>(number), where));
  return floats;
}

}  // namespace gradflow::detail

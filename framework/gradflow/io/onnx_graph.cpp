#include <gradflow/io/onnx_graph.hpp>

#include <cmath>
#include <limits>

#include <gradflow/base/errors.hpp>

#if defined(GRADFLOW_PROTOBUF)
#include <gradflow/io/onnx.pb.h>
#endif

namespace gradflow::detail {

float as_float(double number, const std::string& where, bool keeps_digits) {
  const auto rounded = static_cast<float>(number);
  const bool too_large = std::isfinite(number) && !std::isfinite(rounded);
  const bool too_small = keeps_digits && number != 0 && std::abs(rounded) < std::numeric_limits<float>::min();
  if (too_large || too_small)
    throw ValueError(
        {"save_onnx", where, text(number), "a number that fits into float", "ONNX files are written in float"});
  return rounded;
}

#if defined(GRADFLOW_PROTOBUF)

namespace {

void set(onnx::Attribute& attribute, double number, const std::string& where) {
  attribute.set_type(onnx::Attribute::FLOAT);
  attribute.set_f(as_float(number, where));
}
void set(onnx::Attribute& attribute, std::int64_t number, const std::string&) {
  attribute.set_type(onnx::Attribute::INT);
  attribute.set_i(number);
}
void set(onnx::Attribute& attribute, const std::vector<std::int64_t>& numbers, const std::string&) {
  attribute.set_type(onnx::Attribute::INTS);
  for (const std::int64_t number : numbers) attribute.add_ints(number);
}

template <class Number>
std::string add_tensor(onnx::Graph& graph, onnx::Tensor::Type type, const std::string& name,
                       const std::vector<std::size_t>& shape, std::span<const Number> numbers) {
  onnx::Tensor& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::size_t size : shape) tensor.add_dims(static_cast<std::int64_t>(size));
  tensor.set_raw_data(numbers.data(), numbers.size_bytes());
  return name;
}

void describe(onnx::Value& value, const std::string& name, std::size_t width) {
  value.set_name(name);
  auto& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::Tensor::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("batch");
  type.mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(width));
}

}  // namespace

OnnxGraph::OnnxGraph(onnx::Graph& graph) : graph_(graph) { graph_.set_name("gradflow"); }

std::string OnnxGraph::node(const std::string& type, const std::vector<std::string>& inputs,
                            const std::vector<OnnxAttribute>& attributes) {
  onnx::Node& node = *graph_.add_node();
  const int same = ++count_[part_ + "." + type];
  node.set_name(part_ + "." + type + (same > 1 ? std::to_string(same) : ""));
  node.set_op_type(type);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(node.name());
  for (const OnnxAttribute& given : attributes) {
    onnx::Attribute& attribute = *node.add_attribute();
    attribute.set_name(given.name);
    std::visit([&](const auto& value) { set(attribute, value, node.name() + ": " + given.name); }, given.value);
  }
  return node.name();
}

std::string OnnxGraph::call_last(const std::string& name) {
  graph_.mutable_node()->rbegin()->set_output(0, name);
  return name;
}

std::string OnnxGraph::tensor(const std::string& name, const std::vector<std::size_t>& shape,
                              std::span<const float> numbers) {
  return add_tensor(graph_, onnx::Tensor::FLOAT, name, shape, numbers);
}

std::string OnnxGraph::truths(const std::string& name, const std::vector<std::size_t>& shape,
                              std::span<const std::uint8_t> numbers) {
  return add_tensor(graph_, onnx::Tensor::BOOL, name, shape, numbers);
}

std::string OnnxGraph::constant(double number) {
  const float rounded = as_float(number, part_);
  const auto [found, is_new] = constants_.try_emplace(rounded, text(number));
  if (is_new) tensor(found->second, {}, std::span(&rounded, 1));
  return found->second;
}

void OnnxGraph::input(const std::string& name, std::size_t width) { describe(*graph_.add_input(), name, width); }
void OnnxGraph::output(const std::string& name, std::size_t width) { describe(*graph_.add_output(), name, width); }

#endif

}  // namespace gradflow::detail

#include <gradflow/io/onnx.hpp>

#include <stdexcept>

#if defined(GRADFLOW_PROTOBUF)

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradflow/io/onnx.pb.h>
#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/io/onnx_layers.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {
namespace {

using detail::as_float, detail::OnnxGraph, detail::OnnxValue, detail::to_floats;

constexpr int ir_version = 7, opset = 13;

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
OnnxValue scaled(OnnxGraph& graph, const Scaling& scaling, OnnxValue x) {
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
  x = x.with("Sub", graph.tensor("features.shift", {width}, high));
  if (any(low)) x = x.with("Sub", graph.tensor("features.shift_rest", {width}, low));
  x = x.with("Div", graph.tensor("features.scale", {width}, scale));
  if (!any(constant)) return x;
  const std::string is_constant = graph.truths("features.constant", {width}, constant);
  return {&graph, graph.node("Where", {is_constant, graph.constant(0), x.name})};
}

OnnxValue reverted(OnnxGraph& graph, const Scaling& scaling, const OnnxValue& y) {
  graph.begin("targets");
  const auto scale = to_floats<double>(scaling.scale(), "targets: scale"),
             shift = to_floats<double>(scaling.shift(), "targets: shift");
  return y.with("Mul", graph.tensor("targets.scale", {scale.size()}, scale))
      .with("Add", graph.tensor("targets.shift", {shift.size()}, shift));
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
OnnxValue add_network(OnnxGraph& graph, const Network<T>& network, const ModelInfo& info) {
  graph.input("x", network.inputs());
  OnnxValue value{&graph, "x"};
  if (info.features) {
    check_width(*info.features, "features", network.inputs());
    value = scaled(graph, *info.features, value);
  }
  std::vector<OnnxValue> inputs;
  for (std::size_t i = 0; i < network.size(); ++i) {
    inputs.push_back(value);
    value = add_layer(graph, network, i, inputs);
  }
  if (info.targets) {
    check_width(*info.targets, "targets", network.outputs());
    value = reverted(graph, *info.targets, value);
  }
  return value;
}

/// Makes the last computed value the output of the graph, after Softmax or Sigmoid if probabilities are wanted.
void add_output(OnnxGraph& graph, const OnnxValue& y, std::size_t width, const ModelInfo& info,
                const OnnxOptions& options) {
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
  OnnxGraph graph(*model.mutable_graph());
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

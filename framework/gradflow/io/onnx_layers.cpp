#include <gradflow/io/onnx_layers.hpp>

#if defined(GRADFLOW_PROTOBUF)

#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/formula.hpp>
#include <gradflow/nn/formula_value.hpp>
#include <gradflow/nn/layer_kinds.hpp>

namespace gradflow::detail {
namespace {

/// Returns z * gate, for a gate between 0 and 1. Uses -30 in place of a smaller z: for such a z the product is 0 to 10
/// decimal places anyway, and z = -inf would give -inf * 0 = NaN.
OnnxValue gated(const OnnxValue& z, const OnnxValue& gate) { return z.at_least(-30) * gate; }

OnnxValue form(const Identity&, const OnnxValue& z) { return z; }
OnnxValue form(const Sigmoid&, const OnnxValue& z) { return z.apply("Sigmoid"); }
OnnxValue form(const Tanh&, const OnnxValue& z) { return z.apply("Tanh"); }
OnnxValue form(const Relu&, const OnnxValue& z) { return z.apply("Relu"); }
OnnxValue form(const LeakyRelu& a, const OnnxValue& z) { return z.apply("LeakyRelu", {{"alpha", a.slope}}); }
OnnxValue form(const Elu& a, const OnnxValue& z) { return z.apply("Elu", {{"alpha", a.alpha}}); }
OnnxValue form(const Selu&, const OnnxValue& z) { return z.apply("Selu"); }
OnnxValue form(const Celu& a, const OnnxValue& z) { return z.apply("Celu", {{"alpha", a.alpha}}); }
OnnxValue form(const Gelu&, const OnnxValue& z) { return gated(z, ((z * std::sqrt(0.5)).apply("Erf") + 1) * 0.5); }
OnnxValue form(const GeluTanh&, const OnnxValue& z) {
  constexpr double c = 1.5957691216057308;  // 2 sqrt(2 / pi), the same constant as in GeluTanh
  return gated(z, ((z * z * (c * 0.044715) + c) * z).apply("Sigmoid"));
}
OnnxValue form(const Silu&, const OnnxValue& z) { return gated(z, z.apply("Sigmoid")); }
OnnxValue form(const Mish&, const OnnxValue& z) { return gated(z, z.apply("Softplus").apply("Tanh")); }
OnnxValue form(const Softplus&, const OnnxValue& z) { return z.apply("Softplus"); }
OnnxValue form(const Softsign&, const OnnxValue& z) {
  return clamp(z, -1e30, 1e30).apply("Softsign");
}  // avoids inf / inf
OnnxValue form(const HardSigmoid&, const OnnxValue& z) {
  return z.apply("HardSigmoid", {{"alpha", 1.0 / 6}, {"beta", 0.5}});
}
OnnxValue form(const HardTanh&, const OnnxValue& z) { return clamp(z, -1, 1); }
OnnxValue form(const Relu6&, const OnnxValue& z) { return clamp(z, 0, 6); }
OnnxValue form(const LecunTanh&, const OnnxValue& z) { return (z * (2.0 / 3)).apply("Tanh") * 1.7159; }
OnnxValue form(const Sine&, const OnnxValue& z) { return z.apply("Sin"); }
OnnxValue form(const Gaussian&, const OnnxValue& z) { return (z * z).apply("Neg").apply("Exp"); }

OnnxValue form(const Formula& a, const OnnxValue& z) {
  const OnnxValue result = formula_value(a.tree(), z);
  return result.graph ? result : select(z == z, result, result);  // a formula without z: its value for each sample
}

/// Returns whether make_layer() makes layers of this type. Compares types, because an activation or a layer of a user
/// may have the same name as one of the library.
template <class T>
bool is_made_by_kind(const Layer<T>& layer, const LayerPlan& plan) {
  if (plan.kind.empty()) return false;
  try {
    const LayerPtr<T> made = make_layer<T>(plan);
    return made && typeid(*made) == typeid(layer);
  } catch (const std::invalid_argument&) {  // no such name, or no such parameter
    return false;
  }
}

/// Adds the nodes of a library activation. Returns their value; empty if the activation has no ONNX form.
std::optional<OnnxValue> activated(const std::string& activation, const OnnxValue& z) {
  return activation_by_name<std::optional<OnnxValue>>(Activations{}, activation,
                                                      [&]<class A>(const A& a) -> std::optional<OnnxValue> {
                                                        if constexpr (requires { form(a, z); }) return form(a, z);
                                                        return std::nullopt;
                                                      });
}

/// A layer that is being written: its plan, its blocks as tensors of the file, and its inputs.
struct LayerForm {
  OnnxGraph& graph;
  LayerPlan plan;
  std::map<std::string_view, std::string> blocks;
  OnnxValue x, earlier;

  OnnxValue block(std::string_view name) const { return {&graph, blocks.at(name)}; }
  std::optional<OnnxValue> activated(const OnnxValue& z) const { return detail::activated(plan.text("activation"), z); }
  OnnxValue mean(const OnnxValue& v) const {
    return v.apply("ReduceMean", {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{1}}});
  }
  /// Returns v / sqrt(mean of v^2 + eps) * gain.
  OnnxValue normalised(const OnnxValue& v) const { return v / sqrt(mean(v * v) + plan.number("eps")) * block("gain"); }
};

/// Adds the nodes of a layer of one of the library's kinds. Returns nothing if the layer has no ONNX form.
std::optional<OnnxValue> form(const LayerForm& layer) {
  const std::string& kind = layer.plan.kind;
  const OnnxValue& x = layer.x;
  if (kind == "dense") {
    std::vector<std::string> inputs{x.name, layer.blocks.at("weight")};
    if (layer.plan.flag("bias")) inputs.push_back(layer.blocks.at("bias"));
    return layer.activated({&layer.graph, layer.graph.node("Gemm", inputs)});
  }
  if (kind == "activate") return layer.activated(x);
  if (kind == "layer_norm") return layer.normalised(x - layer.mean(x)) + layer.block("bias");
  if (kind == "rms_norm") return layer.normalised(x);
  if (kind == "batch_norm") {
    std::vector<std::string> inputs{x.name};
    for (const char* const name : {"gain", "bias", "running_mean", "running_variance"})
      inputs.push_back(layer.blocks.at(name));
    return OnnxValue{&layer.graph,
                     layer.graph.node("BatchNormalization", inputs, {{"epsilon", layer.plan.number("eps")}})};
  }
  if (kind == "dropout") return x;
  if (kind == "prelu") return x.with("PRelu", layer.blocks.at("slope"));
  if (kind == "skip") {
    const OnnxValue sum = x + layer.earlier;
    const double scale = layer.plan.number("scale");
    return scale == 1 ? sum : sum * scale;
  }
  return std::nullopt;
}

/// Adds the parameters and the state of a layer to the file. Returns their names in the file.
template <class T>
std::map<std::string_view, std::string> add_blocks(OnnxGraph& graph, const Network<T>& network, std::size_t index) {
  std::map<std::string_view, std::string> names;
  for (const PlacedBlock& placed : network.value_blocks()) {
    if (placed.layer != index) continue;
    const auto& [name, offset, rows, columns] = placed.block;
    const std::string called = "layer" + std::to_string(index) + "." + std::string(name);
    const std::vector<float> numbers = to_floats(network.values().subspan(offset, rows * columns), called);
    names[name] = graph.tensor(called, name == "weight" ? std::vector{rows, columns} : std::vector{columns}, numbers);
  }
  return names;
}

}  // namespace

template <class T>
OnnxValue add_layer(OnnxGraph& graph, const Network<T>& network, std::size_t index,
                    const std::vector<OnnxValue>& inputs) {
  const std::string part = "layer" + std::to_string(index);
  const Layer<T>& layer = network.layer(index);
  const LayerPlan plan = plan_of(layer);
  graph.begin(part);
  std::optional<OnnxValue> a;
  if (is_made_by_kind(layer, plan))
    a = form({graph, plan, add_blocks(graph, network, index), inputs[index], inputs[index - layer.back()]});
  if (!a)
    throw ValueError({"save_onnx",
                      network.layer_name(index),
                      "a layer without an ONNX form",
                      "a layer of the library, with an activation of the library",
                      {}});
  if (a->name == inputs[index].name) a->apply("Identity");  // so that this layer, too, has a last node
  return {&graph, graph.call_last(part + ".a")};
}

template OnnxValue add_layer(OnnxGraph&, const Network<float>&, std::size_t, const std::vector<OnnxValue>&);
template OnnxValue add_layer(OnnxGraph&, const Network<double>&, std::size_t, const std::vector<OnnxValue>&);

}  // namespace gradflow::detail

#endif

#include <gradflow/nn/layer_kinds.hpp>

#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/nn/activate.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/dropout.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>

namespace gradflow {
namespace {

/// Returns the width of a layer whose outputs are as many as its inputs.
std::size_t width_of(const LayerPlan& plan) {
  if (plan.inputs != plan.outputs)
    throw ShapeError({plan.kind,
                      "outputs",
                      std::to_string(plan.outputs),
                      std::to_string(plan.inputs) + ", as many as the inputs",
                      {}});
  return plan.inputs;
}

template <class T>
struct Kind {
  std::string_view name;
  LayerPtr<T> (*make)(const LayerPlan&);
};

template <class T>
constexpr std::array<Kind<T>, 8> own_kinds = {{
    {"dense",
     [](const LayerPlan& p) { return dense<T>(p.text("activation"), p.inputs, p.outputs, {.bias = p.flag("bias")}); }},
    {"activate", [](const LayerPlan& p) { return activate<T>(p.text("activation"), width_of(p)); }},
    {"layer_norm", [](const LayerPlan& p) { return layer_norm<T>(width_of(p), {.eps = p.number("eps")}); }},
    {"rms_norm", [](const LayerPlan& p) { return rms_norm<T>(width_of(p), {.eps = p.number("eps")}); }},
    {"batch_norm",
     [](const LayerPlan& p) {
       return batch_norm<T>(width_of(p), {.eps = p.number("eps"), .momentum = p.number("momentum")});
     }},
    {"dropout", [](const LayerPlan& p) { return dropout<T>(width_of(p), p.number("rate")); }},
    {"prelu",
     [](const LayerPlan& p) {
       return prelu<T>(width_of(p), {.slope = p.number("slope"), .per_unit = p.flag("per_unit")});
     }},
    {"skip", [](const LayerPlan& p) { return skip<T>(width_of(p), p.count("back"), {.scale = p.number("scale")}); }},
}};

/// The kinds that register_layer() has added.
template <class T>
struct Registry {
  std::mutex mutex;
  std::map<std::string, LayerMaker<T>> makers;

  static Registry& get() {
    static Registry registry;
    return registry;
  }
};

template <class T>
const Kind<T>* own_kind(std::string_view name) {
  for (const Kind<T>& kind : own_kinds<T>)
    if (kind.name == name) return &kind;
  return nullptr;
}

template <class V>
const V& option(const LayerPlan& plan, const std::string& name, const char* type) {
  const auto found = plan.options.find(name);
  if (found != plan.options.end())
    if (const V* const value = std::get_if<V>(&found->second)) return *value;
  throw NameError({plan.kind, name, found == plan.options.end() ? "none" : "another type", type, {}});
}

}  // namespace

double LayerPlan::number(const std::string& name) const { return option<double>(*this, name, "a number"); }

std::size_t LayerPlan::count(const std::string& name) const {
  constexpr double largest = 0x1p53;
  const double value = number(name);
  if (value >= 0 && value < largest && value == std::floor(value)) return static_cast<std::size_t>(value);
  throw NameError({kind, name, gradflow::text(value), "a whole number, at least 0", {}});
}

bool LayerPlan::flag(const std::string& name) const { return option<bool>(*this, name, "true or false"); }

const std::string& LayerPlan::text(const std::string& name) const { return option<std::string>(*this, name, "a text"); }

template <class T>
void register_layer(std::string kind, std::type_identity_t<LayerMaker<T>> make) {
  if (kind.empty() || own_kind<T>(kind))
    throw NameError(
        {"register_layer", "kind", in_quotes(kind), "a name that is not empty and not one of the library's", {}});
  if (!make)
    throw NameError({"register_layer", in_quotes(kind), "an empty function", "a function that makes a layer", {}});
  auto& registry = Registry<T>::get();
  const std::lock_guard lock(registry.mutex);
  registry.makers[std::move(kind)] = std::move(make);
}

template <class T>
std::vector<std::string> layer_kinds() {
  std::vector<std::string> names;
  for (const Kind<T>& kind : own_kinds<T>) names.emplace_back(kind.name);
  auto& registry = Registry<T>::get();
  const std::lock_guard lock(registry.mutex);
  for (const auto& [name, make] : registry.makers) names.push_back(name);
  return names;
}

template <class T>
LayerPtr<T> make_layer(const LayerPlan& plan) {
  if (const Kind<T>* const own = own_kind<T>(plan.kind)) return own->make(plan);
  LayerMaker<T> make;
  {
    auto& registry = Registry<T>::get();
    const std::lock_guard lock(registry.mutex);
    const auto found = registry.makers.find(plan.kind);
    if (found != registry.makers.end()) make = found->second;
  }
  if (make) return make(plan);
  const std::vector<std::string> names = layer_kinds<T>();
  throw_unknown_name("layer kind", "", plan.kind, {names.begin(), names.end()});
}

template void register_layer<float>(std::string, LayerMaker<float>);
template void register_layer<double>(std::string, LayerMaker<double>);
template std::vector<std::string> layer_kinds<float>();
template std::vector<std::string> layer_kinds<double>();
template LayerPtr<float> make_layer(const LayerPlan&);
template LayerPtr<double> make_layer(const LayerPlan&);

}  // namespace gradflow

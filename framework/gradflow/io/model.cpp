#include <gradflow/io/model.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gradflow/base/checksum.hpp>
#include <gradflow/base/errors.hpp>
#include <gradflow/io/json_fault.hpp>
#include <gradflow/io/model_file.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/nn/layer_kinds.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {
namespace {

using OrderedJson = nlohmann::ordered_json;  // for writing: keeps the order of the members
using Json = nlohmann::json;                 // for reading: finds a member without a linear search

constexpr std::string_view version_without_reads = "1";
constexpr std::array<std::string_view, 2> readable_versions = {version_without_reads, detail::format_version};
constexpr const char* default_kind = "dense";  // a layer that names no kind
constexpr const char* checksum_key = "checksum";
constexpr const char* version_key = "gradflow_version";

std::string checksum_of(const Metadata& metadata, std::span<const Tensor> tensors) {
  Checksum sum;
  for (const auto& [key, text] : metadata)
    if (key != checksum_key) {
      sum.add(key);
      sum.add(text);
    }
  for (const Tensor& t : tensors) {
    sum.add(t.name);
    sum.add(t.type);
    sum.add(std::as_bytes(std::span(t.shape)));
    sum.add(t.bytes);
  }
  return sum.text();
}

std::string tensor_name(const PlacedBlock& placed) {
  return "layer" + std::to_string(placed.layer) + "." + std::string(placed.block.name);
}

/// A block of one row is saved with one dimension, as in PyTorch. The blocks of layers without a recipe keep both
/// dimensions, except a bias, as in earlier versions.
template <class T>
std::vector<std::size_t> tensor_shape(const Network<T>& network, const PlacedBlock& placed) {
  const ParameterBlock& block = placed.block;
  const bool is_row = block.rows == 1 && block.name != "weight" && !network.layer(placed.layer).recipe().kind.empty();
  if (is_row || block.name == "bias") return {block.columns};
  return {block.rows, block.columns};
}

template <class T>
OrderedJson layer_json(const Layer<T>& layer) {
  const LayerPlan plan = plan_of(layer);
  OrderedJson json{{"layer", layer.describe()}};
  if (plan.kind.empty()) return json;
  if (plan.kind != default_kind) json["kind"] = plan.kind;
  json["inputs"] = plan.inputs;
  json["outputs"] = plan.outputs;
  for (const auto& [name, option] : plan.options)
    std::visit([&member = json[name]](const auto& value) { member = value; }, option);
  return json;
}

/// Whether a layer's JSON has this member besides its options.
bool is_reserved(const std::string& name) {
  return name == "layer" || name == "kind" || name == "inputs" || name == "outputs";
}

/// Throws ValueError for an option of a user's layer that could not be read back.
template <class T>
void check_options(const Network<T>& network, std::size_t index) {
  for (const auto& [name, option] : network.layer(index).recipe().options) {
    const std::string where = network.layer_name(index) + ": option " + in_quotes(name);
    if (is_reserved(name)) throw ValueError({"save_model", where, "a name that the file uses", "another name", {}});
    const double* const number = std::get_if<double>(&option);
    if (number && !std::isfinite(*number))
      throw ValueError({"save_model", where, text(*number), "a finite number", {}});
  }
}

OrderedJson scaling_json(const Scaling& scaling) { return {{"shift", scaling.shift()}, {"scale", scaling.scale()}}; }

void add(Metadata& metadata, const std::string& key, const OrderedJson& json) {
  try {
    metadata[key] = json.dump();
  } catch (const OrderedJson::type_error&) {
    throw ValueError({"save_model", key, "bytes that are not UTF-8", "UTF-8", {}});
  }
}

/// Reads the metadata texts of a file. Errors name the key and show the text that was found.
class Notes {
 public:
  explicit Notes(const SafetensorsFile& file) : file_(file) {}

  [[noreturn]] void fail(const std::string& key, std::string got, std::string expected, std::string hint = {}) const {
    throw FormatError({file_.path(), "metadata: " + key, std::move(got), std::move(expected), std::move(hint)});
  }

  [[noreturn]] void fail(const std::string& key, const std::invalid_argument& error) const {
    throw FormatError({file_.path(), "metadata: " + key + ": " + error.what(), {}, {}, {}});
  }

  /// Throws FormatError unless save_model() of a known version wrote the file: a later version may give the same keys
  /// another meaning.
  void check() const {
    const auto version = file_.metadata().find(version_key);
    if (version == file_.metadata().end())
      throw FormatError({file_.path(), {}, "only tensors", "a gradflow model, with its layers in the metadata", {}});
    if (std::ranges::find(readable_versions, version->second) == readable_versions.end())
      fail(version_key, in_quotes(version->second), fmt::format("one of: {}", fmt::join(readable_versions, " ")));
    const auto expected = checksum_of(file_.metadata(), file_.tensors());
    if (required(checksum_key) != expected) fail(checksum_key, required(checksum_key), expected, "the file is damaged");
  }

  std::string required(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end())
      throw FormatError({file_.path(), "metadata: " + key + " is missing", {}, {}, {}});
    return found->second;
  }

  std::string text(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    return found == file_.metadata().end() ? "" : found->second;
  }

  /// Returns make(json) for the entry with this key, or an empty result if there is no such entry. Throws FormatError,
  /// with the key, if the text does not have the form that make() expects.
  template <class Make>
  auto json(const std::string& key, const Make& make) const -> decltype(make(Json())) {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) return {};
    constexpr std::size_t deepest = 3;
    const std::string fault = detail::json_fault(found->second, deepest);
    if (!fault.empty()) fail(key, fault, "the form that save_model() writes");
    try {
      return make(Json::parse(found->second));
    } catch (const Json::exception&) {
      fail(key, in_quotes(found->second), "the form that save_model() writes");
    } catch (const std::invalid_argument& error) {  // the form is right, but a value is impossible
      fail(key, error);
    }
  }

  std::vector<std::string> names(const std::string& key) const {
    return json(key, [](const Json& list) { return list.get<std::vector<std::string>>(); });
  }
  std::optional<Reading> reading() const {
    const std::string reads = text("reads");
    if (reads.empty()) return {};
    try {
      return make_reading(reads);
    } catch (const NameError& error) {
      fail("reads", error);
    }
  }
  std::optional<Scaling> scaling(const std::string& key) const {
    return json(key, [](const Json& s) {
      return std::optional(Scaling(s.at("shift").get<std::vector<double>>(), s.at("scale").get<std::vector<double>>()));
    });
  }

 private:
  const SafetensorsFile& file_;
};

bool is_of_the_library(const std::string& loss) {
  const auto losses = names_of(Losses{});
  return std::ranges::find(losses, loss.substr(0, loss.find('('))) != losses.end();
}

ModelInfo info_of(const Notes& notes) {
  ModelInfo info{
      notes.text("loss"),         notes.scaling("features"),   notes.scaling("targets"),   notes.names("feature_names"),
      notes.names("class_names"), notes.text("data_checksum"), notes.names("label_names"), notes.reading()};
  const bool of_values = !info.loss.empty() && !is_of_the_library(info.loss) && info.class_names.empty();
  if (notes.required(version_key) == version_without_reads && of_values) info.reads = Reading::values;
  return info;
}

std::size_t width(const Json& layer, const char* key) {
  const Json& number = layer.at(key);
  if (!number.is_number_unsigned())
    throw std::invalid_argument(key + (": got " + number.dump() + ", expected a whole number"));
  return number.get<std::size_t>();
}

/// Rejects dense layers larger than the file's data, and widths with which a layer could not count its own numbers.
void check_widths(const std::string& path, const std::string& name, const LayerPlan& plan, std::size_t numbers) {
  constexpr std::size_t largest_width = std::size_t{1} << 40;
  const std::size_t width = std::max(plan.inputs, plan.outputs);
  if (plan.kind != default_kind && width > largest_width)
    throw FormatError({path, name, fmt::format("{} units", width), fmt::format("at most {}", largest_width), {}});
  std::size_t weights = 0;
  const bool overflows = __builtin_mul_overflow(plan.inputs, plan.outputs, &weights);
  if (plan.kind != default_kind || (!overflows && weights <= numbers)) return;
  throw FormatError({path,
                     name,
                     fmt::format("{} x {} weights", plan.inputs, plan.outputs),
                     fmt::format("at most {}, the numbers left in the file for this layer", numbers),
                     {}});
}

/// Rejects a layer with more parameters and state than the file has numbers left, before a network allocates them.
template <class T>
std::size_t checked_size(const std::string& path, const std::string& name, const Layer<T>& layer, std::size_t numbers) {
  const std::size_t size = layer.parameter_count() + layer.state_size();
  if (size <= numbers) return size;
  throw FormatError({path,
                     name,
                     std::to_string(size) + " numbers of parameters and state",
                     fmt::format("at most {}, the numbers left in the file for this layer", numbers),
                     {}});
}

LayerPlan plan_of(const Json& layer) {
  LayerPlan plan{{layer.value("kind", std::string(default_kind)), {}}, width(layer, "inputs"), width(layer, "outputs")};
  for (const auto& [name, value] : layer.items()) {
    if (is_reserved(name)) continue;
    if (value.is_boolean())
      plan.options[name] = value.get<bool>();
    else if (value.is_number())
      plan.options[name] = value.get<double>();
    else
      plan.options[name] = value.get<std::string>();
  }
  return plan;
}

/// Throws FormatError if the file describes a layer in another way than the layer does; names all that differs.
void check_description(const std::string& path, const std::string& name, const Json& in_file, const Json& itself) {
  std::string got, expected;
  const auto add = [](std::string& text, const std::string& member, const Json& value) {
    text += (text.empty() ? "" : ", ") + member + " " + (value.is_null() ? "none" : value.dump());
  };
  Json all = in_file;
  all.update(itself);
  for (const auto& member : all.items()) {
    const Json theirs = in_file.value(member.key(), Json()), ours = itself.value(member.key(), Json());
    if (theirs == ours) continue;
    add(got, member.key(), theirs);
    add(expected, member.key(), ours);
  }
  if (!got.empty()) throw FormatError({path, name, got, expected, {}});
}

/// Returns how a file can be read with a layer that make_layer() cannot make.
template <class T>
std::string hint_for(const LayerPlan& plan) {
  const std::vector<std::string> kinds = layer_kinds<T>();
  if (std::ranges::find(kinds, plan.kind) == kinds.end())
    return "register_layer() adds a kind, and load_model(path, network) reads the file into a network with this layer";
  const auto activation = plan.options.find("activation");
  if (activation != plan.options.end() && std::holds_alternative<std::string>(activation->second))
    return "load_model(path, network) reads the file into a network with this activation";
  return {};
}

/// numbers: how many numbers the file has left; without those of this layer on return.
template <class T>
LayerPtr<T> make_layer_of(const std::string& path, std::size_t index, const Json& layer, std::size_t& numbers) {
  const std::string name = "layer " + std::to_string(index) + " (" + layer.at("layer").get<std::string>() + ")";
  if (!layer.contains("inputs"))
    throw FormatError({path, name, "a layer of a kind that the file does not name", "layers that make_layer() can make",
                       "load_model(path, network) reads the file into your own network with this layer"});
  const LayerPlan plan = plan_of(layer);
  check_widths(path, name, plan, numbers);
  try {
    const auto made = make_layer<T>(plan);
    if (!made)
      throw FormatError({path, name, "a null pointer from the function given to register_layer()", "a layer", {}});
    check_description(path, name, layer, Json(layer_json(*made)));
    numbers -= checked_size(path, name, *made, numbers);
    return made;
  } catch (const NameError& error) {
    throw FormatError({path, name + ": " + error.what(), {}, {}, hint_for<T>(plan)});
  } catch (const std::invalid_argument& error) {  // a width of 0, a parameter outside its range
    throw FormatError({path, name + ": " + error.what(), {}, {}, {}});
  }
}

template <class T>
std::vector<LayerPtr<T>> make_layers(const std::string& path, const Json& list, std::size_t numbers) {
  if (!list.is_array() || list.empty()) throw std::invalid_argument("got no layers, expected a list of layers");
  std::vector<LayerPtr<T>> layers;
  for (const Json& layer : list) layers.push_back(make_layer_of<T>(path, layers.size(), layer, numbers));
  return layers;
}

template <class T>
void read_values(const SafetensorsFile& file, Network<T>& network) {
  // Reads everything before it changes the network, which then changes completely or not at all.
  std::vector<T> values(std::as_const(network).values().size());
  const auto blocks = network.value_blocks();
  for (const PlacedBlock& placed : blocks)
    file.read<T>(tensor_name(placed), tensor_shape(network, placed),
                 std::span(values).subspan(placed.block.offset, placed.block.size()));
  const auto count = std::ranges::count_if(file.tensors(), [](const Tensor& t) { return t.name.starts_with("layer"); });
  if (static_cast<std::size_t>(count) != blocks.size())
    throw FormatError({file.path(),
                       "tensors of layers",
                       std::to_string(count),
                       std::to_string(blocks.size()) + ", one for each block of parameters and state in the network",
                       {}});
  std::ranges::copy(values, network.values().begin());
}

/// Returns how an error names a layer. If the descriptions of both layers are the same, adds the options that differ.
std::string text_of(const Json& layer, const Json& other) {
  if (layer.is_null()) return "none";
  std::string text = layer.at("layer").get<std::string>();
  if (other.is_null() || other.at("layer") != layer.at("layer")) return text;
  for (const auto& member : layer.items())
    if (other.value(member.key(), Json()) != member.value()) text += ", " + member.key() + " " + member.value().dump();
  return text;
}

/// Returns the layers that differ: first as in the file, then as in the network. Both texts are empty if none differs.
template <class T>
std::pair<std::string, std::string> differences(const Json& layers, const Network<T>& network) {
  std::string got, expected;
  const auto add = [](std::string& text, std::size_t layer, const std::string& what) {
    text += (text.empty() ? "" : "; ") + std::string("layer ") + std::to_string(layer) + " " + what;
  };
  for (std::size_t i = 0; i < std::max(layers.size(), network.size()); ++i) {
    const Json theirs = i < layers.size() ? layers[i] : Json(),
               ours = i < network.size() ? Json(layer_json(network.layer(i))) : Json();
    if (theirs == ours) continue;
    add(got, i, text_of(theirs, ours));
    add(expected, i, text_of(ours, theirs));
  }
  return {got, expected};
}

}  // namespace

Reading reading_of(const ModelInfo& info, std::size_t outputs) {
  if (info.reads) return *info.reads;
  if (info.loss.empty() && info.class_names.empty() && info.label_names.empty()) return Reading::values;
  if (!is_of_the_library(info.loss))
    throw ValueError(
        {"model info",
         ".reads is not set, and the library has no loss " + in_quotes(info.loss) + " that says what the outputs mean",
         {},
         {},
         "set .reads = loss.reads(outputs)"});
  return make_loss<float>(info.loss)->reads(outputs);
}

namespace detail {

template <class T>
ModelParts model_parts(const Network<T>& network, std::span<const T> values, const ModelInfo& info) {
  OrderedJson layers = OrderedJson::array();
  for (std::size_t i = 0; i < network.size(); ++i) {
    check_options(network, i);
    layers.push_back(layer_json(network.layer(i)));
  }
  Metadata metadata{{version_key, format_version}};
  add(metadata, "layers", layers);
  if (!info.loss.empty()) metadata["loss"] = info.loss;
  if (info.features) add(metadata, "features", scaling_json(*info.features));
  if (info.targets) add(metadata, "targets", scaling_json(*info.targets));
  if (!info.feature_names.empty()) add(metadata, "feature_names", info.feature_names);
  if (!info.class_names.empty()) add(metadata, "class_names", info.class_names);
  if (!info.data_checksum.empty()) metadata["data_checksum"] = info.data_checksum;
  if (!info.label_names.empty()) add(metadata, "label_names", info.label_names);
  metadata["reads"] = name(reading_of(info, network.outputs()));
  std::vector<Tensor> tensors;
  for (const PlacedBlock& placed : network.value_blocks())
    tensors.push_back(tensor<T>(tensor_name(placed), tensor_shape(network, placed),
                                values.subspan(placed.block.offset, placed.block.size())));
  return {std::move(metadata), std::move(tensors)};
}

void write_sealed(const std::string& path, ModelParts parts) {
  parts.metadata[checksum_key] = checksum_of(parts.metadata, parts.tensors);
  write_safetensors(path, parts.metadata, parts.tensors);
}

SafetensorsFile read_sealed(const std::string& path) {
  SafetensorsFile file(path);
  Notes(file).check();
  return file;
}

template <class T>
ModelInfo read_model(const SafetensorsFile& file, Network<T>& network) {
  const Notes notes(file);
  notes.required("layers");
  const auto [got, expected] = notes.json("layers", [&](const Json& layers) { return differences(layers, network); });
  if (!got.empty()) throw FormatError({file.path(), "layers", got, expected + ", as in the network", {}});
  ModelInfo info = info_of(notes);
  read_values(file, network);
  return info;
}

template ModelParts model_parts(const Network<float>&, std::span<const float>, const ModelInfo&);
template ModelParts model_parts(const Network<double>&, std::span<const double>, const ModelInfo&);
template ModelInfo read_model(const SafetensorsFile&, Network<float>&);
template ModelInfo read_model(const SafetensorsFile&, Network<double>&);

}  // namespace detail

template <class T>
void save_model(const std::string& path, const Network<T>& network, const ModelInfo& info) {
  detail::write_sealed(path, detail::model_parts(network, network.values(), info));
}

template <class T>
Model<T> load_model(const std::string& path) {
  const SafetensorsFile file = detail::read_sealed(path);
  const Notes notes(file);
  std::size_t numbers = 0;
  for (const Tensor& t : file.tensors()) numbers += t.bytes.size() / sizeof(T);
  notes.required("layers");
  auto network = notes.json(
      "layers", [&](const Json& list) { return std::optional(Network<T>(make_layers<T>(path, list, numbers))); });
  read_values(file, *network);
  return {*std::move(network), info_of(notes)};
}

template <class T>
ModelInfo load_model(const std::string& path, Network<T>& network) {
  return detail::read_model(detail::read_sealed(path), network);
}

template void save_model(const std::string&, const Network<float>&, const ModelInfo&);
template void save_model(const std::string&, const Network<double>&, const ModelInfo&);
template Model<float> load_model(const std::string&);
template Model<double> load_model(const std::string&);
template ModelInfo load_model(const std::string&, Network<float>&);
template ModelInfo load_model(const std::string&, Network<double>&);

}  // namespace gradflow

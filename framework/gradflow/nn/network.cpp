#include <gradflow/nn/network.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {

void detail::UniqueNumber::renew() {
  static std::atomic<std::uint64_t> last = 0;
  number_ = ++last;
}

namespace {

/// Replaces layers with parts by their parts.
template <class T>
std::vector<LayerPtr<T>> flattened(std::vector<LayerPtr<T>> layers) {
  std::vector<LayerPtr<T>> flat;
  for (LayerPtr<T>& layer : layers) {
    const auto parts = layer ? layer->parts() : std::span<const LayerPtr<T>>{};
    if (parts.empty())
      flat.push_back(std::move(layer));
    else
      std::ranges::move(flattened(std::vector<LayerPtr<T>>(parts.begin(), parts.end())), std::back_inserter(flat));
  }
  return flat;
}

/// Returns the activation whose outputs, or their mean, the layer receives. Dropout keeps the mean.
template <class T>
const ActivationInfo* activation_before(const std::vector<LayerPtr<T>>& layers, std::size_t layer) {
  while (layer > 0 && layers[layer - 1]->recipe().kind == "dropout") --layer;
  return layer > 0 ? layers[layer - 1]->activation() : nullptr;
}

}  // namespace

template <class T>
Network<T>::Network(std::vector<LayerPtr<T>> layers) : layers_(flattened(std::move(layers))), traces_(layers_.size()) {
  if (layers_.empty()) throw ShapeError({"network", "layers", "none", "at least one", {}});
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (!layers_[i]) throw ShapeError({"network", "layer " + std::to_string(i), "a null pointer", "a layer", {}});
  check_neighbours();
  check_skips();
  place_blocks();
}

template <class T>
void Network<T>::check_neighbours() const {
  for (std::size_t i = 1; i < layers_.size(); ++i)
    if (layers_[i]->inputs() != layers_[i - 1]->outputs())
      throw ShapeError({layer_name(i),
                        "inputs",
                        std::to_string(layers_[i - 1]->outputs()) + " from " + layer_name(i - 1),
                        std::to_string(layers_[i]->inputs()),
                        {}});
}

template <class T>
void Network<T>::check_skips() const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::size_t back = layers_[i]->back();
    if (back > i)
      throw ShapeError({layer_name(i),
                        "back",
                        std::to_string(back),
                        i == 0 ? "0, because no layer stands before it"
                               : "at most " + std::to_string(i) + ", the number of layers before it",
                        {}});
    if (back > 0 && layers_[i - back]->inputs() != layers_[i]->outputs())
      throw ShapeError({layer_name(i),
                        "inputs of " + layer_name(i - back) + ", which are added to its own",
                        std::to_string(layers_[i - back]->inputs()),
                        std::to_string(layers_[i]->outputs()),
                        {}});
  }
}

/// Adds the blocks of all layers to blocks_, their numbers from `start` on. Returns the start of each layer's numbers,
/// then the end of the last.
template <class T>
std::vector<std::size_t> Network<T>::place(std::span<const ParameterBlock> (Layer<T>::*blocks_of)() const,
                                           std::size_t start) {
  std::vector<std::size_t> starts{start};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    std::size_t end = starts.back();
    for (ParameterBlock block : ((*layers_[i]).*blocks_of)()) {
      block.offset += starts.back();
      end = block.offset + block.size();
      blocks_.push_back({i, block});
    }
    starts.push_back(end);
  }
  return starts;
}

template <class T>
void Network<T>::place_blocks() {
  offsets_ = place(&Layer<T>::blocks, 0);
  parameter_blocks_ = blocks_.size();
  state_offsets_ = place(&Layer<T>::state_blocks, offsets_.back());
  values_.assign(state_offsets_.back(), T(0));
  gradients_.assign(offsets_.back(), T(0));
  for (std::size_t i = 0; i < size(); ++i) {
    traces_[i].index = i;
    has_skips_ |= layers_[i]->back() > 0;
    is_random_ |= layers_[i]->is_random();
    layers_[i]->initialize_state(state_of(i));
  }
}

template <class T>
bool Network<T>::feeds_skip(std::size_t layer) const {
  for (std::size_t i = layer + 1; has_skips_ && i < size(); ++i)
    if (layers_[i]->back() > 0 && i - layers_[i]->back() == layer + 1) return true;
  return false;
}

template <class T>
std::string Network<T>::layer_name(std::size_t index) const {
  return "layer " + std::to_string(index) + " (" + layers_[index]->describe() + ")";
}

template <class T>
void Network<T>::initialize(const Initializer& initializer, std::uint64_t seed) {
  Rng rng(seed, "weights");
  identity_.renew();
  for (std::size_t i = 0; i < size(); ++i) {
    layers_[i]->initialize(parameters(i), {initializer, rng, activation_before(layers_, i), activation_after(i)});
    layers_[i]->initialize_state(state_of(i));
    traces_[i].pass.training = false;  // update_state() must not add what an earlier pass saw
  }
}

/// Returns the activation to which a layer's outputs come through norms and other layers without weights, or null.
template <class T>
const ActivationInfo* Network<T>::activation_after(std::size_t layer) const {
  for (std::size_t i = layer + 1; i < size() && !has_weights(*layers_[i]) && layers_[i]->back() == 0; ++i)
    if (const ActivationInfo* const activation = layers_[i]->activation()) return activation;
  return nullptr;
}

template <class T>
const PlacedBlock& Network<T>::block(std::size_t layer, std::string_view name) const {
  if (layer >= size())
    throw NameError({"network", "layer", std::to_string(layer), "less than " + std::to_string(size()), {}});
  for (const PlacedBlock& placed : blocks())
    if (placed.layer == layer && placed.block.name == name) return placed;
  std::vector<std::string_view> names;
  for (const ParameterBlock& own : layers_[layer]->blocks()) names.push_back(own.name);
  throw_unknown_name(layer_name(layer), "block of parameters", name, names);
}

template <class T>
MatrixView<T> Network<T>::parameters(std::size_t layer, std::string_view name) {
  const PlacedBlock& placed = block(layer, name);
  return {parameters(placed), placed.block.rows, placed.block.columns};
}

template <class T>
MatrixView<const T> Network<T>::parameters(std::size_t layer, std::string_view name) const {
  const PlacedBlock& placed = block(layer, name);
  return {parameters(placed), placed.block.rows, placed.block.columns};
}

template <class T>
MatrixView<const T> Network<T>::gradients(std::size_t layer, std::string_view name) const {
  const PlacedBlock& placed = block(layer, name);
  return {gradients(placed), placed.block.rows, placed.block.columns};
}

template <class T>
void Network<T>::check_input(const Matrix<T>& x) const {
  const auto where = [this] { return layer_name(0); };
  require_rows(where, "input", x);
  const char* const hint = columns(x) == 1 ? "an array of one dimension becomes a column; a single sample is a row: "
                                             "xt::view(sample, xt::newaxis(), xt::all())"
                                           : "";
  require_shape(where, "input", x, {rows(x), inputs(), "a column for each input of the network", hint});
}

template <class T>
void Network<T>::check_written(std::size_t layer, std::string_view what, const Matrix<T>& m, std::size_t rows,
                               std::size_t columns) const {
  require_shape([=, this] { return layer_name(layer); }, what, m, {rows, columns});
}

template <class T>
void Network<T>::run_forward(std::size_t layer, const Matrix<T>& x, Trace<T>& trace) const {
  layers_[layer]->forward(parameters(layer), x, trace);
  check_written(layer, "output", trace.a, rows(x), layers_[layer]->outputs());
}

template <class T>
template <class Input>
const Matrix<T>* Network<T>::earlier(std::size_t layer, const Input& input) const {
  const std::size_t back = has_skips_ ? layers_[layer]->back() : 0;
  return back > 0 ? &input(layer - back) : nullptr;
}

template <class T>
const Matrix<T>& Network<T>::forward(const Matrix<T>& x, const Pass& pass) {
  check_input(x);
  const auto input = [&](std::size_t i) -> const Matrix<T>& { return i == 0 ? x : traces_[i - 1].a; };
  for (std::size_t i = 0; i < size(); ++i) {
    traces_[i].pass = pass;
    traces_[i].state = state(i);
    traces_[i].earlier = earlier(i, input);
    run_forward(i, input(i), traces_[i]);
  }
  return traces_.back().a;
}

template <class T>
const Matrix<T>& Network<T>::forward(const Matrix<T>& x) {
  if (is_random_) refuse_random();
  return forward(x, Pass{});
}

template <class T>
void Network<T>::refuse_random() const {
  const auto random = std::ranges::find_if(layers_, [](const LayerPtr<T>& layer) { return layer->is_random(); });
  throw ValueError({layer_name(static_cast<std::size_t>(random - layers_.begin())), "pass", "none",
                    "seed and step, because the layer is random", "forward(x, {.seed = seed, .step = step})"});
}

template <class T>
Matrix<T> Network<T>::predict(const Matrix<T>& x) const {
  check_input(x);
  // Two traces are enough, unless a later layer reads an earlier output.
  std::vector<Trace<T>> traces(has_skips_ ? size() : 2);
  const auto trace = [&](std::size_t i) -> Trace<T>& { return traces[i % traces.size()]; };
  const auto input = [&](std::size_t i) -> const Matrix<T>& { return i == 0 ? x : trace(i - 1).a; };
  for (std::size_t i = 0; i < size(); ++i) {
    trace(i).keep_slope = false;
    trace(i).pass.training = false;
    trace(i).index = i;
    trace(i).state = state(i);
    trace(i).earlier = earlier(i, input);
    run_forward(i, input(i), trace(i));
  }
  return std::move(trace(size() - 1).a);
}

template <class T>
void Network<T>::backward(const Matrix<T>& x, const Matrix<T>& delta, Matrix<T>* x_delta) {
  const Matrix<T>& output = traces_.back().a;
  require_shape(
      "backward", "x", x,
      {rows(output), inputs(), "the shape of the last forward's input", "call forward(x) before backward(x, delta)"});
  require_shape("backward", "delta", delta, {rows(output), columns(output), "the shape of the last forward's output"});
  resize(traces_.back().delta, rows(delta), columns(delta));
  std::ranges::copy(flat(delta), traces_.back().delta.data());
  const auto input = [&](std::size_t i) -> const Matrix<T>& { return i == 0 ? x : traces_[i - 1].a; };
  for (std::size_t i = size(); i-- > 0;) {
    Matrix<T>* const input_delta = i == 0 ? x_delta : &traces_[i - 1].delta;
    traces_[i].state = state(i);  // the network may have been copied or moved since forward()
    traces_[i].earlier = earlier(i, input);
    layers_[i]->backward(std::as_const(*this).parameters(i), input(i), traces_[i], of_layer(std::span(gradients_), i),
                         input_delta);
    if (!input_delta) continue;
    check_written(i, "dL/dx", *input_delta, rows(x), layers_[i]->inputs());
    if (has_skips_) add_skipped(i, *input_delta);
  }
}

/// Adds the gradients of all later layers that also read the input of this layer.
template <class T>
void Network<T>::add_skipped(std::size_t layer, Matrix<T>& input_delta) const {
  for (std::size_t i = layer; i < size(); ++i)
    if (layers_[i]->back() > 0 && i - layers_[i]->back() == layer)
      elementwise(
          input_delta.size(), [](Lanes<T>& d, const Lanes<T>& more) { d += more; }, input_delta.data(),
          traces_[i].delta.data());
}

template <class T>
void Network<T>::update_state() {
  for (std::size_t i = 0; i < size() && values_.size() > offsets_.back(); ++i) {
    const std::span<T> own = state_of(i);
    if (!own.empty() && traces_[i].pass.training && traces_[i].a.size() > 0) layers_[i]->update_state(own, traces_[i]);
  }
}

template <class T>
void Network<T>::keep_z(bool keep) {
  for (Trace<T>& trace : traces_) {
    trace.keep_z = keep;
    if (!keep) resize(trace.z, 0, 0);
  }
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Network<T>& network) {
  std::size_t longest = 0;
  for (const LayerPtr<T>& layer : network.layers()) longest = std::max(longest, layer->describe().size());
  for (std::size_t i = 0; i < network.size(); ++i)
    out << fmt::format("layer {:<3} {:<{}}  {:>9} parameters\n", i, network.layer(i).describe(), longest,
                       network.layer(i).parameter_count());
  return out << fmt::format("{} inputs, {} outputs, {} parameters\n", network.inputs(), network.outputs(),
                            network.parameters().size());
}

template class Network<float>;
template class Network<double>;
template std::ostream& operator<<(std::ostream&, const Network<float>&);
template std::ostream& operator<<(std::ostream&, const Network<double>&);

}  // namespace gradflow

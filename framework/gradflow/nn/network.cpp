#include <gradflow/nn/network.hpp>

#include <algorithm>
#include <atomic>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {

void detail::UniqueNumber::renew() {
  static std::atomic<std::uint64_t> last = 0;
  number_ = ++last;
}

template <class T>
Network<T>::Network(std::vector<LayerPtr<T>> layers) : layers_(std::move(layers)), traces_(layers_.size()) {
  if (layers_.empty()) throw ShapeError({"network", "layers", "none", "at least one", {}});
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (!layers_[i]) throw ShapeError({"network", "layer " + std::to_string(i), "a null pointer", "a layer", {}});
  for (std::size_t i = 1; i < layers_.size(); ++i)
    if (layers_[i]->inputs() != layers_[i - 1]->outputs())
      throw ShapeError({layer_name(i),
                        "inputs",
                        std::to_string(layers_[i - 1]->outputs()) + " from " + layer_name(i - 1),
                        std::to_string(layers_[i]->inputs()),
                        {}});
  place_blocks();
}

template <class T>
void Network<T>::place_blocks() {
  std::size_t end = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    offsets_.push_back(end);
    for (ParameterBlock block : layers_[i]->blocks()) {
      block.offset += end;
      blocks_.push_back({i, block});
    }
    end += layers_[i]->parameter_count();
  }
  offsets_.push_back(end);
  parameters_.assign(end, T(0));
  gradients_.assign(end, T(0));
}

template <class T>
std::span<const PlacedBlock> Network<T>::blocks() const {
  return blocks_;
}

template <class T>
std::string Network<T>::layer_name(std::size_t index) const {
  return "layer " + std::to_string(index) + " (" + layers_[index]->describe() + ")";
}

template <class T>
void Network<T>::initialize(const Initializer& initializer, std::uint64_t seed) {
  Rng rng(seed, "weights");
  identity_.renew();
  for (std::size_t i = 0; i < size(); ++i)
    layers_[i]->initialize(parameters(i), {initializer, rng, i == 0 ? nullptr : layers_[i - 1]->activation()});
}

template <class T>
const PlacedBlock& Network<T>::block(std::size_t layer, std::string_view name) const {
  if (layer >= size())
    throw NameError({"network", "layer", std::to_string(layer), "less than " + std::to_string(size()), {}});
  for (const PlacedBlock& placed : blocks_)
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
  const char* const hint = columns(x) == 1 ? "an array of one dimension is a column; a single sample is a row: "
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
const Matrix<T>& Network<T>::forward(const Matrix<T>& x) {
  check_input(x);
  const Matrix<T>* input = &x;
  for (std::size_t i = 0; i < size(); ++i) {
    run_forward(i, *input, traces_[i]);
    input = &traces_[i].a;
  }
  return *input;
}

template <class T>
Matrix<T> Network<T>::predict(const Matrix<T>& x) const {
  check_input(x);
  Trace<T> input, output;
  input.keep_slope = output.keep_slope = false;
  for (std::size_t i = 0; i < size(); ++i) {
    run_forward(i, i == 0 ? x : input.a, output);
    std::swap(input, output);
  }
  return std::move(input.a);
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
  for (std::size_t i = size(); i-- > 0;) {
    const Matrix<T>& input = i == 0 ? x : traces_[i - 1].a;
    Matrix<T>* const input_delta = i == 0 ? x_delta : &traces_[i - 1].delta;
    layers_[i]->backward(std::as_const(*this).parameters(i), input, traces_[i], of_layer(std::span(gradients_), i),
                         input_delta);
    if (input_delta) check_written(i, "dL/dx", *input_delta, rows(input), columns(input));
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

#pragma once
// Network<T>: a chain of layers, with one buffer for all parameters and states, and one for all gradients. The network
// owns all buffers.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/math/matrix_view.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/layer.hpp>

namespace gradflow {

namespace detail {

/// A number that no other object of this process has. A copy gets a new number; a move keeps the number.
class UniqueNumber {
 public:
  UniqueNumber() { renew(); }
  UniqueNumber(const UniqueNumber&) { renew(); }
  UniqueNumber(UniqueNumber&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
  UniqueNumber& operator=(const UniqueNumber&) { return renew(), *this; }
  UniqueNumber& operator=(UniqueNumber&& other) noexcept {
    number_ = std::exchange(other.number_, 0);
    return *this;
  }
  ~UniqueNumber() = default;

  void renew();
  std::uint64_t get() const { return number_; }

 private:
  std::uint64_t number_ = 0;
};

}  // namespace detail

/// A block of parameters or state and its place in the flat buffers of the network. Layers count from 0.
struct PlacedBlock {
  std::size_t layer;     ///< index of the layer that the block belongs to
  ParameterBlock block;  ///< block.offset counts from the start of the network's buffer
};

/// A chain of layers with their parameters and gradients. T: float or double. A copy has its own buffers and shares the
/// layers.
template <class T = float>
class Network {
 public:
  /// All parameters are 0. A layer with parts(), such as residual(), is replaced by its parts. Throws ShapeError if
  /// there is no layer, if the widths of two neighbouring layers do not match, or if a layer with back() > 0 has no
  /// layer of its width there.
  Network(std::initializer_list<LayerPtr<T>> layers) : Network(std::vector<LayerPtr<T>>(layers)) {}
  /// The same for layers that were made in a loop. Also throws ShapeError if a pointer is null.
  explicit Network(std::vector<LayerPtr<T>> layers);

  /// Draws all parameters, and sets all states to their first values. The same seed gives the same parameters on every
  /// machine.
  void initialize(const Initializer& initializer, std::uint64_t seed);
  /// False until initialize() or the non-const parameters() is called: the parameters are all 0. Always true if there
  /// are no parameters.
  bool is_initialized() const { return is_initialized_ || offsets_.back() == 0; }
  /// A number that identifies the network, even if another network was stored at the same address before. initialize()
  /// sets a new number, and a copy gets a new number. A move keeps the number. Never 0, except in a network that was
  /// moved from.
  std::uint64_t identity() const { return identity_.get(); }

  /// Returns the outputs of a pass of evaluation, [batch, outputs], for x: [batch, inputs]. Thread-safe. Throws
  /// ShapeError for another shape and for a batch without samples, as do forward() and backward().
  Matrix<T> predict(const Matrix<T>& x) const;
  /// Computes the same outputs for this pass, and keeps what backward() needs. The next call overwrites the result.
  const Matrix<T>& forward(const Matrix<T>& x, const Pass& pass);
  /// A pass of training. Throws ValueError if a layer is random, because such a layer needs seed and step: forward(x,
  /// {.seed = seed, .step = step}).
  const Matrix<T>& forward(const Matrix<T>& x);
  /// Computes gradients() from delta = dL/doutput, [batch, outputs]. x must be the argument of the last forward(x).
  /// Writes dL/dx, [batch, inputs], to x_delta, unless x_delta is null.
  void backward(const Matrix<T>& x, const Matrix<T>& delta, Matrix<T>* x_delta = nullptr);

  /// Updates the states from what the last forward() saw, if it was a pass of training: call it once for each step. A
  /// state is what a layer learns without a gradient, such as the running statistics of batch_norm().
  void update_state();

  std::size_t size() const { return layers_.size(); }                         ///< the number of layers
  std::size_t inputs() const { return layers_.front()->inputs(); }            ///< columns of x
  std::size_t outputs() const { return layers_.back()->outputs(); }           ///< columns of the output
  const Layer<T>& layer(std::size_t index) const { return *layers_[index]; }  ///< index in [0, size()), not checked
  /// All layers, in order. Another network can share them: Network<float>({network.layers()[0], dense<Relu>(16, 3)}).
  const std::vector<LayerPtr<T>>& layers() const { return layers_; }
  /// Returns the name of the layer in error texts: "layer 2 (dense 32 -> 10, identity)".
  std::string layer_name(std::size_t index) const;

  /// All parameters, flat, layer after layer. A call of a non-const parameters() function marks the network as
  /// initialised.
  std::span<T> parameters() {
    is_initialized_ = true;
    return std::span(values_).first(offsets_.back());
  }
  /// The parameters of one layer.
  std::span<T> parameters(std::size_t layer) { return of_layer(parameters(), layer); }
  /// The parameters of one block.
  std::span<T> parameters(const PlacedBlock& b) { return parameters().subspan(b.block.offset, b.block.size()); }
  /// All parameters, read-only.
  std::span<const T> parameters() const { return std::span(values_).first(offsets_.back()); }
  /// The parameters of one layer, read-only.
  std::span<const T> parameters(std::size_t layer) const { return of_layer(parameters(), layer); }
  /// The parameters of one block, read-only.
  std::span<const T> parameters(const PlacedBlock& b) const {
    return parameters().subspan(b.block.offset, b.block.size());
  }
  /// The block "weight" of a layer as a matrix, [inputs, outputs]; a view, valid as long as the network. Throws
  /// NameError, as do the functions below, if the layer does not exist or has no such block.
  MatrixView<T> weights(std::size_t layer) { return parameters(layer, "weight"); }
  MatrixView<const T> weights(std::size_t layer) const { return parameters(layer, "weight"); }  ///< read-only
  /// The block "bias" of a layer, [1, outputs].
  MatrixView<T> biases(std::size_t layer) { return parameters(layer, "bias"); }
  MatrixView<const T> biases(std::size_t layer) const { return parameters(layer, "bias"); }  ///< read-only
  /// The gradients of the weights, [inputs, outputs], from the last backward().
  MatrixView<const T> weight_gradients(std::size_t layer) const { return gradients(layer, "weight"); }
  /// The gradients of the biases, [1, outputs].
  MatrixView<const T> bias_gradients(std::size_t layer) const { return gradients(layer, "bias"); }
  /// The block of this name, for layers of your own: see ParameterBlock::name.
  MatrixView<T> parameters(std::size_t layer, std::string_view block);
  MatrixView<const T> parameters(std::size_t layer, std::string_view block) const;  ///< read-only
  MatrixView<const T> gradients(std::size_t layer, std::string_view block) const;   ///< the gradients of the block

  /// The gradients that backward() wrote, in the order of parameters().
  std::span<const T> gradients() const { return gradients_; }
  /// The gradients of one layer.
  std::span<const T> gradients(std::size_t layer) const { return of_layer(gradients(), layer); }
  /// The gradients of one block.
  std::span<const T> gradients(const PlacedBlock& b) const {
    return gradients().subspan(b.block.offset, b.block.size());
  }
  /// The blocks of all layers, in the order in which parameters() and gradients() hold them.
  std::span<const PlacedBlock> blocks() const { return std::span(blocks_).first(parameter_blocks_); }

  /// The state of one layer, as Layer::state_blocks() describes it.
  std::span<const T> state(std::size_t layer) const {
    return std::span(values_).subspan(state_offsets_[layer], state_offsets_[layer + 1] - state_offsets_[layer]);
  }
  /// All that the network has learned: parameters(), then the states of all layers. Two networks with the same layers
  /// and values compute the same. A call of the non-const function marks the network as initialised.
  std::span<T> values() {
    is_initialized_ = true;
    return values_;
  }
  std::span<const T> values() const { return values_; }  ///< read-only
  /// The blocks of parameters and states, in the order in which values() holds them.
  std::span<const PlacedBlock> value_blocks() const { return blocks_; }
  /// Whether a later layer with back() > 0, such as skip(), also reads the output of this layer.
  bool feeds_skip(std::size_t layer) const;

  /// The matrices that the last forward() and backward() wrote for a layer. Observers read them.
  const Trace<T>& trace(std::size_t layer) const { return traces_[layer]; }
  /// Sets whether traces keep z, from the next forward() on. keep = false also empties the z of all traces.
  void keep_z(bool keep);
  bool keeps_z() const { return traces_.front().keep_z; }  ///< the last argument of keep_z(); false at first

 private:
  template <class N>
  std::span<N> of_layer(std::span<N> all, std::size_t layer) const {
    return all.subspan(offsets_[layer], offsets_[layer + 1] - offsets_[layer]);
  }
  std::span<T> state_of(std::size_t layer) {
    return std::span(values_).subspan(state_offsets_[layer], state_offsets_[layer + 1] - state_offsets_[layer]);
  }
  const PlacedBlock& block(std::size_t layer, std::string_view name) const;
  [[noreturn]] void refuse_random() const;
  void check_neighbours() const;
  void check_skips() const;
  void check_input(const Matrix<T>& x) const;
  const ActivationInfo* activation_after(std::size_t layer) const;
  /// Returns the second input of a layer with back() > 0, else null. input(i) returns the input of layer i.
  template <class Input>
  const Matrix<T>* earlier(std::size_t layer, const Input& input) const;
  void run_forward(std::size_t layer, const Matrix<T>& x, Trace<T>& trace) const;
  /// Throws ShapeError if m does not have this shape: a layer written by a user may write a wrong one.
  void check_written(std::size_t layer, std::string_view what, const Matrix<T>& m, std::size_t rows,
                     std::size_t columns) const;
  void add_skipped(std::size_t layer, Matrix<T>& input_delta) const;
  void place_blocks();
  std::vector<std::size_t> place(std::span<const ParameterBlock> (Layer<T>::*blocks_of)() const, std::size_t start);

  std::vector<LayerPtr<T>> layers_;
  // [layers + 1]  the start of each layer's parameters and of its state in values_, then the end of the last
  std::vector<std::size_t> offsets_, state_offsets_;
  std::vector<PlacedBlock> blocks_;  // of the parameters, then of the states
  std::size_t parameter_blocks_ = 0;
  std::vector<Trace<T>> traces_;
  AlignedVector<T> values_, gradients_;
  bool is_initialized_ = false, is_random_ = false, has_skips_ = false;
  detail::UniqueNumber identity_;
};

/// Prints a line for each layer, with its numbers of parameters, and the totals.
template <class T>
std::ostream& operator<<(std::ostream& out, const Network<T>& network);

}  // namespace gradflow

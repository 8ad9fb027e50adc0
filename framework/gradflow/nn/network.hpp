#pragma once
// Network<T>: a chain of layers over one buffer of parameters and one of gradients. It owns every buffer there is.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/layer.hpp>

namespace gradflow {

namespace detail {

/// A number that no other object of this process has. A copy has one of its own; a move keeps it.
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

/// A block of parameters and where it lies in the network's flat buffers. Layers count from 0.
struct PlacedBlock {
  std::size_t layer;     ///< index of the layer that the block belongs to
  ParameterBlock block;  ///< block.offset counts from the start of the network's buffer
};

/// A chain of layers with their parameters and gradients. T: float or double. A copy has its own buffers and the same
/// layers.
template <class T = float>
class Network {
 public:
  /// All parameters are 0. Throws ShapeError where there is no layer, or where two widths do not meet.
  Network(std::initializer_list<LayerPtr<T>> layers) : Network(std::vector<LayerPtr<T>>(layers)) {}
  /// The same for layers made in a loop. A null pointer throws ShapeError too.
  explicit Network(std::vector<LayerPtr<T>> layers);

  /// Draws all parameters; the same seed gives the same parameters on every machine.
  void initialize(const Initializer& initializer, std::uint64_t seed);
  /// False until initialize() or the non-const parameters() is called: the parameters are all 0.
  bool is_initialized() const { return is_initialized_ || parameters_.empty(); }
  /// Tells networks apart, also those that lie at the same place one after the other. initialize() gives a new one, and
  /// a copy has one of its own; a move keeps it. Never 0.
  std::uint64_t identity() const { return identity_.get(); }

  /// x: [batch, inputs] -> [batch, outputs]. May be called from several threads at once. Throws ShapeError, as the two
  /// below do, for another shape and for a batch of no samples.
  Matrix<T> predict(const Matrix<T>& x) const;
  /// The same, and remembered for backward(). The result is overwritten by the next call.
  const Matrix<T>& forward(const Matrix<T>& x);
  /// From delta = dL/doutput of the last forward(x), [batch, outputs], to gradients().
  void backward(const Matrix<T>& x, const Matrix<T>& delta);

  std::size_t size() const { return layers_.size(); }                         ///< the number of layers
  std::size_t inputs() const { return layers_.front()->inputs(); }            ///< columns of x
  std::size_t outputs() const { return layers_.back()->outputs(); }           ///< columns of the output
  const Layer<T>& layer(std::size_t index) const { return *layers_[index]; }  ///< index in [0, size()), not checked
  /// "layer 2 (dense 32 -> 10, identity)": how errors name it
  std::string layer_name(std::size_t index) const;

  /// Flat, layer after layer; whole, of one layer, or of one block as blocks() lists it. The network counts as
  /// initialised when they are taken to be written.
  std::span<T> parameters() {
    is_initialized_ = true;
    return parameters_;
  }
  /// The parameters of one layer.
  std::span<T> parameters(std::size_t layer) { return of_layer(parameters(), layer); }
  /// The parameters of one block.
  std::span<T> parameters(const PlacedBlock& b) { return parameters().subspan(b.block.offset, b.block.size()); }
  std::span<const T> parameters() const { return parameters_; }  ///< all of them, to read
  /// The parameters of one layer, to read.
  std::span<const T> parameters(std::size_t layer) const { return of_layer(parameters(), layer); }
  /// The parameters of one block, to read.
  std::span<const T> parameters(const PlacedBlock& b) const {
    return parameters().subspan(b.block.offset, b.block.size());
  }
  /// As backward() wrote them; of the shape of parameters().
  std::span<const T> gradients() const { return gradients_; }
  /// The gradients of one layer.
  std::span<const T> gradients(std::size_t layer) const { return of_layer(gradients(), layer); }
  /// The gradients of one block.
  std::span<const T> gradients(const PlacedBlock& b) const {
    return gradients().subspan(b.block.offset, b.block.size());
  }
  /// The blocks of all layers, in the order in which parameters() and gradients() hold them.
  std::span<const PlacedBlock> blocks() const;

  /// What the last pass left of a layer, for observers.
  const Trace<T>& trace(std::size_t layer) const { return traces_[layer]; }
  /// From the next forward() on, traces keep z, or no longer do.
  void keep_z(bool keep);
  bool keeps_z() const { return traces_.front().keep_z; }  ///< as keep_z() set it; false at first

 private:
  template <class N>
  std::span<N> of_layer(std::span<N> all, std::size_t layer) const {
    return all.subspan(offsets_[layer], offsets_[layer + 1] - offsets_[layer]);
  }
  void check_input(const Matrix<T>& x) const;
  void run_forward(std::size_t layer, const Matrix<T>& x, Trace<T>& trace) const;
  /// A layer of the user's own may write what it did not promise. Throws ShapeError.
  void check_written(std::size_t layer, std::string_view what, const Matrix<T>& m, std::size_t rows,
                     std::size_t columns) const;
  void place_blocks();

  std::vector<LayerPtr<T>> layers_;
  std::vector<std::size_t> offsets_;  // [layers + 1]  where each layer's parameters begin, and the last one's end
  std::vector<PlacedBlock> blocks_;
  std::vector<Trace<T>> traces_;
  AlignedVector<T> parameters_, gradients_;
  bool is_initialized_ = false;
  detail::UniqueNumber identity_;
};

}  // namespace gradflow

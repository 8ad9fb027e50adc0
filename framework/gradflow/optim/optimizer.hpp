#pragma once
// Optimizer<T> changes parameters by their gradients. One call makes one step on the flat buffers of the whole network.
// So all tensors share one step counter.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/state.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/optim/parameter_groups.hpp>

namespace gradflow {

/// A part of the flat buffer: [begin, begin + size).
struct Range {
  std::size_t begin;  ///< index of the first number
  std::size_t size;   ///< how many numbers it has
};

/// L2 norms over a range of the flat buffer.
struct RangeNorms {
  double gradient = 0;   ///< norm of the gradients in the buffer: before scaling, clipping and weight decay
  double parameter = 0;  ///< norm of the parameters before the update
  double update = 0;     ///< norm of the change that the update made
};

/// How one step scales and clips the gradients, and which norms it measures.
struct StepOptions {
  double gradient_scale = 1;  ///< multiplies every gradient first, before clip_value; see clip_scale()
  double clip_value = std::numeric_limits<double>::infinity();  ///< then limits each gradient to +- this
  /// Where to measure norms: ascending ranges without overlap. The ranges do not change what a step updates.
  std::span<const Range> ranges = {};
  std::span<RangeNorms> norms = {};  ///< [ranges]  step() writes them, one for each range
};

/// An optimiser and its state: the numbers that it keeps for each parameter of one network. T: float or double.
template <class T>
class Optimizer {
 public:
  double learning_rate;  ///< of the next step; a schedule changes it

  virtual ~Optimizer() = default;
  virtual std::string_view name() const = 0;  ///< "adam"; errors begin with it
  /// Returns "adam(learning_rate=0.01)", which make_optimizer() can read.
  virtual std::string describe() const = 0;

  /// Makes one step: updates the parameters and leaves the gradients unchanged. Allocates in the first step only.
  /// Throws what check_network() throws. Throws ShapeError if the sizes do not fit together or differ from earlier
  /// steps. Throws ValueError if the learning rate or an option is not a usable number. If it throws, nothing has
  /// changed.
  void step(Network<T>& network, const StepOptions& options = {}) { step(network, network.gradients(), options); }
  /// The same with gradients from elsewhere, such as the sum of the gradients of several batches.
  void step(Network<T>& network, std::span<const T> gradients, const StepOptions& options = {});
  /// Makes one step on arrays. There is no network to check: this step checks only the sizes and the options. Throws
  /// ValueError if there are groups, because only a network has layers.
  void step(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options = {});
  /// Throws ValueError if earlier steps were made on another network, or on this network before it was initialised
  /// again. The averages in the state would be wrong. Throws NameError if a group has no parameters in this network.
  void check_network(const Network<T>& network) const;

  /// Trains groups of parameters in another way, from the next step on. If a parameter is in several groups, the last
  /// group with a rate sets its rate, and the last group with a weight decay sets its weight decay.
  ///     adam.set_groups({{.layer = 0, .rate = 0}, {.block = "bias", .weight_decay = 0}});
  /// A step changes no bit of frozen parameters and of their state. When they are no longer frozen, their averages
  /// begin with zeros, but steps() has counted the steps; reset() begins anew. Throws ValueError if a number is
  /// negative or not finite, or if the optimiser does not support groups. Throws NameError for a weight decay if the
  /// optimiser has none. If it throws, the groups are unchanged.
  void set_groups(std::vector<ParameterGroup> groups);
  const std::vector<ParameterGroup>& groups() const { return groups_; }  ///< the last argument of set_groups()
  /// Returns the L2 norm of the gradients of all parameters that are not frozen, for clip_scale(). Throws what
  /// check_network() throws.
  double gradient_norm(const Network<T>& network) { return gradient_norm(network, network.gradients()); }
  /// The same for gradients from elsewhere. Throws ShapeError unless there is one for each parameter.
  double gradient_norm(const Network<T>& network, std::span<const T> gradients);

  /// Forgets the steps and their averages. The next step may be on another network or other parameters.
  void reset();

  /// Returns the number of steps since the start or the last reset.
  std::size_t steps() const { return steps_; }
  /// Returns how many numbers the optimiser keeps for each parameter.
  std::size_t buffers() const { return state_.size(); }
  /// [parameters]  Returns one buffer of kept numbers; empty before the first step.
  std::span<const T> state(std::size_t buffer) const { return state_.at(buffer); }
  /// Continues from the steps() and state() of another optimiser. The next network counts as the network of these
  /// steps. Throws ShapeError if there are too few or too many buffers, or if their sizes differ.
  void restore(std::size_t steps, const std::vector<std::span<const T>>& state);
  /// Saves or loads the current learning rate, steps() and all buffers. Throws FormatError if other groups were saved.
  /// An optimiser that keeps more overrides this function.
  virtual void visit_state(StateVisitor& state);

 protected:
  /// rate: the learning rate of the first step; step() checks it. buffers: see buffers().
  Optimizer(double rate, std::size_t buffers) : learning_rate(rate), state_(buffers) {}
  /// Makes one step. step() calls it after checking all arguments. The buffers then have their size (all 0 in the first
  /// step), and steps() already counts this step. If grouped_ranges() is not empty, it states how to train each range.
  virtual void update(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options) = 0;
  /// Throws if update() cannot train a group in this way. Unless overridden, throws ValueError, because update() does
  /// not read grouped_ranges().
  virtual void check_group(const ParameterGroup& group) const;
  /// Returns how to train each range of the parameters: ascending, without gaps. Empty if there are no groups.
  std::span<const GroupedRange> grouped_ranges() const { return grouped_ranges_; }
  /// [parameters]  Returns one buffer for update() to change. Does not check the index.
  std::span<T> mutable_state(std::size_t buffer) { return state_[buffer]; }

 private:
  void check(std::size_t parameters, std::size_t gradients, const StepOptions& options) const;
  bool are_placed(const Network<T>& network) const { return groups_.empty() || placed_in_ == network.identity(); }
  void place_groups(const Network<T>& network);
  void make_step(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options);

  std::vector<AlignedVector<T>> state_;
  std::size_t steps_ = 0;
  std::optional<std::size_t> size_;       // the number of parameters, once known
  std::optional<std::uint64_t> network_;  // the identity of the network, once known
  std::vector<ParameterGroup> groups_;
  std::vector<GroupedRange> grouped_ranges_;  // of groups_ in the network placed_in_
  std::uint64_t placed_in_ = 0;               // identity of a network; 0: none
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace gradflow

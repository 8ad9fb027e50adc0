#pragma once
// Optimizer<T>: gradients in, better parameters out. One call a step, on the flat buffers of the whole network, so that
// there is one step counter and no tensor is ever behind another.
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

namespace gradflow {

/// A part of the flat buffer: [begin, begin + size).
struct Range {
  std::size_t begin;  ///< index of the first number
  std::size_t size;   ///< how many numbers
};

/// L2 norms over a range.
struct RangeNorms {
  double gradient = 0;   ///< as it stands in the buffer: before scale, clipping and weight decay
  double parameter = 0;  ///< before the update
  double update = 0;     ///< of the change that the update made
};

/// How one step scales and clips the gradients that it uses, and which norms it measures.
struct StepOptions {
  double gradient_scale = 1;  ///< multiplies every gradient, first of all; what clip_scale() gives
  double clip_value = std::numeric_limits<double>::infinity();  ///< then each gradient is limited to +- this
  std::span<const Range> ranges = {};                           ///< ascending, apart; all parameters are updated anyway
  std::span<RangeNorms> norms = {};                             ///< [ranges]  filled by step(), one for each range
};

/// An optimiser and its state: numbers that it remembers for each parameter of one network. T: float or double.
template <class T>
class Optimizer {
 public:
  double learning_rate;  ///< of the next step; what a schedule sets

  virtual ~Optimizer() = default;
  virtual std::string_view name() const = 0;  ///< "adam"; errors begin with it
  /// "adam(learning_rate=0.01)": what make_optimizer() reads back.
  virtual std::string describe() const = 0;

  /// Updates the parameters; gradients are only read. Allocates in the first step only. Throws what check_network()
  /// throws, ShapeError where sizes do not meet or are not those of the steps before, ValueError where the learning
  /// rate or an option is no usable number; then nothing has changed.
  void step(Network<T>& network, const StepOptions& options = {});
  /// The same on arrays. It knows of no network: it checks the sizes alone.
  void step(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options = {});
  /// Throws ValueError where the steps so far were made on another network, or on this one before it was initialised
  /// anew: the averages would be wrong.
  void check_network(const Network<T>& network) const;
  /// Forgets the steps and their averages; the next network or parameters may be others.
  void reset();

  /// Steps since the start or the last reset.
  std::size_t steps() const { return steps_; }
  /// What the optimiser remembers from step to step: this many numbers for each parameter.
  std::size_t buffers() const { return state_.size(); }
  /// [parameters]  one of them; empty before the first step.
  std::span<const T> state(std::size_t buffer) const { return state_.at(buffer); }
  /// Continues from what steps() and state() were; the next network counts as the one of these steps. Throws ShapeError
  /// where the buffers are not as many or not alike.
  void restore(std::size_t steps, const std::vector<std::span<const T>>& state);
  /// The learning rate as it stands, steps() and all buffers. To be overridden by what remembers more.
  virtual void visit_state(StateVisitor& state);

 protected:
  /// rate: the learning rate of the first step, not checked before it; buffers: see buffers().
  Optimizer(double rate, std::size_t buffers) : learning_rate(rate), state_(buffers) {}
  /// One step. All is checked, the state is there (0 before the first step), and steps() counts this step too.
  virtual void update(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options) = 0;
  /// [parameters]  as state(), for update() to change; the index is not checked.
  std::span<T> mutable_state(std::size_t buffer) { return state_[buffer]; }

 private:
  void check(std::size_t parameters, std::size_t gradients, const StepOptions& options) const;

  std::vector<AlignedVector<T>> state_;
  std::size_t steps_ = 0;
  std::optional<std::size_t> size_;       // the number of parameters, once known
  std::optional<std::uint64_t> network_;  // the identity of the network, once known
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace gradflow

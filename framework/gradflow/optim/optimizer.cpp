#include <gradflow/optim/optimizer.hpp>

#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/optim/change_meter.hpp>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_ranges(std::string_view where, std::size_t parameters, const StepOptions& options) {
  if (options.norms.size() != options.ranges.size())
    throw ShapeError({std::string(where),
                      "norms",
                      std::to_string(options.norms.size()),
                      std::to_string(options.ranges.size()) + ", one for each range",
                      {}});
  std::size_t end = 0;
  for (std::size_t i = 0; i < options.ranges.size(); ++i) {
    const auto [begin, size] = options.ranges[i];
    if (begin < end || begin > parameters || size > parameters - begin)
      throw ShapeError({std::string(where), "range " + std::to_string(i),
                        "begin " + std::to_string(begin) + " and size " + std::to_string(size),
                        "a range inside [" + std::to_string(end) + ", " + std::to_string(parameters) + ")",
                        "ranges must ascend and must not overlap"});
    end = begin + size;
  }
}

}  // namespace

template <class T>
void Optimizer<T>::check(std::size_t parameters, std::size_t gradients, const StepOptions& options) const {
  require_size([this] { return std::string(name()); }, "gradients", gradients, parameters, "one for each parameter");
  if (size_.value_or(parameters) != parameters)
    throw ShapeError({std::string(name()), "parameters", std::to_string(parameters) + " numbers",
                      std::to_string(*size_) + " as in earlier steps", "call reset() to begin with other parameters"});
  // Every step calls this function, so it calls name() only if a number is wrong.
  const auto usable = [](double x) { return x >= 0 && x < infinity; };
  if (!usable(learning_rate) || !usable(options.gradient_scale) || !(options.clip_value >= 0)) {
    check_range(name(), "learning_rate", learning_rate, 0, infinity, true);
    check_range(name(), "gradient_scale", options.gradient_scale, 0, infinity, true);
    check_range(name(), "clip_value", options.clip_value, 0, infinity, false);
  }
  if (!options.ranges.empty() || !options.norms.empty()) check_ranges(name(), parameters, options);
}

template <class T>
void Optimizer<T>::check_network(const Network<T>& network) const {
  if (network_.value_or(network.identity()) != network.identity())
    throw ValueError({std::string(name()), "network", "another network, or a network that was initialised again",
                      "the network of the last " + std::to_string(steps_) + " steps",
                      "call reset() to begin with other parameters"});
  if (!are_placed(network)) detail::grouped_ranges(name(), groups_, network);
}

template <class T>
void Optimizer<T>::set_groups(std::vector<ParameterGroup> groups) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string where = std::string(name()) + ": group " + std::to_string(i);
    check_range(where, "rate", groups[i].rate.value_or(1), 0, infinity, true);
    check_range(where, "weight_decay", groups[i].weight_decay.value_or(0), 0, infinity, true);
    check_group(groups[i]);
  }
  groups_ = std::move(groups);
  grouped_ranges_.clear();
  placed_in_ = 0;
}

template <class T>
void Optimizer<T>::check_group(const ParameterGroup& group) const {
  throw ValueError({std::string(name()), "groups", gradflow::describe(std::vector{group}),
                    "none, because update() does not read grouped_ranges()",
                    "an optimiser that reads them overrides check_group()"});
}

template <class T>
void Optimizer<T>::place_groups(const Network<T>& network) {
  if (are_placed(network)) return;
  grouped_ranges_ = detail::grouped_ranges(name(), groups_, network);
  placed_in_ = network.identity();
}

template <class T>
double Optimizer<T>::gradient_norm(const Network<T>& network, std::span<const T> gradients) {
  check_network(network);
  require_size([this] { return std::string(name()); }, "gradients", gradients.size(), network.parameters().size(),
               "one for each parameter");
  place_groups(network);
  // Neighbours that are not frozen are measured as one range: the bits depend only on what is frozen.
  double all = 0;
  std::size_t begin = 0;
  for (const GroupedRange& range : grouped_ranges_) {
    if (range.rate > 0) continue;
    all = detail::norm_of_both(all, norm(gradients.subspan(begin, range.begin - begin)));
    begin = range.begin + range.size;
  }
  const double rest = norm(gradients.subspan(begin));
  return begin == 0 ? rest : detail::norm_of_both(all, rest);
}

template <class T>
void Optimizer<T>::step(Network<T>& network, std::span<const T> gradients, const StepOptions& options) {
  check_network(network);
  place_groups(network);
  make_step(network.parameters(), gradients, options);
  network_ = network.identity();
}

template <class T>
void Optimizer<T>::step(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options) {
  if (!groups_.empty())
    throw ValueError({std::string(name()), "groups", gradflow::describe(groups_),
                      "none, because the step is made on arrays", "step(network, gradients) makes it on a network"});
  make_step(parameters, gradients, options);
}

template <class T>
void Optimizer<T>::make_step(std::span<T> parameters, std::span<const T> gradients, const StepOptions& options) {
  check(parameters.size(), gradients.size(), options);
  if (steps_ == 0)
    for (auto& buffer : state_) buffer.assign(parameters.size(), T(0));
  size_ = parameters.size();
  ++steps_;
  update(parameters, gradients, options);
}

template <class T>
void Optimizer<T>::reset() {
  for (auto& buffer : state_) buffer.clear();
  steps_ = 0;
  size_.reset();
  network_.reset();
}

template <class T>
void Optimizer<T>::restore(std::size_t steps, const std::vector<std::span<const T>>& state) {
  if (state.size() != state_.size())
    throw ShapeError(
        {std::string(name()), "state", std::to_string(state.size()) + " buffers", std::to_string(state_.size()), {}});
  std::vector<AlignedVector<T>> copies;
  for (const auto& buffer : state) {
    if (buffer.size() != state[0].size())
      throw ShapeError({std::string(name()),
                        "state",
                        std::to_string(buffer.size()) + " numbers in a buffer",
                        std::to_string(state[0].size()) + " as in the first buffer",
                        {}});
    copies.emplace_back(buffer.begin(), buffer.end());
  }
  const std::size_t size = copies.empty() ? 0 : copies[0].size();
  if (steps > 0 && !copies.empty() && size == 0)
    throw ShapeError({std::string(name()),
                      "state",
                      "0 numbers in a buffer",
                      "the numbers kept after step " + std::to_string(steps),
                      {}});
  state_ = std::move(copies);
  steps_ = steps;
  network_ = std::nullopt;
  size_ = size == 0 ? std::nullopt : std::optional(size);  // before the first step any size is accepted
}

template <class T>
void Optimizer<T>::visit_state(StateVisitor& state) {
  const auto scope = state.scope("optimizer");
  state.same("groups", gradflow::describe(groups_));
  state.number("learning_rate", learning_rate);
  std::size_t steps = steps_;
  state.number("steps", steps);
  std::vector<AlignedVector<T>> loaded(state.loading() ? state_.size() : 0);
  auto& buffers = state.loading() ? loaded : state_;
  for (std::size_t i = 0; i < buffers.size(); ++i) state.list("buffer" + std::to_string(i), buffers[i]);
  if (state.loading()) restore(steps, {loaded.begin(), loaded.end()});
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace gradflow

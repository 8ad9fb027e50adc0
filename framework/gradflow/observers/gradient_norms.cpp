#include <gradflow/observers/gradient_norms.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/math/reduce.hpp>
#include <gradflow/observers/every.hpp>

namespace gradflow {

template <class T>
GradientNorms<T>::GradientNorms(Sink& sink, GradientNormsOptions options)
    : sink_(sink), every_(detail::checked_every("gradient_norms", options.every)) {}

template <class T>
Next GradientNorms<T>::on_gradients(const Step<T>& step) {
  if (!detail::is_due(step, every_)) return Next::proceed;
  const Network<T>& network = step.network;
  if (step.number == 0 || network_ != &network) begin(network);
  auto record = records_.begin();
  const auto put = [&](std::span<const T> numbers) {
    record->step = step.number;
    record++->value = norm(numbers);
  };
  auto placed = network.blocks().begin();
  for (std::size_t layer = 0; layer < network.size(); ++layer) {
    for (; placed != network.blocks().end() && placed->layer == layer; ++placed) put(network.gradients(*placed));
    put(flat(network.trace(layer).delta));
  }
  sink_.write(records_);
  return Next::proceed;
}

/// Fills in quantity and layer of every record, which are the same at every step.
template <class T>
void GradientNorms<T>::begin(const Network<T>& network) {
  network_ = &network;
  records_.clear();
  auto placed = network.blocks().begin();
  for (std::size_t layer = 0; layer < network.size(); ++layer) {
    const int index = static_cast<int>(layer);
    for (; placed != network.blocks().end() && placed->layer == layer; ++placed)
      records_.push_back({0, quantity(placed->block.name), index, 0});
    records_.push_back({0, "delta_norm", index, 0});
  }
}

template <class T>
std::string_view GradientNorms<T>::quantity(std::string_view block) {
  const auto known = quantities_.find(block);
  if (known != quantities_.end()) return known->second;
  return quantities_.emplace(block, std::string(block) + "_gradient_norm").first->second;
}

template class GradientNorms<float>;
template class GradientNorms<double>;

}  // namespace gradflow

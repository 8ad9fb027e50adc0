#include <gradflow/observers/live_flow.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <gradflow/flow/gradient_flow.hpp>

namespace gradflow {

template <class T>
LiveFlow<T>::LiveFlow(ProgressDisplay& display, std::string label)
    : line_(display, {.label = std::move(label)}), on_terminal_(display.is_terminal()) {}

/// Measures after the update, which does not change dL/dz.
template <class T>
Next LiveFlow<T>::on_step(const Step<T>& step) {
  if (!line_.step(step.number + 1, step.total, step.loss)) return Next::proceed;
  if (on_terminal_) {
    if (step.number == 0 || network_ != &step.network) begin(step.network);
    measure(step.network);
  }
  line_.show(layers_);
  return Next::proceed;
}

template <class T>
Next LiveFlow<T>::on_epoch(const Epoch<T>& epoch) {
  line_.epoch(epoch.step, epoch.validation);
  return Next::proceed;
}

template <class T>
void LiveFlow<T>::begin(const Network<T>& network) {
  network_ = &network;
  layers_.clear();
  for (std::size_t i = 0; i < network.size(); ++i)
    layers_.push_back({.name = fmt::format("{:>2} {}", i, network.layer(i).describe())});
}

template <class T>
void LiveFlow<T>::measure(const Network<T>& network) {
  const std::vector<double> norms = delta_norms(network);
  for (std::size_t i = 0; i < norms.size(); ++i) {
    layers_[i].norm = norms[i];
    layers_[i].history.add(norms[i]);
    layers_[i].state = judge_layer(norms[i], norms.back());
  }
}

template class LiveFlow<float>;
template class LiveFlow<double>;

}  // namespace gradflow

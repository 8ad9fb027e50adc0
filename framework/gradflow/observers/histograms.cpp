#include <gradflow/observers/histograms.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <gradflow/base/errors.hpp>
#include <gradflow/observers/every.hpp>

namespace gradflow {

template <class T>
Histograms<T>::Histograms(Sink& sink, HistogramsOptions options) : sink_(sink), options_(options) {
  detail::checked_every("histograms", options.every);
  if (options.bins == 0) throw ValueError({"histograms", "bins", "0", "at least 1", {}});
}

template <class T>
Next Histograms<T>::on_gradients(const Step<T>& step) {
  if (!detail::is_due(step, options_.every)) return Next::proceed;
  const Network<T>& network = step.network;
  records_.clear();
  for (const PlacedBlock& placed : network.blocks()) {
    const std::string_view block = placed.block.name;
    add(step.number, name(block, block == "bias" ? "es" : "s"), placed.layer, network.parameters(placed));
    add(step.number, name(block, "_gradients"), placed.layer, network.gradients(placed));
  }
  for (std::size_t layer = 0; layer < network.size(); ++layer)
    add(step.number, "activations", layer, flat(network.trace(layer).a));
  sink_.write(records_);
  return Next::proceed;
}

template <class T>
void Histograms<T>::add(std::size_t step, std::string_view quantity, std::size_t layer, std::span<const T> numbers) {
  double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0, count = 0;
  for (const T number : numbers) {
    if (!std::isfinite(number)) continue;
    const auto x = static_cast<double>(number);
    low = std::min(low, x);
    high = std::max(high, x);
    sum += x;
    ++count;
  }
  if (count == 0) return;
  if (low == high) {  // the bins must not have width 0
    low -= 0.5;
    high += 0.5;
  }
  if (shares_.size() == records_.size()) shares_.emplace_back();
  std::vector<double>& shares = shares_[records_.size()];
  shares.assign(options_.bins, 0);
  const auto bins = static_cast<double>(options_.bins);
  for (const T number : numbers)
    if (std::isfinite(number)) {
      const double place = bins * ((static_cast<double>(number) - low) / (high - low));
      shares[static_cast<std::size_t>(std::min(place, bins - 1))] += 1 / count;
    }
  records_.push_back({step, quantity, static_cast<int>(layer), sum / count, shares, low, high});
}

template <class T>
std::string_view Histograms<T>::name(std::string_view block, const char* ending) {
  const std::string key = std::string(block) + ending;
  return names_.try_emplace(key, key).first->second;
}

template class Histograms<float>;
template class Histograms<double>;

}  // namespace gradflow

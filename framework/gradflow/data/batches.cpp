#include <gradflow/data/batches.hpp>

#include <algorithm>
#include <numeric>
#include <span>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {

template <class T>
Batches<T>::Batches(const Dataset<T>& dataset, const BatchOptions& options)
    : dataset_(dataset), options_(options), rng_(options.seed, "batches"), order_(samples(dataset)) {
  if (options.size == 0) throw ValueError({"batches", "size", "0", "at least 1", {}});
  detail::require_same_samples("batches", dataset);
  require_rows("batches", "x", dataset.x);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

template <class T>
const Dataset<T>* Batches<T>::next() {
  if (position_ == order_.size()) {
    position_ = 0;
    return nullptr;
  }
  if (position_ == 0 && options_.shuffle) rng_.shuffle(order_);
  const std::size_t n = std::min(options_.size, order_.size() - position_);
  gather(dataset_, std::span<const std::size_t>(order_).subspan(position_, n), batch_);
  position_ += n;
  return &batch_;
}

template <class T>
void Batches<T>::visit_state(StateVisitor& state) {
  const auto scope = state.scope("batches");
  rng_.visit_state(state);
  state.numbers("order", std::span(order_));
  state.number("position", position_);
}

template class Batches<float>;
template class Batches<double>;

}  // namespace gradflow

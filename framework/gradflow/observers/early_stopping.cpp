#include <gradflow/observers/early_stopping.hpp>

#include <cmath>
#include <limits>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>

namespace gradflow {

template <class T>
EarlyStopping<T>::EarlyStopping(EarlyStoppingOptions options) : options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (options.patience == 0) throw ValueError({"early_stopping", "patience", "0", "at least 1", {}});
  check_range("early_stopping", "min_delta", options.min_delta, 0, infinity, false);
}

template <class T>
Next EarlyStopping<T>::on_epoch(const Epoch<T>& epoch) {
  if (epoch.number == 0) *this = EarlyStopping(options_);
  const double loss = std::isnan(epoch.validation.loss) ? epoch.train_loss : epoch.validation.loss;
  if (loss < best_loss_ - options_.min_delta) {
    best_loss_ = loss;
    best_epoch_ = epoch.number;
  }
  stopped_ = epoch.number - best_epoch_ >= options_.patience;
  return stopped_ ? Next::stop : Next::proceed;
}

template <class T>
void EarlyStopping<T>::visit_state(StateVisitor& state, const Network<T>&) {
  const auto scope = state.scope("early_stopping");
  state.number("best_loss", best_loss_);
  state.number("best_epoch", best_epoch_);
  state.number("stopped", stopped_);
}

template class EarlyStopping<float>;
template class EarlyStopping<double>;

}  // namespace gradflow

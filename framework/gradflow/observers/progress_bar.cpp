#include <gradflow/observers/progress_bar.hpp>

#include <memory>

namespace gradflow {

template <class T>
ProgressBar<T>::ProgressBar(ProgressOptions options)
    : own_(std::make_unique<ProgressDisplay>(options)), line_(*own_, {}) {}

template <class T>
Next ProgressBar<T>::on_step(const Step<T>& step) {
  if (line_.step(step.number + 1, step.total, step.loss)) line_.show();
  return Next::proceed;
}

template <class T>
Next ProgressBar<T>::on_epoch(const Epoch<T>& epoch) {
  line_.epoch(epoch.step, epoch.validation);
  return Next::proceed;
}

template class ProgressBar<float>;
template class ProgressBar<double>;

}  // namespace gradflow

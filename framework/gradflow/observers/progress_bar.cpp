#include <gradflow/observers/progress_bar.hpp>

#include <cmath>
#include <memory>

namespace gradflow {

template <class T>
ProgressBar<T>::ProgressBar(ProgressOptions options)
    : own_(std::make_unique<ProgressDisplay>(options)), line_(*own_, {}) {}

template <class T>
Next ProgressBar<T>::on_step(const Step<T>& step) {
  line_.step(step.number + 1, step.total, step.loss);
  return Next::proceed;
}

template <class T>
Next ProgressBar<T>::on_epoch(const Epoch<T>& epoch) {
  if (!std::isnan(epoch.validation.accuracy)) line_.metric("accuracy", epoch.validation.accuracy);
  if (!std::isnan(epoch.validation.r2)) line_.metric("r2", epoch.validation.r2);
  if (epoch.step + 1 == line_.total()) line_.finish();
  return Next::proceed;
}

template class ProgressBar<float>;
template class ProgressBar<double>;

}  // namespace gradflow

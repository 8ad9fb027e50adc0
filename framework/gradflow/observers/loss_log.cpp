#include <gradflow/observers/loss_log.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include <gradflow/observers/every.hpp>

namespace gradflow {
namespace {

constexpr int whole_network = -1;

}  // namespace

template <class T>
LossLog<T>::LossLog(Sink& sink, LossLogOptions options)
    : sink_(sink), every_(detail::checked_every("loss_log", options.every)) {}

template <class T>
Next LossLog<T>::on_step(const Step<T>& step) {
  if (!detail::is_due(step, every_)) return Next::proceed;
  const std::array<Record, 2> records = {{{step.number, "batch_loss", whole_network, step.loss},
                                          {step.number, "learning_rate", whole_network, step.learning_rate}}};
  sink_.write(records);
  return Next::proceed;
}

template <class T>
Next LossLog<T>::on_epoch(const Epoch<T>& epoch) {
  const Evaluation& validation = epoch.validation;
  const std::array<Record, 5> metrics = {
      {{epoch.step, "validation_loss", whole_network, validation.loss},
       {epoch.step, "validation_accuracy", whole_network, validation.accuracy},
       {epoch.step, "validation_mae", whole_network, validation.mae},
       {epoch.step, "validation_r2", whole_network, validation.r2},
       {epoch.step, "validation_subset_accuracy", whole_network, validation.subset_accuracy}}};
  std::array<Record, 6> records = {{{epoch.step, "train_loss", whole_network, epoch.train_loss}}};
  std::size_t count = 1;
  for (const Record& metric : metrics)
    if (!std::isnan(metric.value)) records[count++] = metric;
  sink_.write(std::span(records).first(count));
  return Next::proceed;
}

template class LossLog<float>;
template class LossLog<double>;

}  // namespace gradflow

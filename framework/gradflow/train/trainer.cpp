#include <gradflow/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/reduce.hpp>
#include <gradflow/base/threads.hpp>
#include <gradflow/optim/clipping.hpp>

namespace gradflow {
namespace {

/// Every observer is told, whatever those before it answered.
template <class T, class Hook>
bool any_stops(const std::vector<Observer<T>*>& observers, const Hook& hook) {
  bool stop = false;
  for (Observer<T>* observer : observers) stop |= hook(*observer) == Next::stop;
  return stop;
}

/// Where a number that is not finite was seen first on its way: forward in the outputs, or back in the gradients.
template <class T>
std::optional<std::pair<std::size_t, std::string>> find_not_finite(const Network<T>& network) {
  for (std::size_t i = 0; i < network.size(); ++i)
    if (!all_finite(flat(network.trace(i).a))) return {{i, "output is"}};
  for (std::size_t i = network.size(); i-- > 0;)
    if (!all_finite(network.gradients(i))) return {{i, "gradient is"}};
  for (std::size_t i = 0; i < network.size(); ++i)
    if (!all_finite(network.parameters(i))) return {{i, "parameters are"}};
  return std::nullopt;
}

void check_same(std::string_view what, std::size_t got, std::size_t expected) {
  if (got == expected) return;
  throw ShapeError({"validation data",
                    std::string(what),
                    std::to_string(got),
                    std::to_string(expected) + ", as in the training data",
                    {}});
}

/// Ends what a run has borrowed, however it ends.
template <class T>
struct GiveBack {
  Network<T>& network;
  Optimizer<T>& optimizer;
  double learning_rate;
  bool keeps_z;
  ~GiveBack() {
    optimizer.learning_rate = learning_rate;
    network.keep_z(keeps_z);
  }
};

}  // namespace

/// What one call of fit() knows.
template <class T>
struct Trainer<T>::Run {
  const Dataset<T>& validation;
  Batches<T> batches;
  double base_rate;
  bool keeps_z;  ///< the user asked the network for it
  std::size_t total_steps = 0;
  History history = {};
  std::size_t epoch = 0;
  double loss_sum = 0, samples = 0;  ///< of this epoch
  double best_loss = std::numeric_limits<double>::infinity();
  AlignedVector<T> best_parameters = {};
  Matrix<T> delta = {};
  std::vector<Range> ranges = {};
  std::vector<RangeNorms> norms = {};
};

template <class T>
Trainer<T>::Trainer(LossPtr<T> loss, Network<T>& network, Optimizer<T>& optimizer, TrainerOptions options)
    : loss_(std::move(loss)), network_(network), optimizer_(optimizer), options_(std::move(options)) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!loss_) throw ValueError({"trainer", "loss", "a null pointer", "a loss", {}});
  if (options_.epochs == 0 && options_.steps == 0) throw ValueError({"trainer", "epochs", "0", "at least 1", {}});
  if (options_.batch_size == 0) throw ValueError({"trainer", "batch_size", "0", "at least 1", {}});
  if (options_.threads == 0) throw ValueError({"trainer", "threads", "0", "at least 1", {}});
  check_range("trainer", "clip_norm", options_.clip_norm, 0, infinity, false);
  check_range("trainer", "clip_value", options_.clip_value, 0, infinity, false);
}

template <class T>
Trainer<T>& Trainer<T>::watch(Observer<T>& observer) {
  observers_.push_back(&observer);
  return *this;
}

template <class T>
void Trainer<T>::check_data(const Dataset<T>& train, const Dataset<T>& validation) const {
  require_finite(train, "training data");
  require_finite(validation, "validation data");
  if (samples(validation) == 0) return;
  check_same("features", columns(validation.x), columns(train.x));
  check_same("targets", columns(validation.y), columns(train.y));
}

template <class T>
History Trainer<T>::fit(const Dataset<T>& train, const Dataset<T>& validation) {
  check_data(train, validation);
  std::optional<Threads> threads;  // of the caller, unless the options ask for some
  if (options_.threads > 1) threads.emplace(options_.threads);
  const GiveBack<T> give_back{network_, optimizer_, optimizer_.learning_rate, network_.keeps_z()};
  Run run{validation, Batches<T>(train, {options_.batch_size, options_.seed, options_.shuffle}),
          give_back.learning_rate, give_back.keeps_z};
  run.total_steps = options_.steps ? options_.steps : options_.epochs * run.batches.count();
  run.norms.resize(network_.blocks().size());
  for (const PlacedBlock& placed : network_.blocks()) run.ranges.push_back({placed.block.offset, placed.block.size()});

  while (run_epoch(run)) ++run.epoch;
  if (run.history.outcome != Outcome::diverged && !all_finite(std::as_const(network_).parameters()))
    record_divergence(run, run.history.steps - 1);

  if (options_.restore_best && run.history.best_epoch)
    std::ranges::copy(run.best_parameters, network_.parameters().begin());
  return std::move(run.history);
}

/// False where the run ends with it.
template <class T>
bool Trainer<T>::run_epoch(Run& run) {
  run.loss_sum = run.samples = 0;
  bool proceed = true;
  while (const Dataset<T>* batch = proceed ? run.batches.next() : nullptr) proceed = run_step(run, *batch);
  return run.history.outcome != Outcome::diverged && end_epoch(run) && proceed;
}

/// False where the run ends with it.
template <class T>
bool Trainer<T>::run_step(Run& run, const Dataset<T>& batch) {
  const std::size_t number = run.history.steps;
  const Needs needs = gather_needs(number);
  network_.keep_z(needs.z || run.keeps_z);
  if (options_.schedule)
    optimizer_.learning_rate =
        run.base_rate * options_.schedule->factor(
                            {number, run.total_steps, run.epoch,
                             run.history.epochs.empty() ? std::nan("") : run.history.epochs.back().validation.loss});
  const double loss = loss_->evaluate(network_.forward(batch.x), batch.y, run.delta);
  network_.backward(batch.x, run.delta);
  if (diverged(run, loss)) return false;

  Step<T> step{number, run.total_steps, run.epoch, loss, optimizer_.learning_rate, network_, batch};
  bool stop = any_stops<T>(observers_, [&](Observer<T>& o) { return o.on_gradients(step); });
  if (needs.update_norms) step.update_norms = run.norms;
  update(run, step);
  run.loss_sum += loss * static_cast<double>(samples(batch));
  run.samples += static_cast<double>(samples(batch));
  ++run.history.steps;
  stop |= any_stops<T>(observers_, [&](Observer<T>& o) { return o.on_step(step); });
  if (stop && run.history.steps < run.total_steps) run.history.outcome = Outcome::stopped;
  return !stop && run.history.steps < run.total_steps;
}

template <class T>
Needs Trainer<T>::gather_needs(std::size_t step) const {
  Needs all;
  for (const Observer<T>* observer : observers_) {
    const Needs needs = observer->needs(step);
    all.z |= needs.z;
    all.update_norms |= needs.update_norms;
  }
  return all;
}

template <class T>
void Trainer<T>::update(Run& run, Step<T>& step) {
  StepOptions options{.clip_value = options_.clip_value};
  if (std::isfinite(options_.clip_norm))
    options.gradient_scale = clip_scale(norm(network_.gradients()), options_.clip_norm);
  if (!step.update_norms.empty()) {
    options.ranges = run.ranges;
    options.norms = run.norms;
  }
  optimizer_.step(network_.parameters(), network_.gradients(), options);
}

template <class T>
bool Trainer<T>::diverged(Run& run, double loss) const {
  if (std::isfinite(loss) && all_finite(network_.gradients())) return false;
  record_divergence(run, run.history.steps);
  return true;
}

template <class T>
void Trainer<T>::record_divergence(Run& run, std::size_t step) const {
  const auto [layer, what] = find_not_finite(network_).value_or(std::pair{network_.size() - 1, std::string("loss is")});
  run.history.outcome = Outcome::diverged;
  run.history.divergence = {
      step, layer, "step " + std::to_string(step) + ": " + network_.layer_name(layer) + ": " + what + " not finite"};
}

/// Evaluates, records and tells the observers. False where the run ends with it.
template <class T>
bool Trainer<T>::end_epoch(Run& run) {
  const Evaluation validation = evaluate(network_, *loss_, run.validation);
  History& history = run.history;
  history.epochs.push_back(
      {run.epoch, history.steps, optimizer_.learning_rate, run.loss_sum / run.samples, validation});
  const double judged = samples(run.validation) > 0 ? validation.loss : history.epochs.back().train_loss;
  if (judged < run.best_loss && all_finite(std::as_const(network_).parameters())) {
    run.best_loss = judged;
    history.best_epoch = run.epoch;
    if (options_.restore_best) run.best_parameters.assign(network_.parameters().begin(), network_.parameters().end());
  }
  const Epoch<T> epoch{run.epoch, history.steps - 1, history.epochs.back().train_loss, validation, network_};
  const bool stop = any_stops<T>(observers_, [&](Observer<T>& o) { return o.on_epoch(epoch); });
  if (stop && history.steps < run.total_steps) history.outcome = Outcome::stopped;
  return !stop;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace gradflow

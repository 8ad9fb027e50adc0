#include <gradflow/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/math/threads.hpp>
#include <gradflow/optim/clipping.hpp>
#include <gradflow/train/trainer_run.hpp>

namespace gradflow {
namespace {

/// Calls every observer; the strongest answer wins (stop > interrupt > proceed).
template <class T, class Hook>
void notify(const std::vector<Observer<T>*>& observers, Next& next, const Hook& hook) {
  for (Observer<T>* observer : observers) next = std::max(next, hook(*observer));
}

/// Finds the layer in which a number was first not finite. Searches outputs from first to last layer, then gradients
/// from last to first, then parameters, then states.
template <class T>
std::optional<std::pair<std::size_t, std::string>> find_not_finite(const Network<T>& network) {
  for (std::size_t i = 0; i < network.size(); ++i)
    if (!all_finite(flat(network.trace(i).a))) return {{i, "output is"}};
  for (std::size_t i = network.size(); i-- > 0;)
    if (!all_finite(network.gradients(i))) return {{i, "gradient is"}};
  for (std::size_t i = 0; i < network.size(); ++i)
    if (!all_finite(network.parameters(i))) return {{i, "parameters are"}};
  for (std::size_t i = 0; i < network.size(); ++i)
    if (!all_finite(network.state(i))) return {{i, "state is"}};
  return std::nullopt;
}

/// Restores the learning rate and keep_z at the end of a run, also after an exception.
template <class T>
struct RestoreOnExit {
  Network<T>& network;
  Optimizer<T>& optimizer;
  double learning_rate;
  bool keeps_z;
  ~RestoreOnExit() {
    optimizer.learning_rate = learning_rate;
    network.keep_z(keeps_z);
  }
};

}  // namespace

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
Trainer<T>::~Trainer() = default;

template <class T>
Trainer<T>& Trainer<T>::watch(Observer<T>& observer) {
  observers_.push_back(&observer);
  return *this;
}

template <class T>
void Trainer<T>::check_data(const Dataset<T>& train, const Dataset<T>& validation) const {
  require_rows("fit: training data", "x", train.x);
  check_shapes("fit: training data", train);
  check_shapes("fit: validation data", validation);
  if (samples(validation) > 0)
    require_shape("fit: validation data", "y", validation.y,
                  {samples(validation), columns(train.y), "as many columns as in the training data"});
  require_finite(train, "training data");
  require_finite(validation, "validation data");
  detail::require_logits(network_, *loss_, train.x);
}

template <class T>
void Trainer<T>::check_shapes(std::string_view where, const Dataset<T>& data) const {
  detail::require_same_samples(where, data);
  if (samples(data) == 0) return;
  require_shape(where, "x", data.x, {samples(data), network_.inputs(), "a column for each input of the network"});
  detail::require_targets(where, "y", data.y, samples(data), network_.outputs());
}

template <class T>
void Trainer<T>::check_initialized() const {
  if (network_.is_initialized()) return;
  throw ValueError({"fit: network", "parameters", "all 0, because the network was not initialised",
                    "parameters from initialize() or load_model()", "network.initialize(AutoInit{}, seed) draws them"});
}

template <class T>
History Trainer<T>::fit(const Dataset<T>& train, const Dataset<T>& validation) {
  check_data(train, validation);
  optimizer_.check_network(network_);
  check_kept();
  put_back_last();
  std::optional<Threads> threads;  // if empty, uses the threads of the caller
  if (options_.threads > 1) threads.emplace(options_.threads);
  const RestoreOnExit<T> restore{network_, optimizer_, optimizer_.learning_rate, network_.keeps_z()};
  Run run(*this, train, validation);
  notify_between_steps(run);
  check_initialized();  // only now, because an observer may have loaded parameters
  while (!run.ended) {
    const bool last_epoch_ends = run.next != Next::proceed || run.history.steps == run.total_steps;
    const bool is_cut = last_epoch_ends && run.batches.position() < samples(train);
    if (const Dataset<T>* const batch = is_cut ? nullptr : run.batches.next())
      run_step(run, *batch);
    else
      end_epoch(run);
    notify_between_steps(run);
  }
  if (run.history.outcome != Outcome::diverged && !all_finite(std::as_const(network_).values()))
    record_divergence(run, run.history.steps - 1);
  keep(run);
  if (options_.restore_best && run.history.best_epoch) std::ranges::copy(run.best_values, network_.values().begin());
  return std::move(run.history);
}

/// Drops what the last fit() left if the network is another one or was initialised again. Throws ValueError if the run
/// cannot be continued, because the schedule depends on its length.
template <class T>
void Trainer<T>::check_kept() {
  if (kept_ && kept_->network != network_.identity()) kept_.reset();
  if (!kept_ || !kept_->progress.asked_length) return;
  const std::string name(options_.schedule->name());
  throw ValueError({name,
                    {},
                    "another call of fit()",
                    "one call, because the learning rates depend on the length of the run",
                    "use " + name + "(steps=N), or make a new Trainer"});
}

/// Restores the last values, which the best values replaced. Does nothing if the best values were changed since.
template <class T>
void Trainer<T>::put_back_last() {
  if (!kept_ || kept_->last_values.empty()) return;
  if (std::ranges::equal(std::as_const(network_).values(), kept_->best_values))
    std::ranges::copy(kept_->last_values, network_.values().begin());
}

template <class T>
void Trainer<T>::keep(Run& run) {
  kept_.reset();
  if (run.history.outcome == Outcome::diverged) return;
  kept_.reset(new Kept{network_.identity(),
                       samples(run.train),
                       samples(run.validation),
                       {},
                       run,
                       run.history.steps,
                       run.history.best_epoch,
                       run.best_values,
                       {}});
  StateVisitor state(kept_->batches);
  run.batches.visit_state(state);
  const auto values = std::as_const(network_).values();
  if (options_.restore_best && run.history.best_epoch) kept_->last_values.assign(values.begin(), values.end());
}

template <class T>
void Trainer<T>::notify_between_steps(Run& run) {
  for (Observer<T>* observer : observers_) observer->between_steps(run);
  run.begins = false;
}

template <class T>
void Trainer<T>::run_step(Run& run, const Dataset<T>& batch) {
  const std::size_t number = run.history.steps;
  const Needs needs = gather_needs(number);
  network_.keep_z(needs.z || run.keeps_z);
  if (options_.schedule) {
    const RunProgress progress{number, run.total_steps, run.epoch, run.validation_loss};
    optimizer_.learning_rate = run.base_rate * options_.schedule->factor(progress);
    run.asked_length |= progress.total_steps.was_asked();
  }
  const double loss =
      loss_->evaluate(network_.forward(batch.x, {true, options_.seed, number}), batch.y, run.delta, {batch.weights});
  network_.backward(batch.x, run.delta);
  if (diverged(run, loss)) return;
  network_.update_state();

  Step<T> step{number, run.total_steps, run.epoch, loss, optimizer_.learning_rate, network_, batch};
  notify<T>(observers_, run.next, [&](Observer<T>& o) { return o.on_gradients(step); });
  if (needs.update_norms) step.update_norms = run.norms;
  update(run, step);
  const double weight = total_weight(batch);
  run.loss_sum += loss * weight;
  run.weight += weight;
  ++run.history.steps;
  notify<T>(observers_, run.next, [&](Observer<T>& o) { return o.on_step(step); });
}

template <class T>
Needs Trainer<T>::gather_needs(std::size_t step) const {
  Needs all;
  for (const Observer<T>* observer : observers_) {
    const Needs needs = observer->needs(step);
    all.z |= needs.z;
    all.update_norms |= needs.update_norms;
    all.best |= needs.best;
  }
  return all;
}

template <class T>
void Trainer<T>::update(Run& run, Step<T>& step) {
  StepOptions options{.clip_value = options_.clip_value};
  if (std::isfinite(options_.clip_norm))
    options.gradient_scale = clip_scale(optimizer_.gradient_norm(network_), options_.clip_norm);
  if (!step.update_norms.empty()) {
    options.ranges = run.ranges;
    options.norms = run.norms;
  }
  optimizer_.step(network_, options);
}

template <class T>
bool Trainer<T>::diverged(Run& run, double loss) const {
  if (std::isfinite(loss) && all_finite(network_.gradients())) return false;
  if (run.history.epochs.empty())
    detail::add_epoch(run.history.epochs, {run.epoch,
                                           run.history.steps,
                                           optimizer_.learning_rate,
                                           run.weight > 0 ? run.loss_sum / run.weight : loss,
                                           {}});
  record_divergence(run, run.history.steps);
  return true;
}

template <class T>
void Trainer<T>::record_divergence(Run& run, std::size_t step) const {
  const auto [layer, what] = find_not_finite(network_).value_or(std::pair{network_.size() - 1, std::string("loss is")});
  run.history.outcome = Outcome::diverged;
  run.ended = true;
  run.history.divergence = {
      step, layer, "step " + std::to_string(step) + ": " + network_.layer_name(layer) + ": " + what + " not finite"};
}

/// Evaluates the network, records the epoch and calls the observers.
template <class T>
void Trainer<T>::end_epoch(Run& run) {
  const Evaluation validation = evaluate(network_, *loss_, run.validation);
  History& history = run.history;
  detail::add_epoch(history.epochs,
                    {run.epoch, history.steps, optimizer_.learning_rate, run.loss_sum / run.weight, validation});
  const double judged = samples(run.validation) > 0 ? validation.loss : history.epochs.back().train_loss;
  const auto values = std::as_const(network_).values();
  if (judged < run.best_loss && all_finite(values)) {
    run.best_loss = judged;
    history.best_epoch = run.epoch;
    if (run.keeps_best) run.best_values.assign(values.begin(), values.end());
  }
  const Epoch<T> epoch{run.epoch,  history.steps - 1, optimizer_.learning_rate, history.epochs.back().train_loss,
                       validation, network_};
  // If the run was interrupted, the epoch is incomplete. So what the observers return for it does not count.
  const bool interrupted = run.next == Next::interrupt;
  notify<T>(observers_, run.next, [&](Observer<T>& o) { return o.on_epoch(epoch); });
  if (interrupted) run.next = Next::interrupt;
  run.ended = run.next != Next::proceed || history.steps == run.total_steps;
  if (run.next != Next::proceed && history.steps < run.total_steps)
    history.outcome = run.next == Next::stop ? Outcome::stopped : Outcome::interrupted;
  if (run.batches.position() > 0) return;  // the epoch was cut short: the next fit() trains the rest
  ++run.epoch;
  run.loss_sum = run.weight = 0;
  run.validation_loss = validation.loss;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace gradflow

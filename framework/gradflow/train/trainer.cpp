#include <gradflow/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/state_values.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/math/threads.hpp>
#include <gradflow/optim/clipping.hpp>

namespace gradflow {
namespace {

/// Calls every observer; the strongest answer wins (stop > interrupt > proceed).
template <class T, class Hook>
void tell(const std::vector<Observer<T>*>& observers, Next& next, const Hook& hook) {
  for (Observer<T>* observer : observers) next = std::max(next, hook(*observer));
}

constexpr std::size_t most_epochs = 4096;  // that a history has

/// As History::epochs has it. The record of an epoch that was cut gives way to that of the whole.
void record(std::vector<EpochRecord>& epochs, const EpochRecord& epoch) {
  if (!epochs.empty() && epochs.back().epoch == epoch.epoch) epochs.pop_back();
  const std::size_t apart = epochs.size() > 2 ? epochs[1].epoch - epochs[0].epoch : 1;
  if (!epochs.empty() && epochs.back().epoch % apart != 0) epochs.pop_back();
  if (epochs.size() == most_epochs)
    std::erase_if(epochs, [=](const EpochRecord& e) { return e.epoch % (2 * apart) != 0; });
  epochs.push_back(epoch);
}

constexpr std::size_t numbers_of_epoch = 9;

void visit(StateVisitor& state, std::vector<EpochRecord>& epochs) {
  std::vector<double> numbers;
  for (const auto& [epoch, steps, learning_rate, train_loss, v] : epochs)
    numbers.insert(numbers.end(), {static_cast<double>(epoch), static_cast<double>(steps), learning_rate, train_loss,
                                   v.loss, v.accuracy, v.mae, v.r2, v.subset_accuracy});
  state.list("epochs", numbers);
  if (!state.loading()) return;
  epochs.clear();
  for (std::size_t i = 0; i + numbers_of_epoch <= numbers.size(); i += numbers_of_epoch) {
    const double* const n = numbers.data() + i;
    epochs.push_back(
        {static_cast<std::size_t>(n[0]), static_cast<std::size_t>(n[1]), n[2], n[3], {n[4], n[5], n[6], n[7], n[8]}});
  }
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

/// How far a run is, beside what its history says.
template <class T>
struct Trainer<T>::Progress {
  std::size_t epoch = 0;
  double loss_sum = 0;  ///< of this epoch so far: losses, each by the weight of its batch
  double weight = 0;    ///< the sum of those weights
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< of the last epoch that is whole
  double best_loss = std::numeric_limits<double>::infinity();
  bool asked_length = false;  ///< the schedule did
};

/// What one fit() leaves for the next.
template <class T>
struct Trainer<T>::Kept {
  std::uint64_t network;  ///< its identity
  std::size_t train_samples, validation_samples;
  State batches;
  Progress progress;
  std::size_t steps;
  std::optional<std::size_t> best_epoch;
  AlignedVector<T> best_parameters;
  AlignedVector<T> last_parameters;  ///< if the best took their place
};

/// What one call of fit() knows.
template <class T>
struct Trainer<T>::Run final : RunState<T>, Progress {
  Run(Trainer& of, const Dataset<T>& train_part, const Dataset<T>& validation_part);
  void continue_from(const Kept& kept);
  void extend_to_length(const StateVisitor& state, std::size_t saved_steps);
  void visit(StateVisitor& state) override;

  Trainer& trainer;
  const Dataset<T>&train, &validation;
  const double base_rate;
  const std::string optimizer;  ///< as it was at the start: the learning rate is the schedule's to change
  const bool keeps_z;           ///< the user asked the network for it
  const bool keeps_best;
  Batches<T> batches;
  const std::size_t total_steps;  ///< with those of the fits before
  Matrix<T> delta = {};
  std::vector<Range> ranges = {};
  std::vector<RangeNorms> norms = {};
  std::string data_checksum = {};  ///< once it was asked for
};

template <class T>
Trainer<T>::Run::Run(Trainer& of, const Dataset<T>& train_part, const Dataset<T>& validation_part)
    : RunState<T>(of.network_),
      trainer(of),
      train(train_part),
      validation(validation_part),
      base_rate(of.optimizer_.learning_rate),
      optimizer(of.optimizer_.describe()),
      keeps_z(of.network_.keeps_z()),
      keeps_best(of.options_.restore_best || of.gather_needs(0).best),
      batches(train, {of.options_.batch_size, of.options_.seed, of.options_.shuffle}),
      total_steps((of.kept_ ? of.kept_->steps : 0) +
                  (of.options_.steps ? of.options_.steps : of.options_.epochs * batches.count())),
      norms(of.network_.blocks().size()) {
  for (const PlacedBlock& placed : of.network_.blocks()) ranges.push_back({placed.block.offset, placed.block.size()});
  if (of.kept_) continue_from(*of.kept_);
}

template <class T>
void Trainer<T>::Run::continue_from(const Kept& kept) {
  static_cast<Progress&>(*this) = kept.progress;
  this->history.steps = kept.steps;
  if (kept.train_samples == gradflow::samples(train)) {
    StateVisitor state(kept.batches, "the fit before");
    batches.visit_state(state);
  } else if (this->weight > 0) {  // the rest of that epoch is gone
    ++this->epoch;
    this->loss_sum = this->weight = 0;
  }
  const bool same_validation = kept.validation_samples == gradflow::samples(validation);
  if (same_validation && (!keeps_best || !kept.best_epoch || !kept.best_parameters.empty())) {
    this->history.best_epoch = kept.best_epoch;
    this->best_parameters = kept.best_parameters;
  } else {
    this->best_loss = Progress{}.best_loss;
  }
}

template <class T>
void Trainer<T>::Run::visit(StateVisitor& state) {
  const TrainerOptions& options = trainer.options_;
  const auto scope = state.scope("run");
  if (data_checksum.empty()) data_checksum = checksum(train) + ", " + checksum(validation);
  state.same("data", data_checksum);
  state.same("loss", trainer.loss_->describe());
  state.same("optimizer", optimizer);
  state.same("schedule", options.schedule ? options.schedule->describe() : "none");
  state.same("options", "batch_size=" + std::to_string(options.batch_size) + " seed=" + std::to_string(options.seed) +
                            " shuffle=" + std::to_string(options.shuffle) + " clip_norm=" + text(options.clip_norm) +
                            " clip_value=" + text(options.clip_value) + " keeps_best=" + std::to_string(keeps_best));
  std::size_t saved_steps = total_steps;
  state.number("total_steps", saved_steps);
  trainer.optimizer_.visit_state(state);
  if (options.schedule) options.schedule->visit_state(state);
  batches.visit_state(state);
  state.number("epoch", this->epoch);
  state.number("loss_sum", this->loss_sum);
  state.number("weight", this->weight);
  state.number("validation_loss", this->validation_loss);
  state.number("asked_length", this->asked_length);
  state.number("steps", this->history.steps);
  state.number("outcome", this->history.outcome);
  Next asked = this->next == Next::interrupt ? Next::proceed : this->next;
  state.number("next", asked);
  if (state.loading()) this->next = asked;
  state.number("ended", this->ended);
  gradflow::visit(state, this->history.epochs);
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t best = this->history.best_epoch.value_or(none);
  state.number("best_epoch", best);
  if (state.loading()) this->history.best_epoch = best == none ? std::nullopt : std::optional(best);
  state.number("best_loss", this->best_loss);
  if (state.loading()) extend_to_length(state, saved_steps);
  for (Observer<T>* observer : trainer.observers_) observer->visit_state(state, this->network);
}

/// What was saved may be of a shorter run, but not of a longer one. If it had ended it has steps left.
template <class T>
void Trainer<T>::Run::extend_to_length(const StateVisitor& state, std::size_t saved_steps) {
  if (saved_steps == total_steps) return;
  const std::string saved = std::to_string(saved_steps), now = std::to_string(total_steps);
  if (saved_steps > total_steps) state.refuse("total_steps", saved, now, "a run can be made longer, not shorter");
  if (this->asked_length) {
    const std::string name(trainer.options_.schedule->name());
    const std::string done =
        "steps 0 to " + std::to_string(this->history.steps - 1) + " have the rates of a run of " + saved;
    if (!this->extend)
      state.refuse("total_steps", saved, now,
                   name + " depends on it: " + done + "; extend = true continues all the same");
    this->change = name + ": " + done + " steps, the others those of a run of " + now;
  }
  if (!this->ended) return;
  this->ended = this->next == Next::stop;
  if (this->ended) this->history.outcome = Outcome::stopped;
}

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
  throw ValueError({"fit: network", "parameters", "all 0, as the network was made",
                    "those of initialize() or load_model()", "network.initialize(AutoInit{}, seed) draws them"});
}

template <class T>
History Trainer<T>::fit(const Dataset<T>& train, const Dataset<T>& validation) {
  check_data(train, validation);
  optimizer_.check_network(network_);
  check_kept();
  put_back_last();
  std::optional<Threads> threads;  // of the caller, unless the options ask for some
  if (options_.threads > 1) threads.emplace(options_.threads);
  const GiveBack<T> give_back{network_, optimizer_, optimizer_.learning_rate, network_.keeps_z()};
  Run run(*this, train, validation);
  tell_between_steps(run);
  check_initialized();  // not before: an observer may have put parameters back
  while (!run.ended) {
    const bool last_epoch_ends = run.next != Next::proceed || run.history.steps == run.total_steps;
    const bool is_cut = last_epoch_ends && run.batches.position() < samples(train);
    if (const Dataset<T>* const batch = is_cut ? nullptr : run.batches.next())
      run_step(run, *batch);
    else
      end_epoch(run);
    tell_between_steps(run);
  }
  if (run.history.outcome != Outcome::diverged && !all_finite(std::as_const(network_).parameters()))
    record_divergence(run, run.history.steps - 1);
  keep(run);
  if (options_.restore_best && run.history.best_epoch)
    std::ranges::copy(run.best_parameters, network_.parameters().begin());
  return std::move(run.history);
}

/// What the last fit() left, if it is of this network as it is now, and can be continued.
template <class T>
void Trainer<T>::check_kept() {
  if (kept_ && kept_->network != network_.identity()) kept_.reset();
  if (!kept_ || !kept_->progress.asked_length) return;
  const std::string name(options_.schedule->name());
  throw ValueError({name, "length of the run", "the length of the fit() before", "one length for all fits",
                    "use " + name + "(steps=N), or make a new Trainer"});
}

/// Unless somebody has changed the best ones, which took their place.
template <class T>
void Trainer<T>::put_back_last() {
  if (!kept_ || kept_->last_parameters.empty()) return;
  if (std::ranges::equal(std::as_const(network_).parameters(), kept_->best_parameters))
    std::ranges::copy(kept_->last_parameters, network_.parameters().begin());
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
                       run.best_parameters,
                       {}});
  StateVisitor state(kept_->batches);
  run.batches.visit_state(state);
  const auto parameters = std::as_const(network_).parameters();
  if (options_.restore_best && run.history.best_epoch)
    kept_->last_parameters.assign(parameters.begin(), parameters.end());
}

template <class T>
void Trainer<T>::tell_between_steps(Run& run) {
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
  const double loss = loss_->evaluate(network_.forward(batch.x), batch.y, run.delta, {batch.weights});
  network_.backward(batch.x, run.delta);
  if (diverged(run, loss)) return;

  Step<T> step{number, run.total_steps, run.epoch, loss, optimizer_.learning_rate, network_, batch};
  tell<T>(observers_, run.next, [&](Observer<T>& o) { return o.on_gradients(step); });
  if (needs.update_norms) step.update_norms = run.norms;
  update(run, step);
  const double weight = total_weight(batch);
  run.loss_sum += loss * weight;
  run.weight += weight;
  ++run.history.steps;
  tell<T>(observers_, run.next, [&](Observer<T>& o) { return o.on_step(step); });
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
    options.gradient_scale = clip_scale(norm(network_.gradients()), options_.clip_norm);
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
    record(run.history.epochs, {run.epoch,
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

/// Evaluates, records and tells the observers.
template <class T>
void Trainer<T>::end_epoch(Run& run) {
  const Evaluation validation = evaluate(network_, *loss_, run.validation);
  History& history = run.history;
  record(history.epochs, {run.epoch, history.steps, optimizer_.learning_rate, run.loss_sum / run.weight, validation});
  const double judged = samples(run.validation) > 0 ? validation.loss : history.epochs.back().train_loss;
  const auto parameters = std::as_const(network_).parameters();
  if (judged < run.best_loss && all_finite(parameters)) {
    run.best_loss = judged;
    history.best_epoch = run.epoch;
    if (run.keeps_best) run.best_parameters.assign(parameters.begin(), parameters.end());
  }
  const Epoch<T> epoch{run.epoch,  history.steps - 1, optimizer_.learning_rate, history.epochs.back().train_loss,
                       validation, network_};
  const bool interrupted = run.next == Next::interrupt;  // then this epoch is not whole: it decides nothing
  tell<T>(observers_, run.next, [&](Observer<T>& o) { return o.on_epoch(epoch); });
  if (interrupted) run.next = Next::interrupt;
  run.ended = run.next != Next::proceed || history.steps == run.total_steps;
  if (run.next != Next::proceed && history.steps < run.total_steps)
    history.outcome = run.next == Next::stop ? Outcome::stopped : Outcome::interrupted;
  if (run.batches.position() > 0) return;  // it was cut: the next fit() makes the rest of it
  ++run.epoch;
  run.loss_sum = run.weight = 0;
  run.validation_loss = validation.loss;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace gradflow

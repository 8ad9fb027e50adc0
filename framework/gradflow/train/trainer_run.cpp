// What a checkpoint saves of a run, and how a run continues from a checkpoint or from the previous fit().
#include <gradflow/train/trainer_run.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {

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
    StateVisitor state(kept.batches, "the previous fit()");
    batches.visit_state(state);
  } else if (this->weight > 0) {  // the rest of that epoch is dropped
    ++this->epoch;
    this->loss_sum = this->weight = 0;
  }
  const bool same_validation = kept.validation_samples == gradflow::samples(validation);
  if (same_validation && (!keeps_best || !kept.best_epoch || !kept.best_values.empty())) {
    this->history.best_epoch = kept.best_epoch;
    this->best_values = kept.best_values;
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
  detail::visit_epochs(state, this->history.epochs);
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t best = this->history.best_epoch.value_or(none);
  state.number("best_epoch", best);
  if (state.loading()) this->history.best_epoch = best == none ? std::nullopt : std::optional(best);
  state.number("best_loss", this->best_loss);
  if (state.loading()) extend_to_length(state, saved_steps);
  for (Observer<T>* observer : trainer.observers_) observer->visit_state(state, this->network);
}

/// Accepts the saved state of a shorter run, but not of a longer one. If the saved run had ended, this run has steps
/// left.
template <class T>
void Trainer<T>::Run::extend_to_length(const StateVisitor& state, std::size_t saved_steps) {
  if (saved_steps == total_steps) return;
  const std::string saved = std::to_string(saved_steps), now = std::to_string(total_steps);
  if (saved_steps > total_steps) state.refuse("total_steps", saved, now, "a run can be made longer, not shorter");
  if (this->asked_length) {
    const std::string name(trainer.options_.schedule->name());
    const std::string done = "with " + name + ", steps 0 to " + std::to_string(this->history.steps - 1) +
                             " have the learning rates of a run of " + saved + " steps";
    if (!this->extend) state.refuse("total_steps", saved, now, done + "; extend = true continues anyway");
    this->change = done + ", and later steps those of a run of " + now + " steps";
  }
  if (!this->ended) return;
  this->ended = this->next == Next::stop;
  if (this->ended) this->history.outcome = Outcome::stopped;
}

template struct Trainer<float>::Run;
template struct Trainer<double>::Run;

}  // namespace gradflow

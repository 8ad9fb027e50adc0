#include <gradflow/optim/schedules.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// Returns a number that moves from `from` to `to` along half a cosine while x moves from begin to end. Returns `to`
/// after that.
double along_cosine(double from, double to, double x, double begin, double end) {
  if (x >= end) return to;
  return to + (from - to) * (1 + std::cos(std::numbers::pi * (x - begin) / (end - begin))) / 2;
}

double count(std::size_t steps, const RunProgress& progress) {
  return static_cast<double>(steps > 0 ? steps : progress.total_steps());
}

}  // namespace

double StepDecay::factor(const RunProgress& progress) const {
  const std::size_t falls = progress.epoch / every;
  return std::pow(gamma, static_cast<double>(falls));
}

double ExponentialDecay::factor(const RunProgress& progress) const {
  return std::pow(gamma, static_cast<double>(progress.epoch));
}

double CosineDecay::factor(const RunProgress& progress) const {
  return along_cosine(1, minimum, static_cast<double>(progress.step), 0, count(steps, progress));
}

double LinearWarmup::factor(const RunProgress& progress) const {
  return std::min(1.0, static_cast<double>(progress.step + 1) / static_cast<double>(steps));
}

double OneCycle::factor(const RunProgress& progress) const {
  const auto x = static_cast<double>(progress.step);
  const double total = count(steps, progress);
  const double peak = rising * total - 1;  // steps are counted from 0, as in torch
  if (x <= peak) return along_cosine(1 / divisor, 1, x, 0, peak);
  return along_cosine(1, 1 / (divisor * final_divisor), x, peak, total - 1);
}

double OnPlateau::factor(const RunProgress& progress) {
  if (progress.step == 0) memory = {.epoch = progress.epoch};
  if (progress.epoch > memory.epoch) {
    memory.epoch = progress.epoch;
    observe(progress.validation_loss);
  }
  return memory.factor;
}

void OnPlateau::visit_state(StateVisitor& state) {
  const auto scope = state.scope(name);
  state.number("epoch", memory.epoch);
  state.number("bad_epochs", memory.bad_epochs);
  state.number("best", memory.best);
  state.number("factor", memory.factor);
}

void OnPlateau::observe(double loss) {
  if (std::isnan(loss))
    throw ValueError(
        {"on_plateau", "validation_loss", "nan", "a number after every epoch", "train with validation data"});
  if (loss < memory.best * (1 - threshold)) {
    memory.best = loss;
    memory.bad_epochs = 0;
  } else if (++memory.bad_epochs > patience) {
    memory.factor *= gamma;
    memory.bad_epochs = 0;
  }
}

std::unique_ptr<Schedule> make_schedule(std::string_view text) {
  return by_name<std::unique_ptr<Schedule>>(Schedules{}, "schedule", text,
                                            [](const auto& policy) { return make_schedule(policy); });
}

}  // namespace gradflow

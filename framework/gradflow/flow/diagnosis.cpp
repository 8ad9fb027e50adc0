#include <gradflow/flow/diagnosis.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>

#include <fmt/core.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/reduce.hpp>

namespace gradflow {
namespace {

using Layers = std::vector<LayerFlow>;

struct Range {
  std::size_t first, last;
};

/// Returns the range from the first to the last layer for which is(layer) holds, or nothing if it holds for none.
std::optional<Range> range_where(const Layers& layers, const std::function<bool(const LayerFlow&)>& is) {
  std::optional<Range> range;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (is(layers[i])) range = {range ? range->first : i, i};
  return range;
}

/// Returns the layers that shrink the gradient most, or, if `state` is exploding, the layers that enlarge it most. The
/// range goes from the first to the last layer whose |ln factor| is at least a quarter of the largest one.
Range culprits(const Layers& layers, GradientState state) {
  const double direction = state == GradientState::exploding ? 1 : -1;
  const auto change = [=](const LayerFlow& l) { return direction * std::log(std::max(l.factor, 1e-300)); };
  double worst = 0;
  for (const LayerFlow& l : layers)
    if (change(l) > worst) worst = change(l);  // false for a NaN
  return range_where(layers, [&](const LayerFlow& l) { return change(l) >= worst / 4; })
      .value_or(Range{0, layers.size() - 1});
}

/// Returns number(layer) for each layer of the range, without NaN. `number` may be a pointer to a member.
template <class Number>
std::vector<double> known(const Layers& layers, Range range, const Number& number) {
  std::vector<double> numbers;
  for (std::size_t i = range.first; i <= range.last; ++i)
    if (const double x = std::invoke(number, layers[i]); !std::isnan(x)) numbers.push_back(x);
  return numbers;
}

template <class Number>
double mean_over(const Layers& layers, Range range, const Number& number) {
  const auto numbers = known(layers, range, number);
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

double geometric_mean_over(const Layers& layers, Range range, double LayerFlow::*member) {
  return geometric_mean(known(layers, range, member));
}

double smallest(const Layers& layers, double LayerFlow::*member) {
  double least = std::numeric_limits<double>::infinity();
  for (const LayerFlow& l : layers)
    if (l.*member < least) least = l.*member;
  return least;
}

/// Returns all layers except the output layer. Output units have targets of their own, so they do not stay alike. If
/// the outputs are alike for all samples, the loss is no better than guessing, which look_at_loss() reports.
Layers hidden(const Layers& layers) { return {layers.begin(), layers.end() - 1}; }

std::string where(Range r) {
  return r.first == r.last ? fmt::format("layer {}", r.first) : fmt::format("layers {} to {}", r.first, r.last);
}

const Remedy auto_init{Lever::init, "auto"}, standardise{Lever::scale, "standardise"},
    ten_times_slower{Lever::learning_rate, "0.1"}, half_as_deep{Lever::depth, "0.5"},
    ten_times_longer{Lever::steps, "10"};

/// Returns "each of layers 0 to 9 multiplies it by 0.25 (0.24 by slopes, 1 by weights)".
std::string factors_text(const Layers& layers, Range r) {
  return fmt::format("{}{} multiplies it by {:.2g} ({:.2g} by slopes, {:.2g} by weights)",
                     r.first == r.last ? "" : "each of ", where(r), geometric_mean_over(layers, r, &LayerFlow::factor),
                     geometric_mean_over(layers, r, &LayerFlow::slope_factor),
                     geometric_mean_over(layers, r, &LayerFlow::weight_factor));
}

/// Finds what is wrong in a run's snapshots.
class Diagnosis {
 public:
  Diagnosis(std::span<const FlowSnapshot> snapshots, const RunFacts& facts)
      : snapshots_(snapshots), facts_(facts), verdict_(judge(snapshots, facts)), start_(snapshots.front().layers) {}

  /// Returns causes before their consequences, and findings of the start before findings of the end.
  std::vector<Finding> findings() {
    look_at_units();
    look_at_inputs();
    look_for_large_rate();
    for (const FlowSnapshot* snapshot : times()) {
      look_at_zeros(snapshot->layers);
      look_at_dead_units(snapshot->layers);
      look_at_way_back(*snapshot);
      look_at_spread(snapshot->layers);
    }
    look_for_small_rate();
    look_at_loss();
    if (found_.empty()) sum_up();
    return found_;
  }

 private:
  bool learned() const { return verdict_.learning == Learning::learned; }
  /// Also true if it is unknown what the run learned.
  bool nothing_learned() const {
    using enum Learning;
    const Learning l = verdict_.learning;
    return l == nothing || l == diverged || l == unknown;
  }

  void note(Mechanism mechanism, Range range, std::string text, std::vector<Remedy> remedies) {
    found_.push_back({mechanism, range.first, range.last, std::move(text), std::move(remedies)});
  }

  void look_at_units() {
    if (const auto range = range_where(hidden(start_), [](const LayerFlow& l) { return l.units_alike; }))
      note(Mechanism::symmetric, *range,
           fmt::format("all units of {} have the same weights, so they get the same gradient and stay the same",
                       where(*range)),
           {auto_init});
  }

  void look_at_inputs() {
    const double size = snapshots_.front().input_size, offset = snapshots_.front().input_offset;
    const std::vector<Remedy> remedies{standardise};
    if (size > input_size_above || size < input_size_below)
      note(Mechanism::inputs_not_standardised, {0, 0},
           fmt::format("the root mean square of the features is {:.3g}; for standardised features it is 1", size),
           remedies);
    else if (offset > input_offset_above && nothing_learned())
      note(Mechanism::inputs_not_standardised, {0, 0},
           fmt::format(
               "the mean of a feature is {:.3g} standard deviations away from 0; standardised features have mean 0",
               offset),
           remedies);
  }

  bool explodes_at_start() const {
    return verdict_.start == GradientState::exploding || verdict_.start == GradientState::not_finite;
  }

  bool found(Mechanism mechanism) const {
    return std::ranges::any_of(found_, [&](const Finding& f) { return f.mechanism == mechanism; });
  }

  /// Returns the first and the last snapshot, or only the first if too large steps have spoilt the last.
  std::vector<const FlowSnapshot*> times() const {
    if (facts_.diverged || found(Mechanism::rate_too_large)) return {&snapshots_.front()};
    return {&snapshots_.front(), &snapshots_.back()};
  }

  bool found_any(std::initializer_list<Mechanism> mechanisms) const {
    return std::ranges::any_of(mechanisms, [&](Mechanism mechanism) { return found(mechanism); });
  }

  /// Reports a vanishing or exploding gradient, unless an earlier finding (such as dead units) already explains it.
  void look_at_way_back(const FlowSnapshot& snapshot) {
    using enum Mechanism;
    if (learned() ||
        found_any({exploding, vanishing_saturated, vanishing_small_slopes, vanishing_small_weights, dead_units}))
      return;
    switch (judge(flow_of(snapshot))) {
      case GradientState::vanishing:
      case GradientState::dead:
        return note_vanishing(snapshot);
      case GradientState::exploding:
      case GradientState::not_finite:
        return note_exploding(snapshot);
      case GradientState::flowing:
      case GradientState::none:
        return;
    }
  }

  static std::string way_back_at(const FlowSnapshot& snapshot) {
    return fmt::format("at step {} {}", snapshot.step, way_back_text(flow_of(snapshot)));
  }

  void note_vanishing(const FlowSnapshot& snapshot) {
    const Layers& layers = snapshot.layers;
    const Range range = culprits(layers, GradientState::vanishing);
    const double saturated = mean_over(layers, range, &LayerFlow::saturated);
    const double spread = smallest(hidden(layers), &LayerFlow::spread);
    std::string evidence = way_back_at(snapshot) + ", because " + factors_text(layers, range);
    if (saturated >= 0.01)
      evidence += fmt::format("; {:.0f}% of the slopes are below a hundredth of the largest", 100 * saturated);
    if (spread < spread_below)
      evidence += fmt::format("; the layers' outputs hardly differ between samples ({:.2g})", spread);
    if (geometric_mean_over(layers, range, &LayerFlow::weight_factor) <
        geometric_mean_over(layers, range, &LayerFlow::slope_factor))
      note(Mechanism::vanishing_small_weights, range, evidence,
           {auto_init, {Lever::activation, "relu"}, {Lever::init, "he_normal"}, half_as_deep});
    else if (saturated > saturated_above)
      note(Mechanism::vanishing_saturated, range, evidence,
           {auto_init, standardise, {Lever::activation, "relu"}, ten_times_slower});
    else
      note(Mechanism::vanishing_small_slopes, range, evidence,
           {{Lever::activation, "tanh"},
            {Lever::activation, "relu"},
            {Lever::init, "centred(sigma_w=4)"},
            standardise,
            half_as_deep});
  }

  void note_exploding(const FlowSnapshot& snapshot) {
    const Layers& layers = snapshot.layers;
    const bool finite = judge(flow_of(snapshot)) != GradientState::not_finite;
    const Range range = finite ? culprits(layers, GradientState::exploding) : Range{0, layers.size() - 1};
    note(Mechanism::exploding, range,
         finite ? way_back_at(snapshot) + ", because " + factors_text(layers, range) : way_back_at(snapshot),
         {auto_init, {Lever::clip_norm, "1"}, ten_times_slower, half_as_deep});
  }

  void look_at_zeros(const Layers& layers) {
    if (found(Mechanism::numerically_dead)) return;
    const double limit = learned() ? numerically_dead_above_in_learned : numerically_dead_above;
    if (const auto range = range_where(layers, [=](const LayerFlow& l) { return l.numerically_dead > limit; }))
      note(Mechanism::numerically_dead, *range,
           fmt::format("{:.0f}% of the slopes in {} are 0 in floating point, but not in mathematics",
                       100 * mean_over(layers, *range, &LayerFlow::numerically_dead), where(*range)),
           {auto_init, standardise});
  }

  void look_at_dead_units(const Layers& layers) {
    if (found(Mechanism::dead_units)) return;
    // A layer that has just died is not yet counted as dead, but no gradient passes through it.
    const auto dead = [](const LayerFlow& l) { return l.slope_factor == 0 ? 1 : l.dead; };
    if (const auto range = range_where(layers, [&](const LayerFlow& l) { return dead(l) > dead_above; }))
      note(Mechanism::dead_units, *range,
           fmt::format("{:.0f}% of the units in {} had slope 0 for every sample of the last batches",
                       100 * mean_over(layers, *range, dead), where(*range)),
           {{Lever::activation, "leaky_relu"}, ten_times_slower, auto_init});
  }

  void look_at_spread(const Layers& layers) {
    if (learned() || found(Mechanism::collapsed)) return;
    if (const auto range = range_where(hidden(layers), [](const LayerFlow& l) { return l.spread < spread_below; }))
      note(Mechanism::collapsed, *range,
           fmt::format(
               "the outputs of {} hardly differ between samples ({:.2g}), so the layers that follow cannot tell the "
               "samples apart",
               where(*range), smallest(hidden(layers), &LayerFlow::spread)),
           {{Lever::activation, "tanh"}, {Lever::init, "centred(sigma_w=4)"}, standardise, half_as_deep});
  }

  /// Returns the largest update ratio over the layers for each snapshot with updates, in ascending order.
  std::vector<double> update_ratios() const {
    std::vector<double> ratios;
    for (const FlowSnapshot& snapshot : snapshots_) {
      double largest = -1;
      for (const LayerFlow& l : snapshot.layers)
        if (l.update_ratio > largest) largest = l.update_ratio;  // false for a NaN
      if (largest >= 0) ratios.push_back(largest);
    }
    std::ranges::sort(ratios);
    return ratios;
  }

  /// Reports a learning rate that is too large. If the gradient explodes at the start, large steps are only a
  /// consequence and are not reported. The first large steps may kill units, which makes later steps small. Then a loss
  /// much worse than guessing is the evidence.
  void look_for_large_rate() {
    const auto ratios = update_ratios();
    const double middle = ratios.empty() ? 0 : ratios[ratios.size() / 2];
    const bool unlearned =
        !ratios.empty() && ratios.back() > update_above && facts_.loss > unlearned_above * facts_.chance_loss;
    if (explodes_at_start() || learned() || !(middle > update_above || facts_.diverged || unlearned)) return;
    std::string evidence;
    if (!ratios.empty())
      evidence = fmt::format(
          "the norm of an update is up to {:.2g} times the norm of the layer's weights, usually {:.2g} times",
          ratios.back(), middle);
    if (facts_.diverged)
      evidence += std::string(evidence.empty() ? "" : "; ") +
                  "the run diverged, although the gradient did not explode at the start";
    else if (unlearned)
      evidence += fmt::format("; the loss is {:.3g}, worse than guessing ({:.3g})", facts_.loss, facts_.chance_loss);
    note(Mechanism::rate_too_large, {0, start_.size() - 1}, evidence, {ten_times_slower, {Lever::clip_norm, "1"}});
  }

  /// Reports a learning rate that is too small. If no gradient arrives, small steps are only a consequence and
  /// are not reported.
  void look_for_small_rate() {
    const auto ratios = update_ratios();
    using enum Mechanism;
    if (learned() || ratios.empty() || !(ratios.back() < update_below) ||
        found_any({symmetric, dead_units, numerically_dead, vanishing_saturated, vanishing_small_slopes,
                   vanishing_small_weights}))
      return;
    note(Mechanism::rate_too_small, {0, start_.size() - 1},
         fmt::format("no update changed the weights of a layer by more than {:.2g} of their size", ratios.back()),
         {{Lever::learning_rate, "100"}, {Lever::optimizer, "adam"}});
  }

  void look_at_loss() {
    const double off = std::abs(facts_.loss / facts_.chance_loss - 1);
    if (verdict_.learning != Learning::nothing || off > 1 - nothing_learned_above) return;
    note(Mechanism::stuck_at_chance, {start_.size() - 1, start_.size() - 1},
         fmt::format("the loss is {:.4g}, no better than guessing ({:.4g})", facts_.loss, facts_.chance_loss),
         {ten_times_longer, {Lever::optimizer, "adam"}});
  }

  /// Reports what the run did if no fault was found.
  void sum_up() {
    using enum Mechanism;
    const Range all{0, start_.size() - 1};
    const bool flows = verdict_.start == GradientState::flowing &&
                       (verdict_.end == GradientState::flowing || verdict_.end == GradientState::none);
    const std::string gradient = fmt::format("the gradient is {} at the start and {} at the end",
                                             adjective(verdict_.start), adjective(verdict_.end));
    switch (verdict_.learning) {
      case Learning::learned:
        return note(flows ? healthy : learned_all_the_same, all, gradient + ", and the run learned", {});
      case Learning::unknown:
        return note(flows ? healthy : unexplained, all, gradient + "; it is not known whether the run learned", {});
      case Learning::unfinished:
        return note(ended_too_early, all, gradient + ", and the loss was still falling", {ten_times_longer});
      default:
        return note(unexplained, all, gradient + ", but the run " + std::string(name(verdict_.learning)),
                    {ten_times_longer, {Lever::learning_rate, "10"}, {Lever::optimizer, "adam"}});
    }
  }

  std::span<const FlowSnapshot> snapshots_;
  const RunFacts& facts_;
  const Verdict verdict_;
  const Layers& start_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> diagnose(std::span<const FlowSnapshot> snapshots, const RunFacts& facts) {
  if (snapshots.empty()) throw ValueError({"diagnose", "snapshots", "none", "at least one", {}});
  return Diagnosis(snapshots, facts).findings();
}

}  // namespace gradflow

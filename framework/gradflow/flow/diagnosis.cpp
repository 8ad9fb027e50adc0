#include <gradflow/flow/diagnosis.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>

#include <fmt/core.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/reduce.hpp>

namespace gradflow {
namespace {

using Layers = std::vector<LayerFlow>;

struct Range {
  std::size_t first, last;
};

/// From the first to the last layer that is so.
std::optional<Range> range_where(const Layers& layers, const std::function<bool(const LayerFlow&)>& is) {
  std::optional<Range> range;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (is(layers[i])) range = {range ? range->first : i, i};
  return range;
}

/// What is left of ||dL/dz|| at the first layer, of the last one's. 0 where all of it is 0.
double gradient_left(const Layers& layers) {
  const double first = layers.front().delta_norm, last = layers.back().delta_norm;
  return layers.size() == 1 ? 1 : first == 0 ? 0 : first / last;
}

bool all_finite(const Layers& layers) {
  return std::ranges::all_of(layers, [](const LayerFlow& l) { return std::isfinite(l.delta_norm); });
}

/// The layers that make most of what is left: those that change the gradient by at least the fourth root of what the
/// worst does.
Range culprits(const Layers& layers) {
  const double direction = gradient_left(layers) < 1 ? -1 : 1;
  const auto change = [=](const LayerFlow& l) { return direction * std::log(std::max(l.factor, 1e-300)); };
  double worst = 0;
  for (const LayerFlow& l : layers)
    if (change(l) > worst) worst = change(l);  // not so for a NaN
  return range_where(layers, [&](const LayerFlow& l) { return change(l) >= worst / 4; })
      .value_or(Range{0, layers.size() - 1});
}

/// number(layer) of each, where it is known; the member will do.
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

/// Without the output: its units have targets of their own, and all samples alike there are a loss at chance.
Layers hidden(const Layers& layers) { return {layers.begin(), layers.end() - 1}; }

std::string where(Range r) {
  return r.first == r.last ? fmt::format("layer {}", r.first) : fmt::format("layers {} to {}", r.first, r.last);
}

const Remedy auto_init{Lever::init, "auto"}, standardise{Lever::scale, "standardise"},
    ten_times_slower{Lever::learning_rate, "0.1"}, half_as_deep{Lever::depth, "0.5"},
    ten_times_longer{Lever::steps, "10"};

/// One who looks at a run's snapshots and notes what is wrong.
class Doctor {
 public:
  Doctor(std::span<const FlowSnapshot> snapshots, const RunFacts& facts)
      : snapshots_(snapshots), facts_(facts), start_(snapshots.front().layers), end_(snapshots.back().layers) {}

  /// Causes before what follows from them; the start before the end.
  std::vector<Finding> findings() {
    look_at_units();
    look_at_inputs();
    look_for_large_rate();
    for (const Layers* layers : times()) {
      look_at_zeros(*layers);
      look_at_dead_units(*layers);
      look_at_way_back(*layers);
      look_at_spread(*layers);
    }
    look_for_small_rate();
    look_at_loss();
    if (found_.empty()) sum_up();
    return found_;
  }

 private:
  bool learned() const { return !facts_.diverged && facts_.loss < learned_below * facts_.chance_loss; }
  bool nothing_learned() const {
    return facts_.diverged || !(facts_.loss < nothing_learned_above * facts_.chance_loss);
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
           fmt::format("the inputs' root mean square is {:.3g}: that of standardised features is 1", size), remedies);
    else if (offset > input_offset_above && nothing_learned())
      note(Mechanism::inputs_not_standardised, {0, 0},
           fmt::format("a feature's mean is {:.3g} of its deviations from 0: that of standardised features is 0",
                       offset),
           remedies);
  }

  bool explodes_at_start() const { return !all_finite(start_) || gradient_left(start_) > 1 / gradient_left_below; }

  bool found(Mechanism mechanism) const {
    return std::ranges::any_of(found_, [&](const Finding& f) { return f.mechanism == mechanism; });
  }

  /// The start and, unless the steps were too large and have spoilt everything, the end.
  std::vector<const Layers*> times() const {
    if (facts_.diverged || found(Mechanism::rate_too_large)) return {&start_};
    return {&start_, &end_};
  }

  bool found_any(std::initializer_list<Mechanism> mechanisms) const {
    return std::ranges::any_of(mechanisms, [&](Mechanism mechanism) { return found(mechanism); });
  }

  /// Vanishing and exploding. Where units are dead already, that needs no second name.
  void look_at_way_back(const Layers& layers) {
    using enum Mechanism;
    if (layers.size() < 2 || learned() ||
        found_any({exploding, vanishing_saturated, vanishing_small_slopes, vanishing_small_weights, dead_units}))
      return;
    const double left = gradient_left(layers);
    if (left < gradient_left_below) note_vanishing(layers, left);
    if (left > 1 / gradient_left_below || !all_finite(layers)) note_exploding(layers, left);
  }

  void note_vanishing(const Layers& layers, double left) {
    const Range range = culprits(layers);
    const double slopes = geometric_mean_over(layers, range, &LayerFlow::slope_factor);
    const double weights = geometric_mean_over(layers, range, &LayerFlow::weight_factor);
    const double saturated = mean_over(layers, range, &LayerFlow::saturated);
    const std::string evidence = fmt::format(
        "{:.2g} of ||dL/dz|| at the output is left at layer 0: in {} it is multiplied by {:.2g} a layer, of which "
        "slopes {:.2g} and weights {:.2g}; {:.0f} % of the slopes are below a hundredth of the largest, and of what a "
        "layer sends on at least {:.2g} differs from sample to sample",
        left, where(range), geometric_mean_over(layers, range, &LayerFlow::factor), slopes, weights, 100 * saturated,
        smallest(hidden(layers), &LayerFlow::spread));
    if (weights < slopes)
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

  void note_exploding(const Layers& layers, double left) {
    const Range range = all_finite(layers) ? culprits(layers) : Range{0, layers.size() - 1};
    note(Mechanism::exploding, range,
         fmt::format("||dL/dz|| at layer 0 is {:.2g} times that at the output: in {} it is multiplied by {:.2g} a "
                     "layer, of which slopes {:.2g} and weights {:.2g}",
                     left, where(range), geometric_mean_over(layers, range, &LayerFlow::factor),
                     geometric_mean_over(layers, range, &LayerFlow::slope_factor),
                     geometric_mean_over(layers, range, &LayerFlow::weight_factor)),
         {auto_init, {Lever::clip_norm, "1"}, ten_times_slower, half_as_deep});
  }

  void look_at_zeros(const Layers& layers) {
    if (found(Mechanism::numerically_dead)) return;
    const double limit = learned() ? numerically_dead_above_in_learned : numerically_dead_above;
    if (const auto range = range_where(layers, [=](const LayerFlow& l) { return l.numerically_dead > limit; }))
      note(Mechanism::numerically_dead, *range,
           fmt::format("in {} {:.0f} % of the slopes are 0 in floating point and not in mathematics", where(*range),
                       100 * mean_over(layers, *range, &LayerFlow::numerically_dead)),
           {auto_init, standardise});
  }

  void look_at_dead_units(const Layers& layers) {
    if (found(Mechanism::dead_units)) return;
    // A layer that died just now is not dead for long enough to be counted; but it passes nothing on.
    const auto dead = [](const LayerFlow& l) { return l.slope_factor == 0 ? 1 : l.dead; };
    if (const auto range = range_where(layers, [&](const LayerFlow& l) { return dead(l) > dead_above; }))
      note(Mechanism::dead_units, *range,
           fmt::format("in {} {:.0f} % of the units had slope 0 for every sample that they saw last", where(*range),
                       100 * mean_over(layers, *range, dead)),
           {{Lever::activation, "leaky_relu"}, ten_times_slower, auto_init});
  }

  void look_at_spread(const Layers& layers) {
    if (learned() || found(Mechanism::collapsed)) return;
    if (const auto range = range_where(hidden(layers), [](const LayerFlow& l) { return l.spread < spread_below; }))
      note(Mechanism::collapsed, *range,
           fmt::format("in {} {:.2g} of the outputs differs from sample to sample, and no more: what follows cannot "
                       "tell the samples apart",
                       where(*range), smallest(hidden(layers), &LayerFlow::spread)),
           {{Lever::activation, "tanh"}, {Lever::init, "centred(sigma_w=4)"}, standardise, half_as_deep});
  }

  /// Of each snapshot with updates the largest ratio over the layers, in ascending order.
  std::vector<double> update_ratios() const {
    std::vector<double> ratios;
    for (const FlowSnapshot& snapshot : snapshots_) {
      double largest = -1;
      for (const LayerFlow& l : snapshot.layers)
        if (l.update_ratio > largest) largest = l.update_ratio;  // not so for a NaN
      if (largest >= 0) ratios.push_back(largest);
    }
    std::ranges::sort(ratios);
    return ratios;
  }

  /// Where the gradient explodes by itself, large steps follow from it. Units may have died of the first large ones,
  /// and made the others small: then the loss tells.
  void look_for_large_rate() {
    const auto ratios = update_ratios();
    const double middle = ratios.empty() ? 0 : ratios[ratios.size() / 2];
    const bool unlearned =
        !ratios.empty() && ratios.back() > update_above && facts_.loss > unlearned_above * facts_.chance_loss;
    if (explodes_at_start() || learned() || !(middle > update_above || facts_.diverged || unlearned)) return;
    std::string evidence;
    if (!ratios.empty())
      evidence = fmt::format("an update changes the weights of a layer by up to {:.2g} of their size, mostly by {:.2g}",
                             ratios.back(), middle);
    if (facts_.diverged)
      evidence += std::string(evidence.empty() ? "" : "; ") + "from a start without a fault the run diverged";
    else if (unlearned)
      evidence += fmt::format("; the loss, {:.3g}, is above that of who knows nothing, {:.3g}", facts_.loss,
                              facts_.chance_loss);
    note(Mechanism::rate_too_large, {0, start_.size() - 1}, evidence, {ten_times_slower, {Lever::clip_norm, "1"}});
  }

  /// Where no gradient comes, small steps follow from that.
  void look_for_small_rate() {
    const auto ratios = update_ratios();
    using enum Mechanism;
    if (ratios.empty() || !(ratios.back() < update_below) ||
        found_any({symmetric, dead_units, numerically_dead, vanishing_saturated, vanishing_small_slopes,
                   vanishing_small_weights}))
      return;
    note(Mechanism::rate_too_small, {0, start_.size() - 1},
         fmt::format("no update changed the weights of a layer by more than {:.2g} of their size", ratios.back()),
         {{Lever::learning_rate, "100"}, {Lever::optimizer, "adam"}});
  }

  void look_at_loss() {
    if (!nothing_learned() || facts_.diverged) return;
    const double off = std::abs(facts_.loss / facts_.chance_loss - 1);
    if (!(off <= 1 - nothing_learned_above)) return;
    note(Mechanism::stuck_at_chance, {start_.size() - 1, start_.size() - 1},
         fmt::format("the loss, {:.4g}, is that of who knows the targets' shares and nothing else, {:.4g}", facts_.loss,
                     facts_.chance_loss),
         {ten_times_longer, {Lever::optimizer, "adam"}});
  }

  void sum_up() {
    const std::string evidence = fmt::format("{:.2g} of ||dL/dz|| at the output is left at layer 0, the loss is {:.3g}",
                                             gradient_left(start_), facts_.loss);
    const Range all{0, start_.size() - 1};
    if (learned() || std::isnan(facts_.chance_loss))
      note(Mechanism::healthy, all, evidence, {});
    else
      note(Mechanism::unexplained, all, evidence + fmt::format(", at chance {:.3g}", facts_.chance_loss),
           {ten_times_longer, {Lever::learning_rate, "10"}, {Lever::optimizer, "adam"}});
  }

  std::span<const FlowSnapshot> snapshots_;
  const RunFacts& facts_;
  const Layers& start_;
  const Layers& end_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> diagnose(std::span<const FlowSnapshot> snapshots, const RunFacts& facts) {
  if (snapshots.empty()) throw ValueError({"diagnose", "snapshots", "none", "at least one", {}});
  return Doctor(snapshots, facts).findings();
}

}  // namespace gradflow

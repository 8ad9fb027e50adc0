#pragma once
// The schedules and their list. Each schedule returns a factor for the optimiser's own learning rate.
#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/optim/schedule.hpp>

namespace gradflow {

namespace detail {
/// Limit on steps or epochs: more than any run has, and exact in a double.
inline constexpr double most_counted = 1e12;
}  // namespace detail

/// Always 1.
struct ConstantRate {
  static constexpr std::string_view name = "constant";
  double factor(const RunProgress&) const { return 1; }
};

/// gamma^k after k * every epochs. Like torch's StepLR stepped once per epoch; torch has no default for `every` (its
/// step_size).
struct StepDecay {
  static constexpr std::string_view name = "step";
  std::size_t every = 10;  ///< epochs between two falls: at least 1
  double gamma = 0.1;      ///< each fall multiplies the factor by gamma: [0, 1]
  static constexpr Parameter<StepDecay> parameters[] = {{"every", &StepDecay::every, 1.0, detail::most_counted},
                                                        {"gamma", &StepDecay::gamma, 0.0, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// gamma^(epochs completed). Like torch's ExponentialLR stepped once per epoch; torch has no default for gamma.
struct ExponentialDecay {
  static constexpr std::string_view name = "exponential";
  double gamma = 0.95;  ///< each epoch multiplies the factor by gamma: [0, 1]
  static constexpr Parameter<ExponentialDecay> parameters[] = {{"gamma", &ExponentialDecay::gamma, 0.0, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// Falls from 1 to `minimum` along half a cosine (Loshchilov & Hutter 2017, equation 5, without restarts), then stays
/// there.
struct CosineDecay {
  static constexpr std::string_view name = "cosine";
  std::size_t steps = 0;  ///< 0: the whole run
  double minimum = 0;     ///< the factor after `steps` steps: [0, 1]
  static constexpr Parameter<CosineDecay> parameters[] = {{"steps", &CosineDecay::steps, 0.0, detail::most_counted},
                                                          {"minimum", &CosineDecay::minimum, 0.0, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// Rises as 1/steps, 2/steps, ... 1, then stays at 1 (Goyal et al. 2017, section 2.2).
struct LinearWarmup {
  static constexpr std::string_view name = "linear_warmup";
  std::size_t steps = 100;  ///< the last of these steps is the first with the full learning rate; at least 1
  static constexpr Parameter<LinearWarmup> parameters[] = {{"steps", &LinearWarmup::steps, 1.0, detail::most_counted}};
  double factor(const RunProgress& progress) const;
};

/// Rises from 1/divisor to 1 and falls to 1/(divisor * final_divisor), each along half a cosine (Smith & Topin 2018;
/// torch's OneCycleLR and its defaults). The highest learning rate is the optimiser's own. The momentum of the
/// optimiser does not change.
struct OneCycle {
  static constexpr std::string_view name = "one_cycle";
  std::size_t steps = 0;       ///< 0: the whole run
  double rising = 0.3;         ///< share of the steps in which the factor rises
  double divisor = 25;         ///< torch's div_factor
  double final_divisor = 1e4;  ///< torch's final_div_factor
  static constexpr Parameter<OneCycle> parameters[] = {{"steps", &OneCycle::steps, 0.0, detail::most_counted},
                                                       {"rising", &OneCycle::rising, 0.0, 1.0},
                                                       {"divisor", &OneCycle::divisor, 1.0},
                                                       {"final_divisor", &OneCycle::final_divisor, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// Multiplies the factor by gamma whenever the validation loss has not fallen for more than `patience` epochs (torch's
/// ReduceLROnPlateau and its defaults). Forgets its state at step 0 of a run. Throws ValueError if an epoch has no
/// validation loss.
struct OnPlateau {
  static constexpr std::string_view name = "on_plateau";
  double gamma = 0.1;         ///< torch's factor
  std::size_t patience = 10;  ///< this many epochs in a row may end without a better loss
  double threshold = 1e-4;    ///< a loss is better if it is below best * (1 - threshold)
  static constexpr Parameter<OnPlateau> parameters[] = {{"gamma", &OnPlateau::gamma, 0.0, 1.0},
                                                        {"patience", &OnPlateau::patience, 0.0, detail::most_counted},
                                                        {"threshold", &OnPlateau::threshold, 0.0, 1.0, true}};
  /// The state of the schedule; do not set it yourself.
  struct Memory {
    std::size_t epoch = 0;                                  ///< epochs completed
    std::size_t bad_epochs = 0;                             ///< epochs in a row without a better loss
    double best = std::numeric_limits<double>::infinity();  ///< the last loss that was better
    double factor = 1;                                      ///< what factor() returns
  } memory = {};                                            ///< state of the current run
  double factor(const RunProgress& progress);
  void visit_state(StateVisitor& state);  ///< saves or loads the memory

 private:
  void observe(double loss);
};

/// The schedules that make_schedule() finds by name.
using Schedules = TypeList<ConstantRate, StepDecay, ExponentialDecay, CosineDecay, LinearWarmup, OneCycle, OnPlateau>;

/// Returns the schedule that a text describes: "cosine" or "cosine(steps=1000)". Throws NameError for a name that is
/// not in Schedules or a parameter that the schedule does not have. Throws ValueError for a number outside its range.
std::unique_ptr<Schedule> make_schedule(std::string_view text);

}  // namespace gradflow

#pragma once
// The schedules, and the list of them. Each gives a factor of the optimiser's own learning rate.
#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/optim/schedule.hpp>

namespace gradflow {

namespace detail {
inline constexpr double most_counted = 1e12;  ///< steps or epochs: more than any run has, and exact in a double
}

/// Always 1.
struct ConstantRate {
  static constexpr std::string_view name = "constant";
  double factor(const RunProgress&) const { return 1; }
};

/// gamma^k after every k * every epochs (torch's StepLR, counting epochs; it has no default for `every`).
struct StepDecay {
  static constexpr std::string_view name = "step";
  std::size_t every = 10;  ///< epochs from one fall to the next: at least 1
  double gamma = 0.1;      ///< what a fall multiplies the factor by: [0, 1]
  static constexpr Parameter<StepDecay> parameters[] = {{"every", &StepDecay::every, 1.0, detail::most_counted},
                                                        {"gamma", &StepDecay::gamma, 0.0, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// gamma^epochs (torch's ExponentialLR, counting epochs; it has no default for gamma).
struct ExponentialDecay {
  static constexpr std::string_view name = "exponential";
  double gamma = 0.95;  ///< what each epoch multiplies the factor by: [0, 1]
  static constexpr Parameter<ExponentialDecay> parameters[] = {{"gamma", &ExponentialDecay::gamma, 0.0, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// From 1 down to the minimum along half a cosine (Loshchilov & Hutter 2017, equation 5, without restarts), then
/// constant.
struct CosineDecay {
  static constexpr std::string_view name = "cosine";
  std::size_t steps = 0;  ///< 0: the whole run
  double minimum = 0;     ///< the factor once `steps` steps are made: [0, 1]
  static constexpr Parameter<CosineDecay> parameters[] = {{"steps", &CosineDecay::steps, 0.0, detail::most_counted},
                                                          {"minimum", &CosineDecay::minimum, 0.0, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// 1/steps, 2/steps, ... 1, then constant (Goyal et al. 2017, section 2.2).
struct LinearWarmup {
  static constexpr std::string_view name = "linear_warmup";
  std::size_t steps = 100;  ///< the last of this many has the full learning rate: at least 1
  static constexpr Parameter<LinearWarmup> parameters[] = {{"steps", &LinearWarmup::steps, 1.0, detail::most_counted}};
  double factor(const RunProgress& progress) const;
};

/// Up from 1/divisor to 1 and down to 1/(divisor * final_divisor), each along half a cosine (Smith & Topin 2018;
/// torch's OneCycleLR and its defaults). The optimiser's own rate is the highest; its momentum stays as it is.
struct OneCycle {
  static constexpr std::string_view name = "one_cycle";
  std::size_t steps = 0;       ///< 0: the whole run
  double rising = 0.3;         ///< the part of the steps that goes up
  double divisor = 25;         ///< torch's div_factor
  double final_divisor = 1e4;  ///< torch's final_div_factor
  static constexpr Parameter<OneCycle> parameters[] = {{"steps", &OneCycle::steps, 0.0, detail::most_counted},
                                                       {"rising", &OneCycle::rising, 0.0, 1.0},
                                                       {"divisor", &OneCycle::divisor, 1.0},
                                                       {"final_divisor", &OneCycle::final_divisor, 1.0}};
  double factor(const RunProgress& progress) const;
};

/// Times gamma whenever the validation loss has not fallen for more than `patience` epochs (torch's ReduceLROnPlateau
/// and its defaults). A run that begins, at step 0, begins anew. Throws ValueError where an epoch has no validation
/// loss.
struct OnPlateau {
  static constexpr std::string_view name = "on_plateau";
  double gamma = 0.1;         ///< torch's factor
  std::size_t patience = 10;  ///< this many epochs in a row may pass without a better loss
  double threshold = 1e-4;    ///< better is below best * (1 - threshold)
  static constexpr Parameter<OnPlateau> parameters[] = {{"gamma", &OnPlateau::gamma, 0.0, 1.0},
                                                        {"patience", &OnPlateau::patience, 0.0, detail::most_counted},
                                                        {"threshold", &OnPlateau::threshold, 0.0, 1.0, true}};
  /// What it has seen so far; not for you to set.
  struct Memory {
    std::size_t epoch = 0;                                  ///< epochs completed
    std::size_t bad_epochs = 0;                             ///< in a row without a better loss
    double best = std::numeric_limits<double>::infinity();  ///< the last loss that was better
    double factor = 1;                                      ///< what factor() returns
  } memory = {};                                            ///< of the run so far
  double factor(const RunProgress& progress);
  void visit_state(StateVisitor& state);  ///< saves or restores the memory

 private:
  void observe(double loss);
};

/// The schedules that make_schedule() finds by name.
using Schedules = TypeList<ConstantRate, StepDecay, ExponentialDecay, CosineDecay, LinearWarmup, OneCycle, OnPlateau>;

/// "cosine" or "cosine(steps=1000)". Throws NameError for a name that is not in Schedules or a parameter that the
/// schedule does not have, ValueError for a number outside its range.
std::unique_ptr<Schedule> make_schedule(std::string_view text);

}  // namespace gradflow

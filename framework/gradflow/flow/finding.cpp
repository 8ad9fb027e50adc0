#include <gradflow/flow/finding.hpp>

#include <fmt/format.h>

#include <gradflow/base/numbers.hpp>

namespace gradflow {

std::string_view name(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::vanishing_saturated:
      return "vanishing by saturated slopes";
    case Mechanism::vanishing_small_slopes:
      return "vanishing by small slopes";
    case Mechanism::vanishing_small_weights:
      return "vanishing by small weights";
    case Mechanism::exploding:
      return "exploding";
    case Mechanism::dead_units:
      return "dead units";
    case Mechanism::collapsed:
      return "outputs alike for all samples";
    case Mechanism::stuck_at_chance:
      return "output stuck at chance";
    case Mechanism::numerically_dead:
      return "numerically dead";
    case Mechanism::rate_too_large:
      return "learning rate too large";
    case Mechanism::rate_too_small:
      return "learning rate too small";
    case Mechanism::inputs_not_standardised:
      return "inputs not standardised";
    case Mechanism::symmetric:
      return "symmetric initialisation";
    case Mechanism::ended_too_early:
      return "ended too early";
    case Mechanism::unexplained:
      return "unexplained";
    case Mechanism::learned_all_the_same:
      return "learned anyway";
    case Mechanism::healthy:
      return "healthy";
  }
  return {};
}

bool is_fault(Mechanism mechanism) {
  return mechanism != Mechanism::healthy && mechanism != Mechanism::learned_all_the_same;
}

namespace {

/// Returns "10 times larger" or "10 times smaller".
std::string times(double factor, const char* more, const char* less) {
  return factor < 1 ? fmt::format("{:.3g} times {}", 1 / factor, less) : fmt::format("{:.3g} times {}", factor, more);
}

/// Returns the change in words. If the lever is a number, the words say by how much it changes.
std::string words(const Remedy& remedy) {
  const double factor = parse_number(remedy.value).value_or(1);
  switch (remedy.lever) {
    case Lever::init:
      return "another initialisation";
    case Lever::activation:
      return "another activation";
    case Lever::scale:
      return "another scale of the features";
    case Lever::optimizer:
      return "another optimiser";
    case Lever::clip_norm:
      return "a limit on the gradient's norm";
    case Lever::learning_rate:
      return "a learning rate " + times(factor, "larger", "smaller");
    case Lever::depth:
      return factor == 0.5 ? "half as many hidden layers" : fmt::format("{:.3g} times the hidden layers", factor);
    case Lever::steps:
      return "training " + times(factor, "longer", "shorter");
  }
  return {};
}

bool is_factor(Lever lever) { return lever == Lever::learning_rate || lever == Lever::depth || lever == Lever::steps; }

/// Returns the option, or the value if there is no option. For a factor without an option, returns an empty text,
/// because words() already contains the factor.
std::string option_or_value(const Remedy& remedy) {
  return !remedy.option.empty() ? remedy.option : is_factor(remedy.lever) ? std::string() : remedy.value;
}

}  // namespace

std::string describe(const Remedy& remedy) {
  const std::string more = option_or_value(remedy);
  return more.empty() ? words(remedy) : words(remedy) + ": " + more;
}

std::string describe_in_sentence(const Remedy& remedy) {
  const std::string more = option_or_value(remedy);
  return more.empty() ? words(remedy) : words(remedy) + " (" + more + ")";
}

std::string_view cost(Lever lever) {
  switch (lever) {
    case Lever::init:
      return "none; a step takes the same time";
    case Lever::activation:
      return "small; each unit computes another function";
    case Lever::scale:
      return "one pass over the data; predictions need the same scaling";
    case Lever::optimizer:
      return "two more numbers for each parameter, and a longer update";
    case Lever::learning_rate:
      return "no extra time for a step, but a smaller rate needs more steps";
    case Lever::clip_norm:
      return "one more norm in each step, and one more number to choose";
    case Lever::depth:
      return "no extra time for a step, but the network can represent less";
    case Lever::steps:
      return "time, in proportion to the number of steps";
  }
  return {};
}

}  // namespace gradflow

#include <gradflow/flow/finding.hpp>

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
      return "collapse of the batch to one point";
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
    case Mechanism::unexplained:
      return "little learned, no cause found";
    case Mechanism::healthy:
      return "healthy";
  }
  return {};
}

std::string describe(const Remedy& remedy) {
  const std::string& value = remedy.value;
  switch (remedy.lever) {
    case Lever::init:
      return "weights drawn otherwise: " + value;
    case Lever::activation:
      return "another activation: " + value;
    case Lever::scale:
      return "features scaled otherwise: " + value;
    case Lever::optimizer:
      return "another optimiser: " + value;
    case Lever::learning_rate:
      return "the learning rate times " + value;
    case Lever::clip_norm:
      return "the gradient's norm limited to " + value;
    case Lever::depth:
      return "the number of hidden layers times " + value;
    case Lever::steps:
      return "the number of steps times " + value;
  }
  return {};
}

std::string_view cost(Lever lever) {
  switch (lever) {
    case Lever::init:
      return "nothing: only the start is another";
    case Lever::activation:
      return "another function in every unit: what it can represent, and how its units fail, changes";
    case Lever::scale:
      return "one pass over the data; what is predicted later has to be scaled alike";
    case Lever::optimizer:
      return "two more numbers for every parameter, and a longer update";
    case Lever::learning_rate:
      return "nothing in a step; smaller ones need more of them";
    case Lever::clip_norm:
      return "one norm a step, and one more number to choose";
    case Lever::depth:
      return "nothing: a step is cheaper; the network can represent less";
    case Lever::steps:
      return "so many times the time";
  }
  return {};
}

}  // namespace gradflow

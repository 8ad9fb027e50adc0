#include <gradflow/flow/verdict.hpp>

#include <cmath>

#include <fmt/format.h>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

std::string learning_text(Learning learning, const RunFacts& facts) {
  const std::string loss = fmt::format("loss {:.4g} (guessing: {:.4g})", facts.loss, facts.chance_loss);
  switch (learning) {
    case Learning::learned:
      return "The run learned: " + loss + ".";
    case Learning::little:
      return "The run learned little: " + loss + ".";
    case Learning::unfinished:
      return fmt::format(
          "The run ended too early. Its loss is {:.4g} (guessing: {:.4g}). In the last quarter of the run the "
          "loss still fell from {:.3g} to {:.3g}.",
          facts.loss, facts.chance_loss, facts.earlier_loss, facts.last_loss);
    case Learning::nothing:
      return "The run learned nothing: " + loss + ".";
    case Learning::diverged:
      return "The run diverged.";
    case Learning::unknown:
      return "Whether the run learned is unknown.";
  }
  return {};
}

std::string sentence(const std::string& when, const GradientFlow& flow, GradientState state) {
  const std::string evidence = when + " " + way_back_text(flow);
  return state == GradientState::not_finite ? evidence + "." : fmt::format("{}: {}.", evidence, name(state));
}

}  // namespace

std::string_view name(Learning learning) {
  switch (learning) {
    case Learning::learned:
      return "learned";
    case Learning::little:
      return "learned little";
    case Learning::unfinished:
      return "ended too early";
    case Learning::nothing:
      return "learned nothing";
    case Learning::diverged:
      return "diverged";
    case Learning::unknown:
      return "unknown";
  }
  return {};
}

Learning judge_learning(const RunFacts& facts) {
  if (facts.diverged) return Learning::diverged;
  const double share = facts.loss / facts.chance_loss;
  if (std::isnan(share)) return Learning::unknown;
  if (share < learned_below) return Learning::learned;
  if (facts.last_loss < still_falling_below * facts.earlier_loss) return Learning::unfinished;
  return share < nothing_learned_above ? Learning::little : Learning::nothing;
}

Verdict judge(const GradientFlow& start, const GradientFlow& end, std::size_t last_step, const RunFacts& facts) {
  Verdict v{judge(start), facts.diverged ? GradientState::not_finite : judge(end), judge_learning(facts), {}};
  v.text = sentence("At the start", start, v.start) + " ";
  if (!facts.diverged) v.text += sentence(fmt::format("At the end, step {},", last_step), end, v.end) + " ";
  v.text += learning_text(v.learning, facts);
  return v;
}

Verdict judge(std::span<const FlowSnapshot> snapshots, const RunFacts& facts) {
  if (snapshots.empty()) throw ValueError({"judge", "snapshots", "none", "at least one", {}});
  return judge(flow_of(snapshots.front()), flow_of(snapshots.back()), snapshots.back().step, facts);
}

GradientFlow flow_of(const FlowSnapshot& snapshot) {
  GradientFlow flow;
  for (const LayerFlow& layer : snapshot.layers) {
    flow.delta_norms.push_back(layer.delta_norm);
    flow.weight_norms.push_back(layer.weight_gradient_norm);
  }
  return flow;
}

std::string way_back_text(const GradientFlow& flow) {
  const double left = gradient_left(flow);
  switch (judge(flow)) {
    case GradientState::dead:
      return "no gradient arrives at layer 0";
    case GradientState::none:
      return "the gradient is already zero at the output";
    case GradientState::not_finite:
      return "the gradient is not finite";
    default:
      break;
  }
  if (flow.delta_norms.size() == 1) return "the gradient arrives at the only layer";
  return left > 1 ? fmt::format("the gradient grows to {:.2g} times its size on the way to layer 0", left)
                  : fmt::format("the gradient shrinks to {:.2g} of its size on the way to layer 0", left);
}

std::string verdict_rules() {
  return fmt::format(
      "The size of the gradient at a layer is the norm of dL/dz over a batch. Layer 0 is the first layer. Vanishing: "
      "the gradient at layer 0 is less than {} times the gradient at the output. Exploding: it is more than {} times "
      "as large. Dead: it is exactly 0. None: the gradient is already 0 at the output. Not finite: a norm is infinite "
      "or NaN. Flowing: in all other cases. Guessing means the best constant output. Learned: the final loss is less "
      "than {} times the loss of guessing. Learned nothing: it is more than {} times the loss of guessing. Ended too "
      "early: not learned yet, but the loss fell by more than {:.0f}% in the last quarter of the run.",
      vanishing_below, exploding_above, learned_below, nothing_learned_above, 100 * (1 - still_falling_below));
}

}  // namespace gradflow

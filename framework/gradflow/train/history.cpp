#include <gradflow/train/history.hpp>

#include <algorithm>

namespace gradflow {

RunFacts run_facts(const History& history, double chance_loss, double loss) {
  RunFacts facts{.chance_loss = chance_loss, .loss = loss, .diverged = history.outcome == Outcome::diverged};
  const auto& epochs = history.epochs;
  if (epochs.size() < 2 || history.outcome == Outcome::stopped) return facts;
  const auto later =
      std::ranges::find_if(epochs, [&](const EpochRecord& epoch) { return 4 * epoch.steps > 3 * epochs.back().steps; });
  facts.earlier_loss = (later == epochs.begin() ? later : later - 1)->train_loss;
  facts.last_loss = epochs.back().train_loss;
  return facts;
}

}  // namespace gradflow

#include <gradflow/train/history.hpp>

#include <algorithm>

#include <gradflow/base/state.hpp>

namespace gradflow {
namespace {

constexpr std::size_t most_epochs = 4096;  // the largest number of epochs that a history keeps
constexpr std::size_t numbers_of_epoch = 9;

}  // namespace

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

void detail::add_epoch(std::vector<EpochRecord>& epochs, const EpochRecord& epoch) {
  if (!epochs.empty() && epochs.back().epoch == epoch.epoch) epochs.pop_back();
  const std::size_t apart = epochs.size() > 2 ? epochs[1].epoch - epochs[0].epoch : 1;
  if (!epochs.empty() && epochs.back().epoch % apart != 0) epochs.pop_back();
  if (epochs.size() == most_epochs)
    std::erase_if(epochs, [=](const EpochRecord& e) { return e.epoch % (2 * apart) != 0; });
  epochs.push_back(epoch);
}

void detail::visit_epochs(StateVisitor& state, std::vector<EpochRecord>& epochs) {
  std::vector<double> numbers;
  for (const auto& [epoch, steps, learning_rate, train_loss, v] : epochs)
    numbers.insert(numbers.end(), {static_cast<double>(epoch), static_cast<double>(steps), learning_rate, train_loss,
                                   v.loss, v.accuracy, v.mae, v.r2, v.subset_accuracy});
  state.list("epochs", numbers);
  if (!state.loading()) return;
  epochs.clear();
  for (std::size_t i = 0; i + numbers_of_epoch <= numbers.size(); i += numbers_of_epoch) {
    const double* const n = numbers.data() + i;
    epochs.push_back(
        {static_cast<std::size_t>(n[0]), static_cast<std::size_t>(n[1]), n[2], n[3], {n[4], n[5], n[6], n[7], n[8]}});
  }
}

}  // namespace gradflow

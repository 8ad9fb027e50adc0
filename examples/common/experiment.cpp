#include "experiment.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "in_parallel.hpp"
#include "task.hpp"

using namespace gradflow;

namespace {

/// Keeps the gradient flow of the first step.
struct FirstFlow : Observer<float> {
  explicit FirstFlow(GradientFlow& to) : flow(to) {}
  Next on_gradients(const Step<float>& step) override {
    if (step.number == 0) flow = gradient_flow(step.network);
    return Next::proceed;
  }
  GradientFlow& flow;
};

Network<float> make_network(const Candidate& candidate, const Task& task) {
  std::vector<LayerPtr<float>> layers;
  std::size_t inputs = features(task.train);
  for (const std::size_t width : candidate.widths) {
    layers.push_back(dense(candidate.activation, inputs, width));
    inputs = width;
  }
  layers.push_back(dense<Identity>(inputs, task.outputs));
  return Network<float>(std::move(layers));
}

void check_schedule(const Settings& s, const Task& task) {
  if (samples(task.validation) == 0 && parse_policy("schedule", s.schedule).name == OnPlateau::name)
    throw UsageError("--schedule: got 'on_plateau' without a validation part, expected one; set --validation above 0");
}

TrainerOptions trainer_options(const Settings& s, std::uint64_t seed, std::size_t threads) {
  return {.epochs = s.epochs,
          .steps = s.steps,
          .batch_size = s.batch_size,
          .seed = seed,
          .clip_norm = s.clip_norm,
          .clip_value = s.clip_value,
          .schedule = make_schedule(s.schedule),
          .restore_best = s.patience > 0,
          .threads = threads};
}

std::string widths_text(const Layer<float>& layer) {
  return std::to_string(layer.inputs()) + " -> " + std::to_string(layer.outputs());
}

std::unique_ptr<RunResult> run_one(const Settings& s, const Candidate& candidate, std::uint64_t seed, const Task& task,
                                   std::size_t threads, ProgressDisplay* display) {
  auto result = std::make_unique<RunResult>();
  result->activation = candidate.activation;
  result->seed = seed;
  Network<float> network = make_network(candidate, task);
  network.initialize(*make_initializer(s.init), seed);
  for (std::size_t i = 0; i < network.size(); ++i) result->layers.push_back(widths_text(network.layer(i)));

  const auto optimizer = make_optimizer(s);
  FirstFlow first(result->start);
  GradientNorms norms(result->gradients, {.every = s.log_every});
  Interrupt interrupt;
  std::optional<EarlyStopping<float>> early;
  std::optional<LiveFlow<float>> live;
  Trainer<float> trainer(network, task.loss, *optimizer, trainer_options(s, seed, threads));
  trainer.watch(first).watch(norms).watch(interrupt);
  if (s.patience > 0) trainer.watch(early.emplace(EarlyStoppingOptions{.patience = s.patience}));
  if (display) trainer.watch(live.emplace(*display, candidate.activation + " seed " + std::to_string(seed)));

  result->history = trainer.fit(task.train, task.validation);
  result->train = evaluate(network, *task.loss, task.train);
  result->validation = evaluate(network, *task.loss, task.validation);
  return result;
}

}  // namespace

std::unique_ptr<Optimizer<float>> make_optimizer(const Settings& s) {
  auto optimizer = gradflow::make_optimizer<float>(s.optimizer);
  const bool unset = s.optimizer.find("learning_rate") == s.optimizer.npos;
  if (s.learning_rate_given || (optimizer->name() == SgdRule::name && unset))
    optimizer->learning_rate = s.learning_rate;
  return optimizer;
}

Verdict RunResult::verdict() const { return history.outcome == Outcome::diverged ? Verdict::exploding : judge(start); }

std::vector<std::unique_ptr<RunResult>> run_experiment(const Settings& s, const std::vector<Candidate>& candidates) {
  const TaskSource source(s);
  std::map<std::uint64_t, std::shared_ptr<const Task>> tasks;
  const std::vector<std::uint64_t> seeds = seeds_of(s);
  for (const std::uint64_t seed : seeds) tasks.try_emplace(seed, source.task(seed));
  check_schedule(s, *tasks.begin()->second);

  ProgressDisplay display;
  std::vector<std::unique_ptr<RunResult>> results(candidates.size() * seeds.size());
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t threads = s.threads > 0 ? s.threads : cores, at_once = std::min(threads, results.size());
  const std::size_t for_each = std::max(std::size_t{1}, std::min(threads, cores) / at_once);
  const Crew crew{at_once, threads < cores ? at_once : 2 * at_once - 1};
  in_parallel(results.size(), crew, [&](std::size_t i) {
    const Candidate& candidate = candidates[i / seeds.size()];
    const std::uint64_t seed = seeds[i % seeds.size()];
    if (!InterruptGuard::requested())
      results[i] = run_one(s, candidate, seed, *tasks.at(seed), for_each, s.quiet ? nullptr : &display);
  });
  std::erase(results, nullptr);
  return results;
}

#include <cli/experiment.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <gradflow/base/checksum.hpp>
#include <gradflow/base/errors.hpp>

#include <cli/in_parallel.hpp>
#include <cli/remedy.hpp>

using namespace gradflow;

namespace {

/// Keeps the gradient flow of the first step.
struct FirstFlow : Observer<float> {
  explicit FirstFlow(GradientFlow& to) : flow(to) {}
  Next on_gradients(const Step<float>& step) override {
    if (step.number == 0) flow = gradient_flow(step.network);
    return Next::proceed;
  }
  void visit_state(StateVisitor& state, const Network<float>&) override {
    const auto scope = state.scope("first_flow");
    state.list("delta_norms", flow.delta_norms);
    state.list("weight_norms", flow.weight_norms);
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
    throw UsageError("--schedule: 'on_plateau' needs a validation part; set --validation above 0");
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

ReportLayer report_layer(const Layer<float>& layer) {
  const ActivationInfo* const activation = layer.activation();
  return {std::to_string(layer.inputs()) + " -> " + std::to_string(layer.outputs()),
          activation ? std::optional(*activation) : std::nullopt};
}

std::string label_of(const Candidate& candidate, std::uint64_t seed) {
  return (candidate.label.empty() ? candidate.activation : candidate.label) + " seed " + std::to_string(seed);
}

/// Fills in the flow, verdict, findings and decision boundary of the result. If no flow was measured, fills in only the
/// verdict, for which the network still has the gradient of the last step.
void examine(RunResult& result, const FlowHistory<float>& flow, const Network<float>& network, const Task& task,
             const Settings& settings, const Candidate& candidate) {
  const double chance = chance_loss(*task.loss, task.train, network.outputs());
  const RunFacts facts = run_facts(result.history, chance, result.train.loss);
  result.flow.assign(flow.snapshots().begin(), flow.snapshots().end());
  if (result.flow.empty()) {
    result.verdict = judge(result.start, gradient_flow(network), result.history.steps - 1, facts);
    return;
  }
  result.verdict = judge(result.flow, facts);
  result.findings = diagnose(result.flow, facts);
  offer_remedies(result.findings, settings, candidate);
  result.boundary = boundary_of(network, task.train, task.loss->reads(network.outputs()));
}

std::unique_ptr<Checkpoints<float>> make_checkpoints(const Settings& s, std::uint64_t seed, const ModelInfo& info) {
  Metadata notes;
  for (std::size_t i = 0; i < s.arguments.size(); ++i) notes[fmt::format("argument{:04}", i)] = s.arguments[i];
  return std::make_unique<Checkpoints<float>>(checkpoint_folder(s, seed),
                                              CheckpointOptions{.seconds = s.checkpoint_seconds,
                                                                .steps = s.checkpoint_steps,
                                                                .resume = s.resume,
                                                                .extend = s.extend,
                                                                .info = info,
                                                                .notes = std::move(notes)});
}

/// Returns the folder of a run's events for TensorBoard: "OUTPUT/tensorboard/relu-seed-1". A "/" in a formula becomes
/// "_". The end of a very long formula becomes a checksum.
std::string event_folder(const Settings& s, std::string activation, std::uint64_t seed) {
  constexpr std::size_t longest = 200;  // bytes; a file system allows 255 for the name of a folder
  if (activation.size() > longest) {
    Checksum checksum;
    checksum.add(activation);
    activation = shortened(activation, longest) + checksum.text();
  }
  std::ranges::replace(activation, '/', '_');
  return s.output + "/tensorboard/" + activation + "-seed-" + std::to_string(seed);
}

/// Opens the files for the rows of gradients.csv and metrics.csv: beside the checkpoints if the command writes some,
/// else temporary ones. With --tensorboard also opens the file for events.
void make_rows(const Settings& s, RunResult& run) {
  const std::string seed = std::to_string(run.seed), folder = checkpoint_folder(s, run.seed);
  const bool keep = s.resume && !list_checkpoints(folder).empty();
  const auto file = [&](const char* name) {
    return s.checkpoints ? std::make_unique<RowFile>(folder, name, keep) : std::make_unique<RowFile>(s.output);
  };
  if (s.tensorboard) {
    const std::string events = event_folder(s, run.name, run.seed);
    if (!keep) std::filesystem::remove_all(events);
    run.events = std::make_unique<TensorBoardSink>(events, TensorBoardSinkOptions{.append = keep});
  }
  run.rows = std::make_unique<GradientRows>(
      file("gradients.csv"), std::vector<CsvColumn>{{"activation", run.name}, {"seed", seed}}, run.events.get());
  run.epochs =
      std::make_unique<EpochRows>(file("metrics.csv"), csv_text(run.name) + "," + seed + ",", run.events.get());
}

std::unique_ptr<RunResult> run_one(const Settings& s, const Job& job, const Task& task, std::size_t threads,
                                   ProgressPlace progress) {
  const auto& [candidate, seed, keep_rows] = job;
  auto result = std::make_unique<RunResult>();
  result->name = candidate.activation;
  result->seed = seed;
  Network<float> network = make_network(candidate, task);
  network.initialize(*make_initializer(candidate.init.empty() ? s.init : candidate.init), seed);
  for (std::size_t i = 0; i < network.size(); ++i) result->layers.push_back(report_layer(network.layer(i)));

  const auto optimizer = make_optimizer(s);
  FirstFlow first(result->start);
  const FlowOptions flow_options{.every = s.log_every, .z = s.report};
  auto checkpoints = keep_rows && s.checkpoints ? make_checkpoints(s, seed, task.info) : nullptr;
  if (keep_rows) make_rows(s, *result);
  FlowHistory flow = keep_rows ? FlowHistory(*result->rows, flow_options) : FlowHistory(flow_options);
  Interrupt interrupt;
  std::optional<EarlyStopping<float>> early;
  std::optional<LiveFlow<float>> live;
  std::optional<ProgressBar<float>> bar;
  Trainer<float> trainer(network, task.loss, *optimizer, trainer_options(s, seed, threads));
  trainer.watch(first).watch(interrupt);
  if (keep_rows) trainer.watch(*result->epochs);
  if (s.measure) trainer.watch(flow);
  if (s.patience > 0) trainer.watch(early.emplace(EarlyStoppingOptions{.patience = s.patience}));
  if (progress.display && progress.lines_stay)
    trainer.watch(live.emplace(*progress.display, label_of(candidate, seed)));
  else if (progress.display)
    trainer.watch(bar.emplace(*progress.display, label_of(candidate, seed), false));
  if (checkpoints) trainer.watch(*checkpoints);

  result->history = trainer.fit(task.train, task.validation);
  result->train = evaluate(network, *task.loss, task.train);
  result->validation = evaluate(network, *task.loss, task.validation);
  examine(*result, flow, network, task, s, candidate);
  if (checkpoints) {
    result->last_checkpoint = checkpoints->newest();
    result->change = checkpoints->change();
    result->checkpoint_failure = checkpoints->failure();
    if (std::isfinite(result->train.loss) && all_finite(std::as_const(network).parameters()))
      result->model = Model<float>{std::move(network), task.info};
  }
  return result;
}

}  // namespace

std::string checkpoint_folder(const Settings& s, std::uint64_t seed) {
  return s.output + "/checkpoints/seed-" + std::to_string(seed);
}

std::unique_ptr<Optimizer<float>> make_optimizer(const Settings& s) {
  auto optimizer = gradflow::make_optimizer<float>(s.optimizer);
  const bool unset = s.optimizer.find("learning_rate") == s.optimizer.npos;
  if (s.learning_rate_given || (optimizer->name() == SgdRule::name && unset))
    optimizer->learning_rate = s.learning_rate;
  return optimizer;
}

Tasks make_tasks(const Settings& s) {
  const TaskSource source(s);
  Tasks tasks;
  for (const std::uint64_t seed : seeds_of(s)) tasks.try_emplace(seed, source.task(seed));
  check_schedule(s, *tasks.begin()->second);
  return tasks;
}

void run_jobs(const Settings& s, const Tasks& tasks, const std::vector<Job>& jobs, ProgressPlace progress,
              const std::function<void(std::size_t, std::unique_ptr<RunResult>)>& take) {
  if (jobs.empty()) return;
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t threads = s.threads > 0 ? s.threads : cores, at_once = std::min(threads, jobs.size());
  const std::size_t for_each = std::max(std::size_t{1}, std::min(threads, cores) / at_once);
  const Crew crew{at_once, threads < cores ? at_once : 2 * at_once - 1};
  in_parallel(jobs.size(), crew, [&](std::size_t i) {
    if (!InterruptGuard::requested()) take(i, run_one(s, jobs[i], *tasks.at(jobs[i].seed), for_each, progress));
  });
}

std::vector<std::unique_ptr<RunResult>> run_experiment(const Settings& s, const std::vector<Candidate>& candidates) {
  const Tasks tasks = make_tasks(s);
  std::vector<Job> jobs;
  for (const Candidate& candidate : candidates)
    for (const std::uint64_t seed : seeds_of(s)) jobs.push_back({candidate, seed, true});
  ProgressDisplay display;
  std::vector<std::unique_ptr<RunResult>> results(jobs.size());
  run_jobs(s, tasks, jobs, {s.quiet ? nullptr : &display, true},
           [&](std::size_t i, std::unique_ptr<RunResult> result) { results[i] = std::move(result); });
  std::erase(results, nullptr);
  return results;
}

#include <cli/cure.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>

#include <fmt/core.h>

#include <gradflow/observers/interrupt.hpp>

#include <cli/in_parallel.hpp>
#include <cli/remedy.hpp>

using namespace gradflow;

namespace {

/// Returns each remedy once, in the order of the findings.
std::vector<Remedy> remedies_of(const RunResult& run) {
  std::vector<Remedy> all;
  for (const Finding& finding : run.findings)
    for (const Remedy& remedy : finding.remedies)
      if (std::ranges::find(all, remedy) == all.end()) all.push_back(remedy);
  return all;
}

std::unique_ptr<RunResult> treat(const Remedy& remedy, const Settings& settings, const Candidate& candidate,
                                 std::uint64_t seed) {
  Treatment treatment = *apply(remedy, settings, candidate);
  treatment.settings.seeds = std::to_string(seed);
  treatment.settings.report = false;
  std::unique_ptr<RunResult> result;
  run_jobs(treatment.settings, make_tasks(treatment.settings), {{treatment.candidate, seed}}, {nullptr, false},
           [&](std::size_t, std::unique_ptr<RunResult> run) { result = std::move(run); });
  return result;
}

/// Returns accuracy or R^2 on the validation part, or on the training part if there is no validation part; NaN if the
/// run diverged.
double metric(const RunResult& run) {
  for (const Evaluation* e : {&run.validation, &run.train})
    for (const double number : {e->accuracy, e->r2})
      if (!std::isnan(number)) return number;
  return std::nan("");
}

bool has_fault(const RunResult& run) {
  return std::ranges::any_of(run.findings, [](const Finding& f) { return is_fault(f.mechanism); });
}

/// A remedy helps if accuracy or R^2 grows by more than 0.05. It cures if the new run also has no fault. If the run
/// diverged before, the remedy helps only if the new run does not diverge and learns something.
const char* judgement(const RunResult& before, const RunResult& after) {
  constexpr double notable = 0.05;
  const bool better = std::isnan(metric(before))
                          ? !std::isnan(metric(after)) && after.verdict->learning != Learning::nothing
                          : metric(after) > metric(before) + notable;
  if (better) return has_fault(after) ? "helps" : "cures the fault";
  return has_fault(after) ? "does not help" : "removes the fault, but the result is no better";
}

ReportCure cure_of(const Remedy& remedy, const RunResult& before, const RunResult& after) {
  return {.remedy = remedy,
          .judgement = judgement(before, after),
          .metric_name = std::isnan(after.train.r2) ? "accuracy" : "R^2",
          .metric_before = metric(before),
          .metric = metric(after),
          .factor_before = factor_per_layer(before.start),
          .factor = factor_per_layer(after.start)};
}

void try_cures_of(RunResult& run, const Settings& settings, const Candidate& candidate) {
  const std::vector<Remedy> remedies = remedies_of(run);
  std::vector<std::unique_ptr<RunResult>> results(remedies.size());
  const std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
  in_parallel(remedies.size(), {threads, threads}, [&](std::size_t i) {
    if (!InterruptGuard::requested()) results[i] = treat(remedies[i], settings, candidate, run.seed);
  });
  for (std::size_t i = 0; i < remedies.size(); ++i)
    if (results[i]) run.cures.push_back(cure_of(remedies[i], run, *results[i]));  // null if a signal ended the run
}

}  // namespace

void try_cures(const Settings& settings, const std::vector<Candidate>& candidates, const Results& results) {
  for (const Candidate& candidate : candidates) {
    const auto run =
        std::ranges::find_if(results, [&](const auto& result) { return result->name == candidate.activation; });
    if (run != results.end() && has_fault(**run)) try_cures_of(**run, settings, candidate);
  }
}

void print_cures(const Results& results) {
  for (const auto& run : results) {
    if (run->cures.empty()) continue;
    std::string text = fmt::format(
        "\nRemedies tried for {} (seed {}). Each remedy was tried on a copy of the run. The copy trains for the same "
        "number of steps, unless the remedy changes this number.\n",
        run->name, run->seed);
    for (const ReportCure& cure : run->cures)
      text += fmt::format("  {}\n    Cost: {}.\n", cure.text(), cost(cure.remedy.lever));
    std::fputs(text.c_str(), stdout);
  }
}

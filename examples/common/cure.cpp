#include "cure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include <fmt/core.h>

#include <gradflow/base/numbers.hpp>
#include <gradflow/observers/interrupt.hpp>

#include "in_parallel.hpp"
#include "statistics.hpp"

using namespace gradflow;

namespace {

/// What a remedy makes of a run.
struct Treatment {
  Settings settings;
  Candidate candidate;
};

double factor_of(const Remedy& remedy) { return parse_number(remedy.value).value(); }

/// Nothing where the remedy would change nothing.
std::optional<Treatment> apply(const Remedy& remedy, const Settings& settings, const Candidate& candidate) {
  Treatment t{settings, candidate};
  const std::string init = candidate.init.empty() ? settings.init : candidate.init;
  switch (remedy.lever) {
    case Lever::init:
      if (init == remedy.value) return {};
      t.candidate.init = remedy.value;
      break;
    case Lever::activation:
      if (candidate.activation == remedy.value) return {};
      t.candidate.activation = remedy.value;
      break;
    case Lever::scale:
      if (settings.scale == remedy.value) return {};
      t.settings.scale = remedy.value;
      break;
    case Lever::optimizer:
      if (settings.optimizer.starts_with(remedy.value)) return {};
      t.settings.optimizer = remedy.value;
      t.settings.learning_rate_given = false;
      break;
    case Lever::learning_rate:
      t.settings.learning_rate = make_optimizer(settings)->learning_rate * factor_of(remedy);
      t.settings.learning_rate_given = true;
      break;
    case Lever::clip_norm:
      if (settings.clip_norm <= factor_of(remedy)) return {};
      t.settings.clip_norm = factor_of(remedy);
      break;
    case Lever::depth:
      if (candidate.widths.size() < 2) return {};
      t.candidate.widths.resize(
          static_cast<std::size_t>(static_cast<double>(candidate.widths.size()) * factor_of(remedy)));
      break;
    case Lever::steps:
      t.settings.epochs = static_cast<std::size_t>(static_cast<double>(settings.epochs) * factor_of(remedy));
      t.settings.steps = static_cast<std::size_t>(static_cast<double>(settings.steps) * factor_of(remedy));
      break;
  }
  return t;
}

struct Cure {
  Remedy remedy;
  std::unique_ptr<RunResult> result;
};

/// Each remedy once, in the order of the findings.
std::vector<Cure> remedies_of(const RunResult& run, const Settings& settings, const Candidate& candidate) {
  std::vector<Cure> cures;
  for (const Finding& finding : run.findings)
    for (const Remedy& remedy : finding.remedies) {
      const bool known = std::ranges::any_of(cures, [&](const Cure& cure) { return cure.remedy == remedy; });
      if (!known && apply(remedy, settings, candidate)) cures.push_back({remedy, nullptr});
    }
  return cures;
}

void treat(Cure& cure, const Settings& settings, const Candidate& candidate, std::uint64_t seed) {
  Treatment treatment = *apply(cure.remedy, settings, candidate);
  treatment.settings.seeds = std::to_string(seed);
  treatment.settings.report = false;
  run_jobs(treatment.settings, make_tasks(treatment.settings), {{treatment.candidate, seed}}, {nullptr, false},
           [&](std::size_t, std::unique_ptr<RunResult> result) { cure.result = std::move(result); });
}

/// Accuracy or R^2, of the validation part where there is one; a run that diverged has none.
double metric(const RunResult& run) {
  for (const Evaluation* e : {&run.validation, &run.train})
    for (const double number : {e->accuracy, e->r2})
      if (!std::isnan(number)) return number;
  return std::nan("");
}

bool healthy(const RunResult& run) { return !run.findings.empty() && run.findings[0].mechanism == Mechanism::healthy; }

bool stuck(const RunResult& run) {
  return std::ranges::any_of(run.findings, [](const Finding& f) { return f.mechanism == Mechanism::stuck_at_chance; });
}

/// A twentieth of the scale of accuracy and R^2 is a help; healthy besides, it is a cure. What no longer diverges, and
/// learns nothing, is no help.
const char* judgement(const RunResult& before, const RunResult& after) {
  constexpr double notable = 0.05;
  const bool better = std::isnan(metric(before)) ? !std::isnan(metric(after)) && !stuck(after)
                                                 : metric(after) > metric(before) + notable;
  if (better) return healthy(after) ? "cures it" : "helps";
  return healthy(after) ? "is healthy and no better" : "does not help";
}

std::string metric_text(const RunResult& run) {
  return std::isnan(metric(run)) ? "diverged" : fmt::format("{:.3f}", metric(run));
}

void print_cure(const RunResult& before, const Cure& cure) {
  if (!cure.result) return;  // ended by a signal
  const RunResult& after = *cure.result;
  std::fputs(
      fmt::format("  {}: {}. Factor a layer {} -> {}, {} {} -> {}.\n    It costs {}.\n", describe(cure.remedy),
                  judgement(before, after), shown("{:.3f}", factor_per_layer(before.start)),
                  shown("{:.3f}", factor_per_layer(after.start)), std::isnan(after.train.r2) ? "accuracy" : "R^2",
                  metric_text(before), metric_text(after), cost(cure.remedy.lever))
          .c_str(),
      stdout);
}

}  // namespace

void print_cures(const Settings& settings, const std::vector<Candidate>& candidates, const Results& results) {
  for (const Candidate& candidate : candidates) {
    const auto run =
        std::ranges::find_if(results, [&](const auto& result) { return result->name == candidate.activation; });
    if (run == results.end() || (*run)->findings.empty() || healthy(**run)) continue;
    std::vector<Cure> cures = remedies_of(**run, settings, candidate);
    const std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
    in_parallel(cures.size(), {threads, threads}, [&](std::size_t i) {
      if (!InterruptGuard::requested()) treat(cures[i], settings, candidate, (*run)->seed);
    });
    std::fputs(fmt::format("\nCures of {} (seed {}), each trained as long as it was, unless it says otherwise:\n",
                           (*run)->name, (*run)->seed)
                   .c_str(),
               stdout);
    for (const Cure& cure : cures) print_cure(**run, cure);
  }
}

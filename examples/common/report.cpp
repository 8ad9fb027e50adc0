#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>

#include <fmt/core.h>

#include <gradflow/base/file.hpp>

#include <gradflow/log/log_scale.hpp>

#include "cure.hpp"
#include "output_folder.hpp"
#include "page.hpp"
#include "statistics.hpp"
#include "table.hpp"

using namespace gradflow;

namespace {

/// Unlike fmt::print it does not throw where nothing can be printed: run_command() says so, once, when all is written.
template <class... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), stdout);
}

/// Norms of dL/dz: by step, then by layer.
using Profile = std::map<std::size_t, std::vector<double>>;

Profile delta_norms(const RunResult& run) {
  Profile profile;
  for (const FlowSnapshot& snapshot : run.flow)
    for (const LayerFlow& layer : snapshot.layers) profile[snapshot.step].push_back(layer.delta_norm);
  return profile;
}

/// The first two steps that were recorded, the middle one and the last, each once.
std::vector<std::size_t> steps_to_show(const Profile& profile) {
  std::vector<std::size_t> all, shown;
  for (const auto& [step, norms] : profile) all.push_back(step);
  if (all.empty()) return {};
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, all.size() / 2, all.size() - 1})
    if (i < all.size() && (shown.empty() || shown.back() < all[i])) shown.push_back(all[i]);
  return shown;
}

/// Of the first column: the activation, below it the layers.
std::size_t label_width(const RunResult& run) {
  std::size_t width = std::max(std::size_t{14}, run.name.size());
  for (const ReportLayer& layer : run.layers) width = std::max(width, 4 + layer.name.size());
  return width + 2;
}

void print_profile(const RunResult& run, const Profile& profile, const LogScale& scale) {
  const auto steps = steps_to_show(profile);
  const std::size_t width = label_width(run);
  print("\n{:<{}}", run.name, width);
  for (const std::size_t step : steps) print("{:<16}", fmt::format("step {}", step));
  print("\n");
  for (std::size_t layer = 0; layer < run.layers.size(); ++layer) {
    print("{:>2}  {:<{}}", layer, run.layers[layer].name, width - 4);
    for (const std::size_t step : steps) {
      const double norm = profile.at(step)[layer];
      print("{:7.1e} {}  ", norm, scale.bar(norm));
    }
    print("\n");
  }
}

/// One row of the table: all seeds of one activation.
using Row = std::vector<const RunResult*>;

std::vector<Row> rows_of(const Results& results) {
  std::vector<Row> rows;
  for (const auto& run : results) {
    if (rows.empty() || rows.back().front()->name != run->name) rows.emplace_back();
    rows.back().push_back(run.get());
  }
  return rows;
}

std::string mean_and_spread(const Row& row, const char* format, const std::function<double(const RunResult&)>& get) {
  std::vector<double> all;
  for (const RunResult* run : row) all.push_back(get(*run));
  return ::mean_and_spread(all, format, standard_deviation);
}

std::string verdicts(const Row& row) {
  std::vector<std::string_view> all;
  for (const RunResult* run : row) all.push_back(name(run->verdict()));
  return tally(all);
}

Column column(const std::vector<Row>& rows, std::string title, const std::function<std::string(const Row&)>& cell) {
  Column column{std::move(title), {}};
  for (const Row& row : rows) column.cells.push_back(cell(row));
  return column;
}

Column numbers(const std::vector<Row>& rows, std::string title, const char* format,
               const std::function<double(const RunResult&)>& get) {
  return column(rows, std::move(title), [&](const Row& row) { return mean_and_spread(row, format, get); });
}

bool any_finite(const Results& results, const std::function<double(const RunResult&)>& get) {
  return std::ranges::any_of(results, [&](const auto& run) { return !std::isnan(get(*run)); });
}

/// Accuracy of classes, R^2 of values; of the validation part where there is one.
void add_metrics(std::vector<Column>& columns, const std::vector<Row>& rows, const Results& results) {
  struct Metric {
    const char* title;
    double Evaluation::*member;
  };
  for (const Metric& metric : {Metric{"accuracy", &Evaluation::accuracy}, Metric{"R^2", &Evaluation::r2}}) {
    const auto train = [&](const RunResult& run) { return run.train.*metric.member; };
    const auto validation = [&](const RunResult& run) { return run.validation.*metric.member; };
    if (any_finite(results, validation))
      columns.push_back(numbers(rows, std::string("val. ") + metric.title, "{:.4f}", validation));
    else if (any_finite(results, train))
      columns.push_back(numbers(rows, std::string("train ") + metric.title, "{:.4f}", train));
  }
}

void print_reasons(const std::vector<Row>& rows) {
  print("\n");
  for (const Row& row : rows) {
    const RunResult& run = *row.front();
    print("{} (seed {}): at the start {:.2g} of the norm of dL/dz at the output is left at the first layer: {}.\n",
          run.name, run.seed, gradient_left(run.start), name(judge(run.start)));
    for (const RunResult* other : row)
      if (other->history.divergence)
        print("{} (seed {}) diverged and was ended: exploding. {}.{}\n", other->name, other->seed,
              other->history.divergence->text,
              other->last_checkpoint.empty() ? "" : " The last good checkpoint: " + other->last_checkpoint);
  }
  print(
      "\nFirst/last, factor and verdict are those of the first step. Vanishing: less than {} of dL/dz is left at the\n"
      "first layer; exploding: more than {}, or a number that was not finite at any step; else healthy.\n",
      vanishing_below, exploding_above);
  if (std::ranges::any_of(rows, [](const Row& row) { return row.size() > 1; }))
    print("Behind{}: the standard deviation over the seeds.\n", plus_minus());
  if (std::ranges::any_of(rows, [](const Row& row) { return !std::isnan(row.front()->train.r2); }))
    print("The targets are standardised: losses and errors are in units of their deviation.\n");
}

/// Words, in lines of at most so many characters.
void print_wrapped(const std::string& text, const std::string& indent) {
  constexpr std::size_t width = 100;
  std::string line = indent;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find(' ', begin), text.size());
    if (line.size() > indent.size() && line.size() + 1 + end - begin > width) {
      print("{}\n", line);
      line = indent;
    }
    line += (line.size() > indent.size() ? " " : "") + text.substr(begin, end - begin);
  }
  print("{}\n", line);
}

std::string layers_text(const Finding& f) {
  return f.first_layer == f.last_layer ? fmt::format("layer {}", f.first_layer)
                                       : fmt::format("layers {} to {}", f.first_layer, f.last_layer);
}

std::string finding_text(const Finding& f) { return fmt::format("{}, {}", name(f.mechanism), layers_text(f)); }

/// "vanishing by small slopes, layers 0 to 9; output stuck at chance, layer 10"
std::string findings_text(const RunResult& run) {
  std::string text;
  for (const Finding& f : run.findings) text += (text.empty() ? "" : "; ") + finding_text(f);
  return text;
}

/// The doctor's words on the first seed of each activation of which there are some; of the others what they have been
/// found to have.
void print_findings(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const auto first = std::ranges::find_if(row, [](const RunResult* run) { return !run->findings.empty(); });
    if (first == row.end()) continue;
    const RunResult& run = **first;
    print("\n{} (seed {}):\n", run.name, run.seed);
    for (const Finding& f : run.findings) {
      print_wrapped(fmt::format("{}: {}.", finding_text(f), f.text), "  ");
      std::string remedies;
      for (const Remedy& remedy : f.remedies) remedies += (remedies.empty() ? "" : "; ") + describe(remedy);
      if (!remedies.empty()) print_wrapped("Try: " + remedies + ".", "    ");
    }
    for (const RunResult* other : row) {
      if (other == &run) continue;
      const std::string text = other->findings.empty() ? "nothing was measured" : findings_text(*other);
      print_wrapped(fmt::format("Seed {}: {}.", other->seed, text == findings_text(run) ? "the same" : text), "  ");
    }
  }
}

Report report_of(const Settings& settings, const SettingsText& texts, const Results& results) {
  Report report{dataset_title(settings) + ":", command_line(), texts, {}, {}};
  std::vector<std::string> names;
  for (const auto& run : results) {
    report.runs.push_back(*run);
    if (std::ranges::find(names, run->name) == names.end()) names.push_back(run->name);
  }
  for (const std::string& name : names) report.title += (name == names[0] ? " " : ", ") + name;
  report.points = points_of(make_tasks(settings).begin()->second->train);
  return report;
}

}  // namespace

void print_gradients(const Results& results) {
  LogScale scale;
  for (const auto& run : results)
    for (const auto& [step, norms] : delta_norms(*run))
      for (const double norm : norms) scale.include(norm);
  print(
      "\nThe norm of dL/dz over a batch, at every layer from the first to the output (seed {}).\n"
      "Bars are logarithmic, from 1e{:+03} to 1e{:+03}.\n",
      results.front()->seed, scale.low(), scale.high());
  for (const Row& row : rows_of(results)) print_profile(*row.front(), delta_norms(*row.front()), scale);
}

void print_summary(const Results& results) {
  const std::vector<Row> rows = rows_of(results);
  const auto validation_loss = [](const RunResult& run) { return run.validation.loss; };
  std::vector<Column> columns;
  columns.push_back(column(rows, "activation", [](const Row& row) { return row.front()->name; }));
  columns.push_back(numbers(rows, "train loss", "{:.4f}", [](const RunResult& run) { return run.train.loss; }));
  if (any_finite(results, validation_loss)) columns.push_back(numbers(rows, "val. loss", "{:.4f}", validation_loss));
  add_metrics(columns, rows, results);
  columns.push_back(
      numbers(rows, "dL/dW first/last", "{:.1e}", [](const RunResult& run) { return gradient_ratio(run.start); }));
  columns.push_back(
      numbers(rows, "factor a layer", "{:.3f}", [](const RunResult& run) { return factor_per_layer(run.start); }));
  columns.push_back(column(rows, "verdict", verdicts));
  print("\n");
  print_table(columns);
  print_reasons(rows);
  print_findings(rows);
}

void run_and_report(Settings settings, const std::string& usual_folder, const std::vector<Candidate>& candidates,
                    SettingsText own_settings) {
  const OutputFolder folder = settings.resume ? OutputFolder::go_on(settings.output)
                                              : OutputFolder::claim(settings.output, usual_folder, settings.overwrite);
  settings.output = folder.path();
  const InterruptGuard guard;  // until all is written
  const Results results = run_experiment(settings, candidates);
  if (results.empty()) return;
  const SettingsText shared = describe_settings(settings);
  own_settings.insert(own_settings.end(), shared.begin(), shared.end());
  // Files first: a pipe that closes early ends the process. And where one cannot be written, the others are, and the
  // results are still to be seen.
  std::string on_report;
  std::vector<std::string> written = {"metrics.csv", "gradients.csv", "summary.json"};
  const std::exception_ptr failure =
      failure_of({[&] {
                    if (!settings.checkpoints) return;
                    const auto models = write_models(settings.output, results, settings.onnx);
                    written.insert(written.end(), models.begin(), models.end());
                  },
                  [&] { write_metrics(settings.output + "/metrics.csv", results); },
                  [&] { write_gradients(settings.output + "/gradients.csv", results); },
                  [&] { write_summary(settings.output + "/summary.json", own_settings, results); },
                  [&] {
                    on_report = write_page_if_asked(settings.report, settings.output, [&](const std::string& path) {
                      write_report(path, report_of(settings, own_settings, results));
                    });
                  },
                  [&] {
                    for (const auto& run : results)
                      if (run->checkpoint_failure) std::rethrow_exception(run->checkpoint_failure);
                  }});
  print_gradients(results);
  print_summary(results);
  if (settings.cure && !InterruptGuard::requested()) print_cures(settings, candidates, results);
  if (failure) std::rethrow_exception(failure);
  if (InterruptGuard::requested()) print("\nEnded by a signal: these are the results so far.\n");
  if (InterruptGuard::requested() && settings.checkpoints)
    print("To go on: {} --resume {}\n", command_name(), shell_word(settings.output));
  std::string paths;
  for (const std::string& name : written) paths += (paths.empty() ? "" : ", ") + settings.output + "/" + name;
  print("\nWritten: {}\n{}", paths, on_report);
}

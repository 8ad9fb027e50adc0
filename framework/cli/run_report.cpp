#include <cli/run_report.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <gradflow/base/file.hpp>

#include <gradflow/terminal/log_scale.hpp>

#include <cli/cure.hpp>
#include <cli/output_folder.hpp>
#include <cli/report_option.hpp>
#include <cli/statistics.hpp>
#include <cli/table.hpp>
#include <cli/wrapped.hpp>

using namespace gradflow;

namespace {

/// Does not throw if printing fails, unlike fmt::print: run_command() reports the failure once, after all files are
/// written.
template <class... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), stdout);
}

/// Norms of dL/dz: for each step, one norm per layer.
using Profile = std::map<std::size_t, std::vector<double>>;

Profile delta_norms(const RunResult& run) {
  Profile profile;
  for (const FlowSnapshot& snapshot : run.flow)
    for (const LayerFlow& layer : snapshot.layers) profile[snapshot.step].push_back(layer.delta_norm);
  return profile;
}

/// Returns the first two recorded steps, the middle one and the last one, without repetition.
std::vector<std::size_t> steps_to_show(const Profile& profile) {
  std::vector<std::size_t> all, shown;
  for (const auto& [step, norms] : profile) all.push_back(step);
  if (all.empty()) return {};
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, all.size() / 2, all.size() - 1})
    if (i < all.size() && (shown.empty() || shown.back() < all[i])) shown.push_back(all[i]);
  return shown;
}

/// Returns the width of the first column, which has the activation in the first line and the layers below it.
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

std::string words(const Row& row, const std::function<std::string_view(const Verdict&)>& word) {
  std::vector<std::string_view> all;
  for (const RunResult* run : row) all.push_back(word(*run->verdict));
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

/// Adds a column with the accuracy for classes, or with R^2 for values. If there is a validation part, the column shows
/// its metric, else the metric of the training part.
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

/// Prints what the words and numbers of the table mean.
void print_rules(const std::vector<Row>& rows) {
  print("\n{}", wrapped(verdict_rules() +
                            " 'dL/dW first/last' is the norm of dL/dW at the first layer, divided by that at the last. "
                            "This column and 'factor per layer' are measured at the first step.",
                        ""));
  if (std::ranges::any_of(rows, [](const Row& row) { return row.size() > 1; }))
    print("The number after{}is the standard deviation over the seeds.\n", plus_minus());
  if (std::ranges::any_of(rows, [](const Row& row) { return !std::isnan(row.front()->train.r2); }))
    print("The losses are losses on standardised targets (mean 0, standard deviation 1).\n");
}

std::string layers_text(const Finding& f) {
  return f.first_layer == f.last_layer ? fmt::format("layer {}", f.first_layer)
                                       : fmt::format("layers {} to {}", f.first_layer, f.last_layer);
}

std::string finding_text(const Finding& f) {
  return std::string(name(f.mechanism)) + (is_fault(f.mechanism) ? ", " + layers_text(f) : "");
}

/// "vanishing by small slopes, layers 0 to 9; output stuck at chance, layer 10"
std::string findings_text(const RunResult& run) {
  std::string text;
  for (const Finding& f : run.findings) text += (text.empty() ? "" : "; ") + finding_text(f);
  return text;
}

/// Prints findings and remedies. A remedy of several findings is printed only with the first of them.
void print_findings(const RunResult& run) {
  std::vector<Remedy> printed;
  for (const Finding& f : run.findings) {
    print("{}", wrapped(fmt::format("{}: {}.", finding_text(f), f.text), "  "));
    for (const Remedy& remedy : f.remedies) {
      if (std::ranges::find(printed, remedy) != printed.end()) continue;
      print("    try {}\n", describe(remedy));
      printed.push_back(remedy);
    }
  }
}

/// "sigmoid (seed 1): vanishing at the start, vanishing at the end; learned nothing."
std::string headline(const RunResult& run) {
  return fmt::format("{} (seed {}): {} at the start, {} at the end; {}.", run.name, run.seed,
                     adjective(run.verdict->start), adjective(run.verdict->end), name(run.verdict->learning));
}

void print_divergence(const RunResult& run) {
  if (!run.history.divergence) return;
  print("{}",
        wrapped(fmt::format("{}.{}", run.history.divergence->text,
                            run.last_checkpoint.empty() ? "" : " The last good checkpoint: " + run.last_checkpoint),
                "  "));
}

void print_change(const RunResult& run) {
  if (!run.change.empty())
    print("{}", wrapped("A single run of this length would give other results: " + run.change + ".", "  "));
}

/// Prints all findings for the first seed of each activation. For each other seed prints the headline and its findings,
/// or "The same findings.".
void print_words(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const RunResult& run = *row.front();
    print("\n{}\n{}", headline(run), wrapped(run.verdict->text, "  "));
    print_change(run);
    print_divergence(run);
    print_findings(run);
    for (const RunResult* other : row) {
      if (other == &run) continue;
      print("{}\n", headline(*other));
      print_change(*other);
      print_divergence(*other);
      if (other->findings.empty()) continue;
      const std::string text = findings_text(*other);
      print("{}", wrapped(text == findings_text(run) ? "The same findings." : "Findings: " + text + ".", "  "));
    }
  }
}

Report report_of(const Settings& settings, const Json& described, const Results& results) {
  Report report{dataset_title(settings) + ":", command_line(), setting_texts(described), {}, {}};
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
      numbers(rows, "factor per layer", "{:.3f}", [](const RunResult& run) { return factor_per_layer(run.start); }));
  const auto add_words = [&](const char* title, const std::function<std::string_view(const Verdict&)>& word) {
    columns.push_back(column(rows, title, [&](const Row& row) { return words(row, word); }));
  };
  add_words("gradient at start", [](const Verdict& v) { return name(v.start); });
  add_words("at end", [](const Verdict& v) { return name(v.end); });
  add_words("learning", [](const Verdict& v) { return name(v.learning); });
  print("\n");
  print_table(columns);
  print_rules(rows);
  print_words(rows);
}

Results run_and_report(Settings settings, const std::string& usual_folder, const std::vector<Candidate>& candidates,
                       Json own_settings) {
  const OutputFolder folder = settings.resume ? OutputFolder::resume(settings.output)
                                              : OutputFolder::claim(settings.output, usual_folder, settings.overwrite);
  settings.output = folder.path();
  const InterruptGuard guard;  // until all files are written
  Results results = run_experiment(settings, candidates);
  if (results.empty()) return results;
  own_settings.update(describe_settings(settings));
  // Writes files before printing, because a closed pipe ends the process. If a file cannot be written, the other files
  // are still written and the results printed.
  std::string on_report;
  std::vector<std::string> written = {"metrics.csv", "gradients.csv", "summary.json"};
  const auto write_words = [&] {
    return failure_of({[&] { write_summary(settings.output + "/summary.json", own_settings, results); },
                       [&] {
                         on_report =
                             write_page_if_asked(settings.report, settings.output, [&](const std::string& path) {
                               write_report(path, report_of(settings, own_settings, results));
                             });
                       }});
  };
  std::exception_ptr failure = failure_of({[&] {
                                             if (!settings.checkpoints) return;
                                             const auto models = write_models(settings.output, results, settings.onnx);
                                             written.insert(written.end(), models.begin(), models.end());
                                           },
                                           [&] { write_metrics(settings.output + "/metrics.csv", results); },
                                           [&] { write_gradients(settings.output + "/gradients.csv", results); },
                                           [&] {
                                             if (const auto unwritten = write_words())
                                               std::rethrow_exception(unwritten);
                                           },
                                           [&] {
                                             for (const auto& run : results)
                                               if (run->checkpoint_failure)
                                                 std::rethrow_exception(run->checkpoint_failure);
                                           },
                                           [&] {
                                             for (const auto& run : results) run->rows->require_events();
                                           }});
  print_gradients(results);
  print_summary(results);
  if (settings.cure && !failure && !InterruptGuard::requested()) {
    std::fflush(stdout);
    try_cures(settings, candidates, results);
    failure = write_words();  // again, now with the remedies that were tried
    print_cures(results);
  }
  if (failure) std::rethrow_exception(failure);
  if (InterruptGuard::requested()) print("\nEnded by a signal: these are the results so far.\n");
  if (InterruptGuard::requested() && settings.checkpoints)
    print("To continue: {} --resume {}\n", command_name(), shell_word(settings.output));
  std::string paths;
  for (const std::string& name : written) paths += (paths.empty() ? "" : ", ") + settings.output + "/" + name;
  print("\nWritten: {}\n{}", paths, on_report);
  if (settings.tensorboard)
    print("Open in TensorBoard: tensorboard --logdir {}\n", shell_word(settings.output + "/tensorboard"));
  return results;
}

// Shows which activations and initialisers train, and up to which depth. Trains every activation with every
// initialiser, depth and seed, in parallel on all cores. Prints tables of the accuracy and of the state of the
// gradient, a conclusion in words, and draws a page. If a sweep was interrupted, the same command runs the missing
// runs.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cli/activation_option.hpp>
#include <cli/commands.hpp>
#include <cli/report_option.hpp>
#include <cli/sweep_report.hpp>

using namespace gradflow;

namespace {

struct SweepSettings {
  Settings shared;
  std::string activations = "sigmoid,tanh,relu";
  std::string inits = "auto,glorot_uniform,he_normal";
  std::string depths = "2,4,8,16";
  std::size_t width = 32;
  double trains_above = 0;
  bool trains_above_given = false;
  bool restart = false;
};

void check_depth(const std::string& item) { to_whole("depth", item, 0); }

void add_options(Options& options, SweepSettings& s) {
  options.group("Networks");
  options.list("--activations", s.activations, activation_of(Activations{}),
               "activations of the hidden layers: " + activation_choices(Activations{}));
  options.list("--inits", s.inits, one_of(Initializers{}, "initializer"),
               "initialisers of the weights. One or more of: " + choices(Initializers{}));
  options.list("--depths", s.depths, check_depth, "hidden layers");
  options.whole("--width", s.width, 1, "units in each hidden layer");
  add_data_options(options, s.shared);
  add_optimization_options(options, s.shared);
  add_crew_options(options, s.shared);
  options
      .number("--trains-above", s.trains_above, -1, 1,
              "a network counts as trained if its accuracy (for a regression its R^2) is above X [for classes: halfway "
              "between the share of the most frequent class and 1; for a regression: 0.5]")
      ->default_str("")
      ->each([&s](const std::string&) { s.trains_above_given = true; });
  options.flag("--restart", s.restart, "delete the runs in the output folder and start the sweep again");
  add_report_option(options, s.shared.report, "a page with a map of the combinations that train");
  add_output_options(options, s.shared,
                     "sweep.csv, sweep.json and report.html; the sweep adds its runs to those in the folder",
                     "runs/sweep-DATASET");
}

SweepGrid grid_of(const SweepSettings& s) {
  SweepGrid grid{activations_of("--activations", s.activations), {}, {}, s.width, seeds_of(s.shared)};
  for (const std::string_view item : split_list(s.inits)) grid.inits.emplace_back(item);
  for (const std::string_view item : split_list(s.depths)) grid.depths.push_back(to_whole("depth", item, 0));
  std::ranges::sort(grid.depths);
  return grid;
}

/// Returns the FNV-1a hash of the file's bytes. It shows whether a file of the same name has changed.
std::string fingerprint(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::istreambuf_iterator<char> byte(file), end; byte != end; ++byte)
    hash = (hash ^ static_cast<unsigned char>(*byte)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

/// Returns the settings on which a result depends, without the settings that differ between the runs of a sweep.
Json shared_settings(const SweepSettings& s) {
  Json settings = describe_settings(s.shared);
  for (const char* other : {"init", "seeds", "log_every"}) settings.erase(other);
  settings["width"] = s.width;
  if (is_file(s.shared.dataset)) settings["content"] = fingerprint(s.shared.dataset);
  if (is_npy(s.shared.dataset)) settings["content_of_targets"] = fingerprint(s.shared.targets);
  return settings;
}

/// Returns the share of the most frequent class; samples count by their weights. data.y has class indices, or one
/// column per class that is 1 for a sample of the class.
double commonest_share(const Dataset<float>& data) {
  std::vector<double> counts(classes(data));
  for (std::size_t i = 0; i < samples(data); ++i) {
    const double weight = SampleWeights<float>{data.weights}.of(i);
    for (std::size_t j = 0; j < columns(data.y); ++j)
      if (columns(data.y) == 1)
        counts[static_cast<std::size_t>(data.y(i, j))] += weight;
      else
        counts[j] += weight * (data.y(i, j) == 1);
  }
  return std::ranges::max(counts) / total_weight(data);
}

TrainsAbove trains_above(const SweepSettings& s, const Task& task) {
  const bool validation = samples(task.validation) > 0, of_classes = is_classification(task.train);
  TrainsAbove above{std::string(validation ? "validation " : "train ") + (of_classes ? "accuracy" : "R^2"), validation,
                    s.trains_above, ""};
  if (s.trains_above_given) return above;
  above.value = 0.5;
  if (!of_classes) return above;
  const double share = commonest_share(validation ? task.validation : task.train);
  above.value = (share + 1) / 2;
  above.reason = fmt::format(" This is halfway between the share of the most frequent class ({:.3g}) and 1.", share);
  return above;
}

struct Sweep {
  std::vector<SweepKey> keys;
  std::vector<Job> jobs;  ///< one for each key
  std::size_t total = 0;  ///< including the runs that are done
};

/// Returns the runs that the file does not have. Lists the runs seed by seed. The depth varies fastest, so the first
/// runs take about as long as the later ones, and the remaining time can be estimated.
Sweep missing(const SweepGrid& grid, const SweepFile& file) {
  Sweep sweep;
  for (const std::uint64_t seed : grid.seeds)
    for (const std::string& activation : grid.activations)
      for (const std::string& init : grid.inits)
        for (const std::size_t depth : grid.depths) {
          ++sweep.total;
          if (file.runs().contains({activation, init, depth, seed})) continue;
          sweep.keys.push_back({activation, init, depth, seed});
          sweep.jobs.push_back({{.activation = activation,
                                 .widths = std::vector<std::size_t>(depth, grid.width),
                                 .init = init,
                                 .label = fmt::format("{} {} depth {}", activation, init, depth)},
                                seed});
        }
  return sweep;
}

void run_missing(const Settings& s, const Tasks& tasks, const Sweep& sweep, SweepFile& file) {
  if (sweep.jobs.empty()) return;
  ProgressDisplay display;
  std::optional<ProgressLine> line;
  std::size_t done = sweep.total - sweep.jobs.size();
  if (!s.quiet) line.emplace(display, Progress{.label = "sweep", .unit = "runs"});
  const auto show = [&] {
    if (line && line->step(done, sweep.total)) line->show();
  };
  show();
  std::mutex mutex;
  run_jobs(s, tasks, sweep.jobs, {s.quiet ? nullptr : &display, false},
           [&](std::size_t i, const std::unique_ptr<RunResult>& result) {
             if (result->history.outcome == Outcome::interrupted) return;
             const std::lock_guard lock(mutex);
             file.append(sweep.keys[i], sweep_run(*result));
             ++done;
             show();
           });
}

void say_what_is_there(const SweepFile& file, const Sweep& sweep, const std::string& output) {
  if (file.was_torn())
    std::printf("The last line of %s/sweep.csv is incomplete, so its run is repeated.\n", output.c_str());
  const std::size_t there = sweep.total - sweep.jobs.size();
  if (there > 0) std::printf("%zu of %zu runs are in %s/sweep.csv already.\n", there, sweep.total, output.c_str());
  std::fflush(stdout);
}

SweepMap map_of(const SweepSettings& s, const SweepGrid& grid, const SweepFile& file, const TrainsAbove& above) {
  SweepMap map = sweep_map(grid, file.runs(), above);
  map.title = "Sweep of " + dataset_title(s.shared);
  map.command = command_line();
  map.settings = {{"activations", s.activations}, {"inits", s.inits}, {"depths", s.depths}, {"seeds", s.shared.seeds}};
  for (const auto& setting : setting_texts(shared_settings(s))) map.settings.push_back(setting);
  return map;
}

void sweep(SweepSettings& s) {
  if (s.shared.output.empty()) s.shared.output = "runs/sweep-" + dataset_title(s.shared);
  s.shared.measure = false;
  const SweepGrid grid = grid_of(s);
  const Tasks tasks = make_tasks(s.shared);
  SweepFile file(s.shared.output, shared_settings(s), s.restart);
  const Sweep sweep = missing(grid, file);
  say_what_is_there(file, sweep, s.shared.output);

  const InterruptGuard guard;
  // After a failure the tables still show the finished runs.
  std::exception_ptr failure =
      failure_of({[&] { run_missing(s.shared, tasks, sweep, file); }, [&] { file.put_in_order(); }});
  std::string on_report;
  if (!file.runs().empty()) {
    const TrainsAbove above = trains_above(s, *tasks.begin()->second);
    const std::exception_ptr unwritten = failure_of({[&] {
      on_report = write_page_if_asked(s.shared.report, s.shared.output, [&](const std::string& path) {
        write_sweep_map(path, map_of(s, grid, file, above));
      });
    }});
    if (!failure) failure = unwritten;
    print_sweep(grid, file.runs(), above);
  }
  if (failure) std::rethrow_exception(failure);
  if (InterruptGuard::requested())
    std::printf("\nEnded by a signal with %zu of %zu runs done. To continue, run the same command again.\n",
                sweep.total - missing(grid, file).jobs.size(), sweep.total);
  std::printf("\nWritten: %s/sweep.csv, %s/sweep.json\n%s", s.shared.output.c_str(), s.shared.output.c_str(),
              on_report.c_str());
}

class SweepCommand final : public Command {
 public:
  SweepCommand() {
    settings_.shared.seeds = "1,2,3";
    settings_.shared.report = true;
  }
  void add_options(CLI::App&, Options& options) override { ::add_options(options, settings_); }
  void run(const CLI::App&) override { sweep(settings_); }

 private:
  SweepSettings settings_;
};

}  // namespace

std::unique_ptr<Command> make_sweep() { return std::make_unique<SweepCommand>(); }

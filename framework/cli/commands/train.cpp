// Trains one network on any data set. Prints the norm of the gradient by layer, loss, accuracy and a verdict on the
// gradient flow. Writes all numbers and the model. With --resume an interrupted run continues and ends with the same
// results as a run that never stopped. With --resume and a larger --epochs or --steps a run becomes longer, even if it
// had ended. If a run diverges, the exit code is 1.
#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string_view>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cli/activation_option.hpp>
#include <cli/commands.hpp>
#include <cli/output_folder.hpp>
#include <cli/run_report.hpp>

namespace {

struct TrainSettings {
  Settings shared;
  std::string layers = "64,32";
  std::string activation = "relu";
  std::string resume;
};

void check_width(const std::string& item) { to_whole("width", item, 1); }

void add_options(Options& options, TrainSettings& s) {
  options.group("Network");
  options.sequence("--layers", s.layers, check_width, "widths of the hidden layers");
  options.checked("--activation", s.activation, activation_of(gradflow::Activations{}),
                  "activation of the hidden layers: " + activation_choices(gradflow::Activations{}));
  add_data_options(options, s.shared);
  add_training_options(options, s.shared);
  add_run_options(options, s.shared, "runs/DATASET-train");
  options.flag("--onnx", s.shared.onnx, "also write the model in ONNX format: model.onnx")
      ->each([](const std::string&) { require_protobuf("--onnx", gradflow::can_write_onnx()); });
  options.group("Checkpoints");
  options
      .text("--resume", s.resume,
            "continue the run in this folder; it ends with the same results as a run that never stopped. --epochs or "
            "--steps make the run longer, even if it has ended. All other settings stay the same")
      ->type_name("FOLDER")
      ->default_str("");
  options
      .flag("--extend", s.shared.extend,
            "with --resume: make the run longer even if its schedule depends on the run's length, and report what "
            "changes")
      ->needs("--resume");
  options.number("--checkpoint-seconds", s.shared.checkpoint_seconds, 0, std::numeric_limits<double>::max(),
                 "seconds between checkpoints; a run also writes one at its start and one at its end");
  options
      .whole("--checkpoint-steps", s.shared.checkpoint_steps, 1,
             "steps between checkpoints, instead of --checkpoint-seconds")
      ->default_str("")
      ->excludes("--checkpoint-seconds");
}

/// Throws std::runtime_error if a run diverged, so that a script that needs the model sees an exit code of 1.
void require_convergence(const Results& results) {
  for (const auto& run : results)
    if (run->history.divergence)
      throw std::runtime_error(fmt::format("seed {} diverged: {}{}", run->seed, run->history.divergence->text,
                                           run->model ? "" : "; no model is written"));
}

void train(TrainSettings& s) {
  s.shared.checkpoints = true;
  s.shared.arguments = command_arguments();
  Candidate candidate{canonical_activation(s.activation), {}};
  print_formula_findings({candidate.activation});
  for (const std::string_view typed : gradflow::split_list(s.layers))
    candidate.widths.push_back(to_whole("width", typed, 1));
  require_convergence(run_and_report(s.shared, "runs/" + dataset_title(s.shared) + "-train", {candidate},
                                     {{"activation", candidate.activation}, {"layers", candidate.widths}}));
}

/// Throws UsageError for an option that is not allowed with --resume. Only the length of the run may change, and
/// options that change no result.
void check_alone(const CLI::App& app) {
  constexpr std::array<std::string_view, 6> allowed = {"--resume", "--epochs", "--steps",
                                                       "--extend", "--quiet",  "--threads"};
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0 && std::ranges::find(allowed, option->get_name()) == allowed.end())
      throw UsageError(
          option->get_name() +
          ": not allowed with --resume, because the settings of a run cannot change; allowed are --epochs, "
          "--steps, --extend, --quiet and --threads");
}

std::string title(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Returns the arguments with which the run began, from the first run in the folder that has an undamaged checkpoint.
/// Prints from which checkpoint each run continues. Throws UsageError if no checkpoint is undamaged.
std::vector<std::string> typed_at_the_beginning(const std::string& folder) {
  std::vector<std::string> arguments;
  std::string skipped;
  for (const std::string& run : checkpoint_folders(folder)) {
    const gradflow::NewestCheckpoint newest = gradflow::newest_checkpoint(run);
    for (const std::string& why : newest.skipped) {
      fmt::print(stderr, "skipped: {}\n", why);
      skipped = "; " + why;
    }
    if (newest.path.empty()) continue;
    fmt::print(stderr, "{}: continues from {}\n", title(run), newest.path);
    if (!arguments.empty()) continue;
    for (const auto& [key, argument] : newest.notes) arguments.push_back(argument);
  }
  if (arguments.empty())
    throw UsageError("--resume: " + gradflow::in_quotes(folder) + " has no undamaged checkpoint" + skipped);
  return arguments;
}

/// Removes an option and its value. Returns the position that they had, or the end if they were not there.
std::size_t take_away(std::vector<std::string>& arguments, const std::string& option) {
  const auto found =
      std::ranges::find_if(arguments, [&](const std::string& a) { return a == option || a.starts_with(option + "="); });
  const auto at = static_cast<std::size_t>(found - arguments.begin());
  if (found != arguments.end()) arguments.erase(found, found + (*found == option ? 2 : 1));
  return at;
}

/// Returns the arguments with which the run began, with the new length of the run if one was typed.
std::vector<std::string> with_length(std::vector<std::string> arguments, const CLI::App& typed) {
  for (const std::string option : {"--epochs", "--steps"}) {
    const CLI::Option* const given = typed.get_option(option);
    if (given->count() == 0) continue;
    take_away(arguments, option == "--epochs" ? "--steps" : "--epochs");
    const auto at = static_cast<std::ptrdiff_t>(take_away(arguments, option));
    arguments.insert(arguments.begin() + at, {option, given->results().front()});
  }
  return arguments;
}

TrainSettings parsed(const std::vector<std::string>& arguments, const std::string& command) {
  TrainSettings settings;
  CLI::App app({}, command);
  Options options(app);
  add_options(options, settings);
  parse(app, arguments);
  return settings;
}

bool depends_on_length(const std::string& schedule) {
  const gradflow::RunProgress start{.step = 0, .total_steps = 1};
  gradflow::make_schedule(schedule)->factor(start);
  return start.total_steps.was_asked();
}

/// Throws UsageError if a run of the new length would have had other learning rates in the steps that are already done.
void check_length(const TrainSettings& before, const TrainSettings& now, bool extend) {
  if (extend || (before.shared.epochs == now.shared.epochs && before.shared.steps == now.shared.steps)) return;
  if (!depends_on_length(now.shared.schedule)) return;
  throw UsageError("--resume: cannot make the run longer, because the schedule " +
                   gradflow::in_quotes(now.shared.schedule) +
                   " depends on the length of the run; with --extend the run continues, and the steps so far have the "
                   "learning rates of the shorter run");
}

void resume(const CLI::App& app, const TrainSettings& typed) {
  check_alone(app);
  const std::vector<std::string> beginning = typed_at_the_beginning(typed.resume);
  set_command_arguments(with_length(beginning, app));
  TrainSettings settings = parsed(command_arguments(), app.get_name());
  check_length(parsed(beginning, app.get_name()), settings, typed.shared.extend);
  settings.shared.extend = typed.shared.extend;
  settings.shared.resume = true;
  settings.shared.output = typed.resume;
  settings.shared.quiet |= typed.shared.quiet;
  if (typed.shared.threads > 0) settings.shared.threads = typed.shared.threads;
  train(settings);
}

class Train final : public Command {
 public:
  void add_options(CLI::App&, Options& options) override { ::add_options(options, settings_); }
  void run(const CLI::App& app) override { settings_.resume.empty() ? train(settings_) : resume(app, settings_); }

 private:
  TrainSettings settings_;
};

}  // namespace

std::unique_ptr<Command> make_train() { return std::make_unique<Train>(); }

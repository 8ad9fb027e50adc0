// The main job: trains the same network with several activations and shows where the gradient goes in each network.
// Prints the norm of the gradient by layer and step, then one table with losses, accuracies and a verdict. Writes all
// numbers to files.
#include <nlohmann/json.hpp>

#include <cli/activation_option.hpp>
#include <cli/commands.hpp>
#include <cli/run_report.hpp>

namespace {

struct CompareSettings {
  Settings shared;
  std::string activations = "sigmoid,tanh,relu";
  std::size_t depth = 10, width = 32;
};

void add_options(Options& options, CompareSettings& s) {
  options.group("Networks");
  options.list("--activations", s.activations, activation_of(gradflow::Activations{}),
               "activation of the hidden layers: " + activation_choices(gradflow::Activations{}));
  options.whole("--depth", s.depth, 0, "hidden layers");
  options.whole("--width", s.width, 1, "units in each hidden layer");
  add_data_options(options, s.shared);
  add_training_options(options, s.shared);
  add_run_options(options, s.shared, "runs/DATASET");
}

void compare(CompareSettings& s) {
  std::vector<Candidate> candidates;
  const std::vector<std::string> activations = activations_of("--activations", s.activations);
  print_formula_findings(activations);
  for (const std::string& activation : activations)
    candidates.push_back({activation, std::vector<std::size_t>(s.depth, s.width)});
  run_and_report(s.shared, "runs/" + dataset_title(s.shared), candidates,
                 {{"activations", activations}, {"depth", s.depth}, {"width", s.width}});
}

class Compare final : public Command {
 public:
  Compare() {
    settings_.shared.report = true;
    settings_.shared.same_widths = true;
  }
  void add_options(CLI::App&, Options& options) override { ::add_options(options, settings_); }
  void run(const CLI::App&) override { compare(settings_); }

 private:
  CompareSettings settings_;
};

}  // namespace

std::unique_ptr<Command> make_compare() { return std::make_unique<Compare>(); }

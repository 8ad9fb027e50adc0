// One network on any data set, from the command line. Prints the norm of the gradient layer by layer, loss, accuracy
// and a verdict on the gradient's flow; writes all numbers.
//
// tested with: --dataset iris --layers 16,8,8 --activation tanh --epochs 5 --output train
// tested with: --dataset sine --layers 16 --activation silu --optimizer adam --epochs 5 --output train-sine
#include <gradflow/log/json.hpp>

#include "common/report.hpp"

namespace {

struct TrainSettings {
  Settings shared;
  std::string layers = "64,32";
  std::string activation = "relu";
};

void check_width(const std::string& item) { to_whole("width", item, 1); }

void add_options(Options& options, TrainSettings& s) {
  options.group("Network");
  options.sequence("--layers", s.layers, check_width, "widths of the hidden layers");
  options.checked(
      "--activation", s.activation, one_of(gradflow::Activations{}, "activation"),
      "of the hidden layers; with parameters: \"leaky_relu(slope=0.01)\". All: " + choices(gradflow::Activations{}));
  add_data_options(options, s.shared);
  add_training_options(options, s.shared);
  add_run_options(options, s.shared, "runs/DATASET-train");
}

void train(TrainSettings& s) {
  if (s.shared.output.empty()) s.shared.output = "runs/" + dataset_title(s.shared) + "-train";
  Candidate candidate{s.activation, {}};
  std::string widths;
  for (const std::string& typed : split_list(s.layers)) {
    candidate.widths.push_back(to_whole("width", typed, 1));
    widths += (widths.empty() ? "" : ", ") + std::to_string(candidate.widths.back());
  }
  run_and_report(s.shared, {candidate},
                 {{"activation", gradflow::json_text(s.activation)}, {"layers", "[" + widths + "]"}});
}

}  // namespace

int main(int argc, char** argv) {
  TrainSettings settings;
  CLI::App app("Trains one network and shows, layer by layer, where its gradient goes.", "train");
  Options options(app);
  add_options(options, settings);
  return run_command(app, argc, argv, [&] { train(settings); });
}

// Why does a deep network of sigmoids not learn? Trains the same network of ten hidden layers on handwritten digits
// with sigmoid, tanh and relu. For each activation prints a verdict and the norm of dL/dz at every layer, at the first
// step and at the last step. Logs all measurements to a CSV file, and writes a page for a browser. `gradflow compare`
// does the same with more options.
#include <cstdio>
#include <filesystem>
#include <string>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

const std::string folder = "runs/vanishing_gradient";

/// 64 pixels, ten hidden layers of 32 units, ten classes.
Network<float> deep_network(const std::string& activation) {
  std::vector<LayerPtr<float>> layers{dense(activation, 64, 32)};
  while (layers.size() < 10) layers.push_back(dense(activation, 32, 32));
  layers.push_back(dense<Identity>(32, 10));
  Network<float> network(layers);
  network.initialize(AutoInit{}, /*seed=*/1);
  return network;
}

void print_norms(const std::vector<FlowSnapshot>& flow) {
  std::printf("layer   ||dL/dz|| at step 0   at step %zu\n", flow.back().step);
  for (std::size_t layer = 0; layer < flow.front().layers.size(); ++layer)
    std::printf("%5zu %21.9g %14.9g\n", layer, flow.front().layers[layer].delta_norm,
                flow.back().layers[layer].delta_norm);
}

/// Trains and measures a network, prints the norms, and returns the run for the page.
ReportRun train_and_watch(const std::string& activation, const Dataset<float>& train,
                          const Dataset<float>& validation) {
  Network<float> network = deep_network(activation);
  ReportRun run{.name = activation, .seed = 1};
  for (std::size_t i = 0; i < network.size(); ++i)
    run.layers.push_back(
        {std::to_string(network.layer(i).inputs()) + " -> " + std::to_string(network.layer(i).outputs()),
         *network.layer(i).activation()});

  CsvSink log(folder + "/" + activation + ".csv");
  FlowHistory flow(log);  // measures at about 60 log-spaced steps; the log gets the numbers, too
  Sgd sgd({.learning_rate = 0.03});
  const auto loss = make_loss<float>(CrossEntropy{});
  Trainer trainer(network, loss, sgd, {.epochs = 30, .batch_size = 32, .seed = 1});
  run.history = trainer.watch(flow).fit(train, validation);

  run.flow.assign(flow.snapshots().begin(), flow.snapshots().end());
  run.train = evaluate(network, *loss, train);
  run.validation = evaluate(network, *loss, validation);
  const RunFacts facts = run_facts(run.history, chance_loss(*loss, train, network.outputs()), run.train.loss);
  run.verdict = judge(run.flow, facts);
  run.findings = diagnose(run.flow, facts);

  std::printf("\n%s: accuracy %.3f on the validation digits\n", activation.c_str(), run.validation.accuracy);
  print_norms(run.flow);
  std::printf("%s\n", run.verdict->text.c_str());
  return run;
}

}  // namespace

int main() {
  auto [train, validation] = split(load_csv(GRADFLOW_DATASETS "/digits.csv"), {.fraction = 0.8, .seed = 1});
  const Scaling scaling = min_max_scaler(train.x);
  scaling.apply(train.x);
  scaling.apply(validation.x);

  std::filesystem::create_directories(folder);
  Report report{.title = "Vanishing gradients"};
  for (const std::string activation : {"sigmoid", "tanh", "relu"})
    report.runs.push_back(train_and_watch(activation, train, validation));
  if (!can_write_reports()) return 0;
  write_report(folder + "/report.html", report);
  std::printf("\nOpen in a browser: %s/report.html\n", folder.c_str());
}

#include <cli/results.hpp>

#include <cmath>
#include <filesystem>

#include <gradflow/base/file.hpp>
#include <gradflow/log/csv_rows.hpp>
#include <gradflow/log/json.hpp>

using namespace gradflow;

namespace {

std::string divergence_json(const History& history) {
  if (!history.divergence) return "null";
  const Divergence& d = *history.divergence;
  return "{\"step\": " + std::to_string(d.step) + ", \"layer\": " + std::to_string(d.layer) +
         ", \"text\": " + json_text(d.text) + "}";
}

/// Its path within the folder of the results.
std::string checkpoint_json(const RunResult& run) {
  return json_text(run.last_checkpoint.substr(run.last_checkpoint.rfind("checkpoints/")));
}

std::string remedies_json(const std::vector<Remedy>& remedies) {
  std::string out;
  for (const Remedy& remedy : remedies) out += (out.empty() ? "" : ", ") + json_text(describe(remedy));
  return "[" + out + "]";
}

std::string findings_json(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings)
    out += (out.empty() ? "" : ", ") + std::string("{\"mechanism\": ") + json_text(name(f.mechanism)) +
           ", \"first_layer\": " + std::to_string(f.first_layer) + ", \"last_layer\": " + std::to_string(f.last_layer) +
           ", \"text\": " + json_text(f.text) + ", \"remedies\": " + remedies_json(f.remedies) + "}";
  return "[" + out + "]";
}

std::string cures_json(const std::vector<ReportCure>& cures) {
  std::string out;
  for (const ReportCure& c : cures)
    out += (out.empty() ? "" : ", ") + std::string("{\"remedy\": ") + json_text(describe(c.remedy)) +
           ", \"judgement\": " + json_text(c.judgement) + ", \"" + (c.metric_name == "R^2" ? "r2" : "accuracy") +
           "\": " + json_number(c.metric) + ", \"factor_per_layer\": " + json_number(c.factor) + "}";
  return "[" + out + "]";
}

std::string run_json(const RunResult& run) {
  SettingsText members = {{"activation", json_text(run.name)},
                          {"seed", std::to_string(run.seed)},
                          {"steps", std::to_string(run.history.steps)},
                          {"train_loss", json_number(run.train.loss)},
                          {"train_accuracy", json_number(run.train.accuracy)},
                          {"train_r2", json_number(run.train.r2)},
                          {"validation_loss", json_number(run.validation.loss)},
                          {"validation_accuracy", json_number(run.validation.accuracy)},
                          {"validation_r2", json_number(run.validation.r2)},
                          {"gradient_ratio", json_number(gradient_ratio(run.start))},
                          {"factor_per_layer", json_number(factor_per_layer(run.start))},
                          {"gradient_start", json_text(name(run.verdict->start))},
                          {"gradient_end", json_text(name(run.verdict->end))},
                          {"learning", json_text(name(run.verdict->learning))},
                          {"outcome", json_text(name(run.history.outcome))},
                          {"divergence", divergence_json(run.history)},
                          {"findings", findings_json(run.findings)},
                          {"cures", cures_json(run.cures)}};
  if (!run.last_checkpoint.empty()) members.emplace_back("last_checkpoint", checkpoint_json(run));
  return json_object(members, "    ");
}

std::string summary_json(const SettingsText& settings, const Results& results) {
  std::string runs;
  for (const auto& run : results) runs += (runs.empty() ? "\n    " : ",\n    ") + run_json(*run);
  return "{\n  \"settings\": " + json_object(settings, "  ") + ",\n  \"runs\": [" + runs + "\n  ]\n}\n";
}

}  // namespace

std::string json_object(const SettingsText& members, const std::string& indent) {
  std::string out = "{";
  for (const auto& [name, value] : members)
    out += (out.size() == 1 ? "\n" : ",\n") + indent + "  " + json_text(name) + ": " + value;
  return out + "\n" + indent + "}";
}

SettingsText describe_settings(const Settings& s) {
  std::string seeds;
  for (const std::uint64_t seed : seeds_of(s)) seeds += (seeds.empty() ? "" : ", ") + std::to_string(seed);
  const auto optional = [](bool given, std::string value) { return given ? std::move(value) : "null"; };
  return {{"dataset", json_text(s.dataset)},
          {"samples", optional(is_toy(s.dataset), std::to_string(s.samples))},
          {"noise", optional(is_toy(s.dataset), json_number(s.noise))},
          {"label", optional(is_file(s.dataset), json_text(s.label))},
          {"target", optional(is_file(s.dataset), json_text(s.target))},
          {"separator", optional(is_file(s.dataset), json_text({&s.separator, 1}))},
          {"no_header", optional(is_file(s.dataset), s.no_header ? "true" : "false")},
          {"validation", json_number(s.validation)},
          {"scale", json_text(s.scale)},
          {"class_weights", json_text(s.class_weights)},
          {"init", json_text(s.init)},
          {"loss", json_text(s.loss)},
          {"optimizer", json_text(s.optimizer)},
          {"learning_rate", json_number(make_optimizer(s)->learning_rate)},
          {"schedule", json_text(s.schedule)},
          {"batch_size", std::to_string(s.batch_size)},
          {"epochs", optional(s.steps == 0, std::to_string(s.epochs))},
          {"steps", optional(s.steps > 0, std::to_string(s.steps))},
          {"clip_norm", json_number(s.clip_norm)},
          {"clip_value", json_number(s.clip_value)},
          {"patience", optional(s.patience > 0, std::to_string(s.patience))},
          {"seeds", "[" + seeds + "]"},
          {"log_every", optional(s.log_every > 0, std::to_string(s.log_every))}};
}

void write_metrics(const std::string& path, const Results& results) {
  write_file(path, [&](const WriteText& write) {
    write(EpochRows::header());
    for (const auto& run : results) run->epochs->file().copy_to(write, path);
  });
}

void write_gradients(const std::string& path, const Results& results) {
  write_file(path, [&](const WriteText& write) {
    for (const auto& run : results) {
      if (run == results.front()) write(csv_header(run->rows->columns()));
      run->rows->file().copy_to(write, path);
    }
  });
}

std::vector<std::string> write_models(const std::string& folder, const Results& results, bool onnx) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  for (const auto& run : results) {
    if (!run->model) continue;
    names.push_back(results.size() == 1 ? "model.safetensors"
                                        : "model-seed-" + std::to_string(run->seed) + ".safetensors");
    save_model(folder + "/" + names.back(), run->model->network, run->model->info);
    if (!onnx) continue;
    names.push_back(fs::path(names.back()).replace_extension("onnx").string());
    save_onnx(folder + "/" + names.back(), run->model->network, run->model->info);
  }
  return names;
}

void write_summary(const std::string& path, const SettingsText& settings, const Results& results) {
  write_file(path, summary_json(settings, results));
}

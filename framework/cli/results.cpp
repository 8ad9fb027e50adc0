#include <cli/results.hpp>

#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/log/csv_rows.hpp>

using namespace gradflow;

namespace {

Json divergence_json(const History& history) {
  if (!history.divergence) return nullptr;
  const Divergence& d = *history.divergence;
  return {{"step", d.step}, {"layer", d.layer}, {"text", d.text}};
}

Json findings_json(const std::vector<Finding>& findings) {
  Json all = Json::array();
  for (const Finding& f : findings) {
    Json remedies = Json::array();
    for (const Remedy& remedy : f.remedies) remedies.push_back(describe(remedy));
    all.push_back({{"mechanism", name(f.mechanism)},
                   {"first_layer", f.first_layer},
                   {"last_layer", f.last_layer},
                   {"text", f.text},
                   {"remedies", std::move(remedies)}});
  }
  return all;
}

Json cures_json(const std::vector<ReportCure>& cures) {
  Json all = Json::array();
  for (const ReportCure& c : cures)
    all.push_back({{"remedy", describe(c.remedy)},
                   {"judgement", c.judgement},
                   {c.metric_name == "R^2" ? "r2" : "accuracy", c.metric},
                   {"factor_per_layer", c.factor}});
  return all;
}

Json run_json(const RunResult& run) {
  Json json = {{"activation", run.name},
               {"seed", run.seed},
               {"steps", run.history.steps},
               {"train_loss", run.train.loss},
               {"train_accuracy", run.train.accuracy},
               {"train_r2", run.train.r2},
               {"validation_loss", run.validation.loss},
               {"validation_accuracy", run.validation.accuracy},
               {"validation_r2", run.validation.r2},
               {"gradient_ratio", gradient_ratio(run.start)},
               {"factor_per_layer", factor_per_layer(run.start)},
               {"gradient_start", name(run.verdict->start)},
               {"gradient_end", name(run.verdict->end)},
               {"learning", name(run.verdict->learning)},
               {"outcome", name(run.history.outcome)},
               {"divergence", divergence_json(run.history)},
               {"findings", findings_json(run.findings)},
               {"cures", cures_json(run.cures)}};
  const std::string& checkpoint = run.last_checkpoint;
  if (!checkpoint.empty()) json["last_checkpoint"] = checkpoint.substr(checkpoint.rfind("checkpoints/"));
  return json;
}

std::string dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json describe_settings(const Settings& s) {
  const bool toy = is_toy(s.dataset), file = is_file(s.dataset), npy = is_npy(s.dataset), csv = file && !npy;
  const auto optional = [](bool given, const Json& value) { return given ? value : Json(); };
  return {{"dataset", s.dataset},
          {"samples", optional(toy, s.samples)},
          {"noise", optional(toy, s.noise)},
          {"targets", optional(npy, s.targets)},
          {"label", optional(csv, s.label)},
          {"target", optional(file, s.target)},
          {"separator", optional(csv, std::string(1, s.separator))},
          {"no_header", optional(csv, s.no_header)},
          {"validation", s.validation},
          {"scale", s.scale},
          {"class_weights", s.class_weights},
          {"init", s.init},
          {"loss", s.loss},
          {"optimizer", s.optimizer},
          {"learning_rate", make_optimizer(s)->learning_rate},
          {"schedule", s.schedule},
          {"batch_size", s.batch_size},
          {"epochs", optional(s.steps == 0, s.epochs)},
          {"steps", optional(s.steps > 0, s.steps)},
          {"clip_norm", s.clip_norm},
          {"clip_value", s.clip_value},
          {"patience", optional(s.patience > 0, s.patience)},
          {"seeds", seeds_of(s)},
          {"log_every", optional(s.log_every > 0, s.log_every)}};
}

std::string setting_text(const Json& value) {
  if (value.is_number_float() && std::isfinite(value.get<double>())) return text(value.get<double>());
  if (!value.is_array()) return dump(value);
  std::vector<std::string> items;
  for (const Json& item : value) items.push_back(setting_text(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::vector<std::pair<std::string, std::string>> setting_texts(const Json& settings) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [name, value] : settings.items()) texts.emplace_back(name, setting_text(value));
  return texts;
}

void write_json(const std::string& path, const Json& json) { write_file(path, dump(json, 2) + "\n"); }

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

void write_summary(const std::string& path, const Json& settings, const Results& results) {
  Json runs = Json::array();
  for (const auto& run : results) runs.push_back(run_json(*run));
  write_json(path, {{"settings", settings}, {"runs", std::move(runs)}});
}

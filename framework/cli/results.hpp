#pragma once
// What an experiment leaves in its folder: metrics.csv (by epoch), gradients.csv (by step and layer) and summary.json.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cli/experiment.hpp>

using Results = std::vector<std::unique_ptr<RunResult>>;

/// Names and JSON values, in the order of the summary.
using SettingsText = std::vector<std::pair<std::string, std::string>>;

/// An object of JSON, a member on each line; the indent is that of its last line.
std::string json_object(const SettingsText& members, const std::string& indent = {});

/// The settings that both commands know.
SettingsText describe_settings(const Settings& settings);

/// Each writes its file whole or not at all. Throws std::system_error.
void write_metrics(const std::string& path, const Results& results);
void write_gradients(const std::string& path, const Results& results);
/// FOLDER/model.safetensors, and model.onnx; of several runs FOLDER/model-seed-1.safetensors, ... A run that has no
/// model is left out. Returns the names.
std::vector<std::string> write_models(const std::string& folder, const Results& results, bool onnx);
void write_summary(const std::string& path, const SettingsText& settings, const Results& results);

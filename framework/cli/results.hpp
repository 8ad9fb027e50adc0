#pragma once
// What an experiment leaves in its folder: metrics.csv (by epoch), gradients.csv (by step and layer) and summary.json.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <cli/experiment.hpp>

using Results = std::vector<std::unique_ptr<RunResult>>;

/// JSON whose members keep their order.
using Json = nlohmann::ordered_json;

/// An object of the settings that both commands know, in the order of the summary.
Json describe_settings(const Settings& settings);

/// A setting's value as reports and errors show it: "tanh" in quotes, 0.1, [1, 2].
std::string setting_text(const Json& value);
/// Names and texts of all members of an object.
std::vector<std::pair<std::string, std::string>> setting_texts(const Json& settings);

/// Each writes its file whole or not at all. Throws std::system_error. In JSON a byte that is not UTF-8 becomes U+FFFD,
/// and a number that is not finite null.
void write_json(const std::string& path, const Json& json);
void write_metrics(const std::string& path, const Results& results);
void write_gradients(const std::string& path, const Results& results);
/// FOLDER/model.safetensors, and model.onnx; of several runs FOLDER/model-seed-1.safetensors, ... A run that has no
/// model is left out. Returns the names.
std::vector<std::string> write_models(const std::string& folder, const Results& results, bool onnx);
void write_summary(const std::string& path, const Json& settings, const Results& results);

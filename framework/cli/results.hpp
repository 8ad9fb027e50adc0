#pragma once
// Writes the results of an experiment into its folder: metrics.csv (by epoch), gradients.csv (by step and layer),
// summary.json and the models.
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

/// Returns an object with the settings that compare, train and sweep share, in the order of the summary.
Json describe_settings(const Settings& settings);

/// Returns a setting's value as reports and errors show it: "tanh" in quotes, 0.1, [1, 2].
std::string setting_text(const Json& value);
/// Returns name and text of every member of an object.
std::vector<std::pair<std::string, std::string>> setting_texts(const Json& settings);

/// Each function below writes a complete file or none, and throws std::system_error if it cannot. In JSON, a byte that
/// is not UTF-8 becomes U+FFFD, and a number that is not finite becomes null.
void write_json(const std::string& path, const Json& json);
void write_metrics(const std::string& path, const Results& results);
void write_gradients(const std::string& path, const Results& results);
/// Writes FOLDER/model.safetensors, and FOLDER/model.onnx if `onnx` is true. For several runs the names are
/// "model-seed-1.safetensors" and so on. A run without a model is left out. Returns the names of the files.
std::vector<std::string> write_models(const std::string& folder, const Results& results, bool onnx);
void write_summary(const std::string& path, const Json& settings, const Results& results);

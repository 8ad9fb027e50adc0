#pragma once
// What an experiment leaves in its folder: metrics.csv (by epoch), gradients.csv (by step and layer) and summary.json.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiment.hpp"

using Results = std::vector<std::unique_ptr<RunResult>>;

/// Names and JSON values, in the order of the summary.
using SettingsText = std::vector<std::pair<std::string, std::string>>;

/// Those that both commands know.
SettingsText describe_settings(const Settings& settings);

/// Writes each file whole or not at all. Throws std::system_error.
void write_results(const std::string& folder, const SettingsText& settings, const Results& results);

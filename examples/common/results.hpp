#pragma once
// What an experiment leaves in its folder: metrics.csv (by epoch), gradients.csv (by step and layer) and summary.json.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiment.hpp"

using Results = std::vector<std::unique_ptr<RunResult>>;

/// Names and JSON values, in the order of the summary.
using SettingsText = std::vector<std::pair<std::string, std::string>>;

/// An object of JSON, a member on each line; the indent is that of its last line.
std::string json_object(const SettingsText& members, const std::string& indent = {});

/// "finished", "stopped", "diverged"
std::string_view outcome_text(gradflow::Outcome outcome);

/// Empty where the number is NaN: where it does not apply.
std::string csv_field(double number);

/// Those that both commands know.
SettingsText describe_settings(const Settings& settings);

/// Writes each file whole or not at all. Throws std::system_error.
void write_results(const std::string& folder, const SettingsText& settings, const Results& results);

#pragma once
// Applies a remedy that diagnose() suggests to a run. Returns the changed settings and the options that the user can
// type.
#include <optional>
#include <string>
#include <vector>

#include <cli/experiment.hpp>

struct Treatment {
  Settings settings;
  Candidate candidate;
  std::string option;  ///< the options to type, to get this treatment: "--depth 5"
};

/// Returns the settings with the remedy. Returns nothing if the remedy changes nothing, for example because it is
/// already set.
std::optional<Treatment> apply(const gradflow::Remedy& remedy, const Settings& settings, const Candidate& candidate);

/// Removes the remedies that change nothing, and sets the option of each other remedy.
void offer_remedies(std::vector<gradflow::Finding>& findings, const Settings& settings, const Candidate& candidate);

#pragma once
// What a remedy of the doctor makes of a run: its settings, and the options that one types for it.
#include <optional>
#include <string>
#include <vector>

#include <cli/experiment.hpp>

struct Treatment {
  Settings settings;
  Candidate candidate;
  std::string option;  ///< that makes it of the run: "--depth 5"
};

/// Nothing where the remedy changes nothing, as where it is set already.
std::optional<Treatment> apply(const gradflow::Remedy& remedy, const Settings& settings, const Candidate& candidate);

/// Leaves the remedies that change something, each with its option.
void offer_remedies(std::vector<gradflow::Finding>& findings, const Settings& settings, const Candidate& candidate);

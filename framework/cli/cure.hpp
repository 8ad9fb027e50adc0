#pragma once
// Trains copies of a run with the remedies that its findings suggest, and measures which of them help.
#include <vector>

#include <cli/results.hpp>

/// For every candidate whose first run has a fault: trains one copy of the run for each remedy of its findings, from
/// the same seed and with the same length unless the remedy changes it. Adds the results to the run's cures.
void try_cures(const Settings& settings, const std::vector<Candidate>& candidates, const Results& results);

/// Prints for each remedy that was tried whether it helps, its metric and its cost.
void print_cures(const Results& results);

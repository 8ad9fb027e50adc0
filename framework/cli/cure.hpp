#pragma once
// Remedies, measured.
#include <vector>

#include <cli/results.hpp>

/// For every candidate whose first run has a fault: trains a copy for each remedy of its findings, from the same seed
/// and as long as before, and adds to the run what each brought.
void try_cures(const Settings& settings, const std::vector<Candidate>& candidates, const Results& results);

/// What each brought, what it costs, and whether it helps.
void print_cures(const Results& results);

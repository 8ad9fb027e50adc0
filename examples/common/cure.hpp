#pragma once
// Remedies, measured.
#include <vector>

#include "results.hpp"

/// For every candidate that is not healthy: trains a copy for each remedy of its findings, from the first seed and as
/// long as before, and prints what became of the gradient and of the metric, what it costs, and whether it helps.
void print_cures(const Settings& settings, const std::vector<Candidate>& candidates, const Results& results);

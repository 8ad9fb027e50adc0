#pragma once
// Runs an experiment, and prints its results on the terminal.
#include <cli/results.hpp>

/// Prints for each activation the norm of dL/dz at every layer, at the beginning, in the middle and at the end, as
/// numbers and bars.
void print_gradients(const Results& results);

/// Prints one table with losses, accuracy, the state of the gradient and what was learned. Below it prints what these
/// words mean, and the findings.
void print_summary(const Results& results);

/// Does the work of compare and train: runs, prints and writes. Throws before the first step if the folder cannot be
/// made or has the results of another run. usual_folder: the folder if the user has typed none. own_settings: the
/// settings that only this command has. Returns the results.
Results run_and_report(Settings settings, const std::string& usual_folder, const std::vector<Candidate>& candidates,
                       Json own_settings);

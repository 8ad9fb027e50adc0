#pragma once
// What an experiment says on the terminal.
#include <cli/results.hpp>

/// For each activation: the norm of dL/dz at every layer, early, in the middle and at the end, as numbers and bars.
void print_gradients(const Results& results);

/// One table: losses, accuracy, what became of the gradient, and a verdict; below it how the verdicts come about.
void print_summary(const Results& results);

/// The whole of what both commands do: run, print, write. Fails before the first step where the folder cannot be made,
/// or has the results of another run. usual_folder: where none was typed. Returns the results.
Results run_and_report(Settings settings, const std::string& usual_folder, const std::vector<Candidate>& candidates,
                       Json own_settings);

#pragma once
// The results of a sweep, on the terminal and as a page.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gradflow/report/sweep_map.hpp>

#include <cli/sweep_file.hpp>

/// Every activation with every initialiser, depth and seed.
struct SweepGrid {
  std::vector<std::string> activations, inits;
  std::vector<std::size_t> depths;  ///< ascending
  std::size_t width = 0;            ///< of every hidden layer
  std::vector<std::uint64_t> seeds;
};

/// The value of the metric above which a network counts as trained.
struct TrainsAbove {
  std::string metric;  ///< "validation accuracy"
  bool validation;     ///< true: metric of the validation part; false: of the training part
  double value;
  std::string reason;  ///< why this value: " This is halfway between ... and 1."; may be empty
};

/// Prints tables of the metric, the gradient and what was learned, by activation, initialiser and depth. Then prints a
/// sentence for each activation and initialiser about the depths at which it trains. Leaves out runs that have not been
/// made yet.
void print_sweep(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above);

/// Returns the same for a page. Title, command and settings are left empty.
gradflow::SweepMap sweep_map(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above);

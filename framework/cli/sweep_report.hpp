#pragma once
// What a sweep says, on the terminal and as a page.
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

/// Above what the metric of a run says that the network has learned something.
struct TrainsAbove {
  std::string metric;  ///< "validation accuracy"
  bool validation;     ///< which part the metric is of
  double value;
  std::string reason;  ///< of the value
};

/// Tables of the metric, of the gradient and of what was learned, by activation, initialiser and depth; then, in a
/// sentence for each activation and initialiser, to which depth it trains. What has not been run yet is left out.
void print_sweep(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above);

/// The same for a page, without its title, command and settings.
gradflow::SweepMap sweep_map(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above);

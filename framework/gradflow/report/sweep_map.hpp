#pragma once
// The map of a sweep: one HTML page. It shows at which depth a network trains, for each activation and initialiser, and
// the state of the gradient there.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/report/report.hpp>

namespace gradflow {

/// One run of a sweep.
struct SweepMapRun {
  std::uint64_t seed = 0;
  double metric;            ///< NaN: none, for example because the run diverged
  double factor_per_layer;  ///< factor_per_layer() at the start; NaN: none
  double gradient_left;     ///< gradient_left() at the start; NaN: none
  std::string start;        ///< state of the gradient at the start: the name of a GradientState
  std::string end;          ///< state of the gradient at the end: the name of a GradientState
  std::string learning;     ///< the name of a Learning
};

/// The runs of one network with several seeds. A cell has no runs until the first run has ended.
struct SweepMapCell {
  double mean = std::numeric_limits<double>::quiet_NaN();      ///< mean metric of the runs that have one
  double interval = std::numeric_limits<double>::quiet_NaN();  ///< 95 % interval: mean +- interval; NaN for 1 run
  bool trains = false;                                         ///< more than half of the runs are above trains_above
  std::vector<SweepMapRun> runs;                               ///< finished runs, in the order of the seeds
};

/// All networks with one activation and one initialiser.
struct SweepMapRow {
  std::string activation;           ///< "relu"
  std::string initializer;          ///< "he_normal"
  std::string conclusion;           ///< "trains up to depth 8, but not at depth 16"; empty before any run ends
  std::vector<SweepMapCell> cells;  ///< one for each of SweepMap::depths
};

/// The data that sweep_map_page() draws.
struct SweepMap {
  std::string title;                                          ///< the page's heading
  std::string command;                                        ///< the command line that makes the map again
  std::vector<std::pair<std::string, std::string>> settings;  ///< name and value, as text
  std::string metric;                                         ///< the name of the metric: "validation accuracy"
  double trains_above = 0;                                    ///< a run trains if its metric is above this
  std::string rules;                                          ///< sentences that explain the words of the page
  std::size_t seeds = 0;                                      ///< number of runs of each network, finished or not
  std::vector<std::size_t> depths;                            ///< numbers of hidden layers, one for each column
  std::vector<SweepMapRow> rows;                              ///< from top to bottom
};

/// Returns the whole page as HTML. Throws std::runtime_error if can_write_reports() is false.
std::string sweep_map_page(const SweepMap& map);

/// Writes sweep_map_page() to a file, completely or not at all. Throws std::system_error if the file cannot be written,
/// and whatever sweep_map_page() throws.
void write_sweep_map(const std::string& path, const SweepMap& map);

}  // namespace gradflow

#pragma once
// The map of a sweep: one page of HTML that shows which activation with which initialiser trains at which depth, and
// what became of the gradient there.
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
  double metric;            ///< NaN where there is none, as for a run that diverged
  double factor_per_layer;  ///< at the start; NaN where there is none
  double gradient_left;     ///< at the start; NaN where there is none
  std::string start;        ///< of the gradient: the name of a GradientState
  std::string end;          ///< of the gradient: the name of a GradientState
  std::string learning;     ///< the name of a Learning
};

/// The runs of one network, from several seeds; none where none has ended yet.
struct SweepMapCell {
  double mean = std::numeric_limits<double>::quiet_NaN();      ///< of the metric, over the runs that have one
  double interval = std::numeric_limits<double>::quiet_NaN();  ///< half the mean's 95 % interval; NaN for one run
  bool trains = false;                                         ///< more than half of the runs are above the value
  std::vector<SweepMapRun> runs;                               ///< that have ended, in the order of the seeds
};

/// All networks with one activation and one initialiser.
struct SweepMapRow {
  std::string activation;           ///< "relu"
  std::string initializer;          ///< "he_normal"
  std::string conclusion;           ///< "trains to depth 8, not at depth 16"; empty where nothing has ended yet
  std::vector<SweepMapCell> cells;  ///< as the depths
};

/// What sweep_map_page() draws.
struct SweepMap {
  std::string title;                                          ///< the page's heading
  std::string command;                                        ///< that repeats it
  std::vector<std::pair<std::string, std::string>> settings;  ///< as they are shown
  std::string metric;                                         ///< "validation accuracy"
  double trains_above = 0;                                    ///< of the metric
  std::string rules;                                          ///< what the words mean, in sentences
  std::size_t seeds = 0;                                      ///< runs of each network, done or not
  std::vector<std::size_t> depths;                            ///< hidden layers: the columns
  std::vector<SweepMapRow> rows;                              ///< from top to bottom
};

/// The whole page. Throws std::runtime_error where can_write_reports() is false.
std::string sweep_map_page(const SweepMap& map);

/// Writes it whole or not at all. Throws std::system_error.
void write_sweep_map(const std::string& path, const SweepMap& map);

}  // namespace gradflow

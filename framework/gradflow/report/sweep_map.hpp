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

struct SweepMapRun {
  std::uint64_t seed = 0;
  double metric, factor_per_layer, gradient_left;  ///< NaN where there is none
  std::string start, end;                          ///< of the gradient: the names of GradientStates
  std::string learning;                            ///< the name of a Learning
};

/// The runs of one network, from several seeds; none where none has ended yet.
struct SweepMapCell {
  double mean = std::numeric_limits<double>::quiet_NaN();      ///< of the metric, over the runs that have one
  double interval = std::numeric_limits<double>::quiet_NaN();  ///< half the mean's 95 % interval; NaN for one run
  bool trains = false;                                         ///< more than half of the runs are above the value
  std::vector<SweepMapRun> runs;
};

struct SweepMapRow {
  std::string activation, initializer;
  std::string conclusion;           ///< "trains to depth 8, not at depth 16"; empty where nothing has ended yet
  std::vector<SweepMapCell> cells;  ///< as the depths
};

struct SweepMap {
  std::string title;
  std::string command;                                        ///< that repeats it
  std::vector<std::pair<std::string, std::string>> settings;  ///< as they are shown
  std::string metric;                                         ///< "validation accuracy"
  double trains_above = 0;                                    ///< of the metric
  std::string rules;                                          ///< what the words mean, in sentences
  std::size_t seeds = 0;                                      ///< runs of each network, done or not
  std::vector<std::size_t> depths;
  std::vector<SweepMapRow> rows;
};

/// The whole page. Throws std::runtime_error where can_write_reports() is false.
std::string sweep_map_page(const SweepMap& map);

/// Writes it whole or not at all. Throws std::system_error.
void write_sweep_map(const std::string& path, const SweepMap& map);

}  // namespace gradflow

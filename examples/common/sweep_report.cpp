#include "sweep_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "statistics.hpp"
#include "table.hpp"

using namespace gradflow;

namespace {

/// Where a printf fails, run_command() says so, once.
void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

/// The runs of one cell: a network from every seed; null where it has not been run yet.
using Cell = std::vector<const SweepRun*>;

class Cells {
 public:
  Cells(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs) : grid_(grid), runs_(runs) {}

  Cell operator()(const std::string& activation, const std::string& init, std::size_t depth) const {
    Cell cell;
    for (const std::uint64_t seed : grid_.seeds) {
      const auto found = runs_.find({activation, init, depth, seed});
      cell.push_back(found == runs_.end() ? nullptr : &found->second);
    }
    return cell;
  }

 private:
  const SweepGrid& grid_;
  const std::map<SweepKey, SweepRun>& runs_;
};

void print_by_depth(const SweepGrid& grid, const Cells& cells, const std::function<std::string(const Cell&)>& text) {
  std::vector<Column> columns = {{"activation", {}}, {"init", {}}};
  for (const std::size_t depth : grid.depths) columns.push_back({"depth " + std::to_string(depth), {}});
  for (const std::string& activation : grid.activations)
    for (const std::string& init : grid.inits) {
      columns[0].cells.push_back(activation);
      columns[1].cells.push_back(init);
      for (std::size_t i = 0; i < grid.depths.size(); ++i)
        columns[i + 2].cells.push_back(text(cells(activation, init, grid.depths[i])));
    }
  print_table(columns);
}

double metric_of(const SweepRun* run, const TrainsAbove& above) {
  if (run == nullptr) return std::numeric_limits<double>::quiet_NaN();
  return above.validation ? run->validation_metric : run->train_metric;
}

std::vector<double> metrics_of(const Cell& cell, const TrainsAbove& above) {
  std::vector<double> metrics;
  for (const SweepRun* run : cell) metrics.push_back(metric_of(run, above));
  return metrics;
}

const std::string& fate_of(const SweepRun& run) { return run.outcome == "diverged" ? run.outcome : run.verdict; }

std::string gradient_text(const Cell& cell) {
  std::vector<std::string_view> words;
  for (const SweepRun* run : cell)
    if (run != nullptr) words.push_back(fate_of(*run));
  return tally(words);
}

std::size_t runs_there(const Cell& cell) {
  return cell.size() - static_cast<std::size_t>(std::ranges::count(cell, nullptr));
}

/// Whether more than half of the runs that there are end above the value. One that diverged has no metric, and is not
/// above.
bool trains(const Cell& cell, const TrainsAbove& above) {
  const auto good =
      std::ranges::count_if(cell, [&](const SweepRun* run) { return metric_of(run, above) > above.value; });
  return 2 * static_cast<std::size_t>(good) > runs_there(cell);
}

std::string conclusion(const std::vector<std::size_t>& good, const std::vector<std::size_t>& others) {
  if (others.empty() && good.size() == 1) return fmt::format("trains at depth {}", good[0]);
  if (good.empty() && others.size() == 1) return fmt::format("does not train at depth {}", others[0]);
  if (others.empty()) return fmt::format("trains at every depth tried, up to {}", good.back());
  if (good.empty()) return fmt::format("trains at no depth tried, from {} on", others[0]);
  if (good.back() < others[0]) return fmt::format("trains to depth {}, stops at depth {}", good.back(), others[0]);
  return fmt::format("trains at depth {}, not at depth {}", fmt::join(good, ", "), fmt::join(others, ", "));
}

/// Of the depths at which there are runs, those where they train, and the others. Empty where there are none.
std::string conclusion(const SweepGrid& grid, const TrainsAbove& above,
                       const std::function<Cell(std::size_t)>& cell_at) {
  std::vector<std::size_t> good, others;
  for (const std::size_t depth : grid.depths)
    if (const Cell cell = cell_at(depth); runs_there(cell) > 0) (trains(cell, above) ? good : others).push_back(depth);
  return good.empty() && others.empty() ? "" : conclusion(good, others);
}

std::string rules_text(const TrainsAbove& above) {
  return fmt::format(
      "Trains: more than half of the seeds end with a {} above {:.3g}{}.\n"
      "Vanishing: at the first step less than {} of the norm of dL/dz at the output is left at the first\n"
      "layer; exploding: more than {}; diverged: ended by a number that was not finite; else healthy.",
      above.metric, above.value, above.reason, vanishing_below, exploding_above);
}

void print_conclusions(const SweepGrid& grid, const Cells& cells, const TrainsAbove& above) {
  for (const std::string& activation : grid.activations)
    for (const std::string& init : grid.inits) {
      const std::string text =
          conclusion(grid, above, [&](std::size_t depth) { return cells(activation, init, depth); });
      if (!text.empty()) print(fmt::format("{}, {}: {}.\n", activation, init, text));
    }
}

SweepMapCell map_cell(const SweepGrid& grid, const Cell& cell, const TrainsAbove& above) {
  const Estimate metric = estimate(metrics_of(cell, above), half_interval);
  SweepMapCell out{metric.mean, metric.spread, trains(cell, above), {}};
  for (std::size_t i = 0; i < cell.size(); ++i)
    if (const SweepRun* run = cell[i])
      out.runs.push_back(
          {grid.seeds[i], metric_of(run, above), run->factor_per_layer, run->gradient_left, fate_of(*run)});
  return out;
}

}  // namespace

void print_sweep(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above) {
  const Cells cells(grid, runs);
  const std::string mean = grid.seeds.size() == 1
                               ? fmt::format(" of seed {}", grid.seeds[0])
                               : fmt::format(", the mean of {} seeds and its 95 % interval", grid.seeds.size());
  print(fmt::format("\nThe {}{}, by hidden layers of {} units:\n\n", above.metric, mean, grid.width));
  bool whole = true;
  print_by_depth(grid, cells, [&](const Cell& cell) {
    whole &= std::ranges::all_of(cell, [&](const SweepRun* run) { return std::isfinite(metric_of(run, above)); });
    return mean_and_spread(metrics_of(cell, above), "{:.3f}", half_interval);
  });
  if (!whole) print("\n(2 of 3): two of three runs; the others diverged, or have not ended yet. -: none.\n");
  print("\nWhat became of the gradient:\n\n");
  print_by_depth(grid, cells, gradient_text);
  print("\n");
  print_conclusions(grid, cells, above);
  print("\n" + rules_text(above) + "\n");
}

SweepMap sweep_map(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above) {
  const Cells cells(grid, runs);
  SweepMap map;
  map.metric = above.metric;
  map.trains_above = above.value;
  map.rules = rules_text(above);
  map.seeds = grid.seeds.size();
  map.depths = grid.depths;
  for (const std::string& activation : grid.activations)
    for (const std::string& init : grid.inits) {
      const auto at = [&](std::size_t depth) { return cells(activation, init, depth); };
      SweepMapRow row{activation, init, conclusion(grid, above, at), {}};
      for (const std::size_t depth : grid.depths) row.cells.push_back(map_cell(grid, at(depth), above));
      map.rows.push_back(std::move(row));
    }
  return map;
}

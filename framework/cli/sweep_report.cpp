#include <cli/sweep_report.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include <cli/statistics.hpp>
#include <cli/table.hpp>
#include <cli/wrapped.hpp>

using namespace gradflow;

namespace {

/// If printing fails, run_command() reports it once.
void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

/// The runs of one cell, one per seed; null if the run has not been made yet.
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

std::string tally_of(const Cell& cell, std::string SweepRun::*word) {
  std::vector<std::string_view> words;
  for (const SweepRun* run : cell)
    if (run != nullptr) words.push_back(run->*word);
  return tally(words);
}

std::size_t runs_there(const Cell& cell) {
  return cell.size() - static_cast<std::size_t>(std::ranges::count(cell, nullptr));
}

/// Whether more than half of the existing runs end above the value. A run that diverged has no metric and does not
/// count as above.
bool trains(const Cell& cell, const TrainsAbove& above) {
  const auto good =
      std::ranges::count_if(cell, [&](const SweepRun* run) { return metric_of(run, above) > above.value; });
  return 2 * static_cast<std::size_t>(good) > runs_there(cell);
}

/// Whether the network does not train and at least half of its runs ended too early.
bool ended_too_early(const Cell& cell, const TrainsAbove& above) {
  const auto early = std::ranges::count_if(
      cell, [](const SweepRun* run) { return run != nullptr && run->learning == name(Learning::unfinished); });
  return !trains(cell, above) && 2 * static_cast<std::size_t>(early) >= runs_there(cell);
}

/// The depths that have runs, grouped by whether the networks train.
struct Depths {
  std::vector<std::size_t> good, bad, early;
};

std::string depths_text(const std::vector<std::size_t>& depths) {
  if (depths.size() == 1) return fmt::format("depth {}", depths[0]);
  return fmt::format("depths {} and {}", fmt::join(depths.begin(), depths.end() - 1, ", "), depths.back());
}

/// Returns the conclusion for networks that were trained long enough.
std::string conclusion(const std::vector<std::size_t>& good, const std::vector<std::size_t>& bad) {
  if (good.empty()) return bad.size() == 1 ? "did not train at " + depths_text(bad) : "did not train at any depth";
  if (bad.empty())
    return good.size() == 1 ? "trains at " + depths_text(good)
                            : fmt::format("trains at every depth tried, up to {}", good.back());
  if (good.back() < bad[0]) return fmt::format("trains up to depth {}, but not at depth {}", good.back(), bad[0]);
  return "trains at " + depths_text(good) + ", but not at " + depths_text(bad);
}

/// Returns the conclusion for one activation and initialiser; empty if there are no runs.
std::string conclusion(const SweepGrid& grid, const TrainsAbove& above,
                       const std::function<Cell(std::size_t)>& cell_at) {
  Depths depths;
  for (const std::size_t depth : grid.depths) {
    const Cell cell = cell_at(depth);
    if (runs_there(cell) == 0) continue;
    (trains(cell, above) ? depths.good : ended_too_early(cell, above) ? depths.early : depths.bad).push_back(depth);
  }
  std::string text;
  if (!depths.good.empty() || !depths.bad.empty()) text = conclusion(depths.good, depths.bad);
  if (!depths.early.empty())
    text += (text.empty() ? "" : "; ") + std::string("ended too early at ") + depths_text(depths.early) +
            " (the loss was still falling, so train longer)";
  return text;
}

std::string rules_text(const TrainsAbove& above) {
  return fmt::format("Trains: more than half of the seeds end with a {} above {:.3g}.{} {}", above.metric, above.value,
                     above.reason, verdict_rules());
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
      out.runs.push_back({grid.seeds[i], metric_of(run, above), run->factor_per_layer, run->gradient_left,
                          run->gradient_start, run->gradient_end, run->learning});
  return out;
}

}  // namespace

void print_sweep(const SweepGrid& grid, const std::map<SweepKey, SweepRun>& runs, const TrainsAbove& above) {
  const Cells cells(grid, runs);
  const std::string seeds = grid.seeds.size() == 1
                                ? fmt::format("seed {}", grid.seeds[0])
                                : fmt::format("mean of {} seeds and its 95 % interval", grid.seeds.size());
  print(fmt::format("\nThe {} by number of hidden layers ({} units each): {}.\n\n", above.metric, grid.width, seeds));
  bool whole = true;
  print_by_depth(grid, cells, [&](const Cell& cell) {
    whole &= std::ranges::all_of(cell, [&](const SweepRun* run) { return std::isfinite(metric_of(run, above)); });
    return mean_and_spread(metrics_of(cell, above), "{:.3f}", half_interval);
  });
  if (!whole)
    print(
        "\n(2 of 3) means that two of three runs have a value. The others diverged or have not ended yet.\n"
        "- means that no run has a value.\n");
  const auto print_words = [&](const char* title, std::string SweepRun::*word) {
    print(std::string("\n") + title + ":\n\n");
    print_by_depth(grid, cells, [word](const Cell& cell) { return tally_of(cell, word); });
  };
  print_words("The gradient at the start", &SweepRun::gradient_start);
  print_words("The gradient at the end", &SweepRun::gradient_end);
  print_words("What was learned", &SweepRun::learning);
  print("\n");
  print_conclusions(grid, cells, above);
  print("\n" + wrapped(rules_text(above), ""));
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

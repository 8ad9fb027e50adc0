#include <gradflow/report/sweep_map.hpp>

#include <cmath>

#include <gradflow/base/file.hpp>
#include <gradflow/report/page.hpp>

namespace gradflow {
namespace {

using namespace detail;

std::string run_json(const SweepMapRun& run) {
  return json_object({{"seed", json_text(std::to_string(run.seed))},
                      {"metric", json_number(run.metric)},
                      {"factor", json_number(run.factor_per_layer)},
                      {"left", json_number(run.gradient_left)},
                      {"start", json_text(run.start)},
                      {"end", json_text(run.end)},
                      {"learning", json_text(run.learning)}});
}

/// The geometric mean over the runs: 0 where the gradient of one did not arrive at all, NaN where none has a factor.
double mean_factor(const SweepMapCell& cell) {
  double sum = 0, count = 0;
  for (const SweepMapRun& run : cell.runs) {
    if (!std::isfinite(run.factor_per_layer)) continue;
    sum += std::log(run.factor_per_layer);
    ++count;
  }
  return std::exp(sum / count);
}

std::string cell_json(const SweepMapCell& cell) {
  return json_object({{"metric", json_number(cell.mean)},
                      {"interval", json_number(cell.interval)},
                      {"factor", json_number(mean_factor(cell))},
                      {"trains", json_truth(cell.trains)},
                      {"runs", json_array(cell.runs, run_json)}});
}

std::string row_json(const SweepMapRow& row) {
  return json_object({{"activation", json_text(row.activation)},
                      {"initializer", json_text(row.initializer)},
                      {"conclusion", json_text(row.conclusion)},
                      {"cells", json_array(row.cells, cell_json)}});
}

}  // namespace

std::string sweep_map_page(const SweepMap& map) {
  return make_page(Page::sweep, {map.title, map.command, map.settings},
                   {{"metric", json_text(map.metric)},
                    {"trains_above", json_number(map.trains_above)},
                    {"rules", json_text(map.rules)},
                    {"seeds", std::to_string(map.seeds)},
                    {"depths", json_array(map.depths, [](std::size_t depth) { return std::to_string(depth); })},
                    {"rows", json_array(map.rows, row_json)}});
}

void write_sweep_map(const std::string& path, const SweepMap& map) { write_file(path, sweep_map_page(map)); }

}  // namespace gradflow

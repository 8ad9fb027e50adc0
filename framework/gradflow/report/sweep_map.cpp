#include <gradflow/report/sweep_map.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

#include <gradflow/base/file.hpp>
#include <gradflow/report/page.hpp>

namespace gradflow {
namespace {

using namespace detail;
using Json = nlohmann::ordered_json;

Json run_json(const SweepMapRun& run) {
  return {{"seed", std::to_string(run.seed)}, {"metric", run.metric}, {"factor", run.factor_per_layer},
          {"left", run.gradient_left},        {"start", run.start},   {"end", run.end},
          {"learning", run.learning}};
}

/// Returns the geometric mean of the runs' factors per layer, over the finite ones. It is 0 if one factor is 0, and NaN
/// if no factor is finite.
double mean_factor(const SweepMapCell& cell) {
  double sum = 0, count = 0;
  for (const SweepMapRun& run : cell.runs) {
    if (!std::isfinite(run.factor_per_layer)) continue;
    sum += std::log(run.factor_per_layer);
    ++count;
  }
  return std::exp(sum / count);
}

Json cell_json(const SweepMapCell& cell) {
  Json runs = Json::array();
  for (const SweepMapRun& run : cell.runs) runs.push_back(run_json(run));
  return {{"metric", cell.mean},
          {"interval", cell.interval},
          {"factor", mean_factor(cell)},
          {"trains", cell.trains},
          {"runs", std::move(runs)}};
}

Json row_json(const SweepMapRow& row) {
  Json cells = Json::array();
  for (const SweepMapCell& cell : row.cells) cells.push_back(cell_json(cell));
  return {{"activation", row.activation},
          {"initializer", row.initializer},
          {"conclusion", row.conclusion},
          {"cells", std::move(cells)}};
}

}  // namespace

std::string sweep_map_page(const SweepMap& map) {
  Json rows = Json::array();
  for (const SweepMapRow& row : map.rows) rows.push_back(row_json(row));
  const Json data = {{"metric", map.metric}, {"trains_above", map.trains_above},
                     {"rules", map.rules},   {"seeds", map.seeds},
                     {"depths", map.depths}, {"rows", std::move(rows)}};
  return make_page(Page::sweep, {map.title, map.command, map.settings},
                   data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void write_sweep_map(const std::string& path, const SweepMap& map) { write_file(path, sweep_map_page(map)); }

}  // namespace gradflow

#include <gradflow/report/report.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gradflow/base/file.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/report/curve.hpp>
#include <gradflow/report/page.hpp>

namespace gradflow {
namespace {

using namespace detail;
using Json = nlohmann::ordered_json;

/// Keeps at most `most + 1` items, log-spaced by step, including the first and the last.
template <class Item, class Steps>
std::vector<const Item*> thinned(const std::vector<Item>& items, std::size_t most, const Steps& steps) {
  std::vector<const Item*> kept;
  if (items.empty()) return kept;
  const bool all = items.size() <= most + 1;
  const auto number = [&](const Item& item) { return static_cast<double>(steps(item)); };
  const double ratio = std::pow(number(items.back()) / number(items.front()), 1 / static_cast<double>(most));
  double next = 0;
  for (const Item& item : items) {
    if (!all && number(item) < next && &item != &items.back()) continue;
    kept.push_back(&item);
    next = number(item) * ratio;
  }
  return kept;
}

using Snapshots = std::vector<const FlowSnapshot*>;

Snapshots thinned(const std::vector<FlowSnapshot>& flow) {
  return thinned(flow, report_steps, [](const FlowSnapshot& snapshot) { return snapshot.step + 1; });
}
std::vector<const EpochRecord*> thinned(const std::vector<EpochRecord>& epochs) {
  return thinned(epochs, report_epochs, [](const EpochRecord& epoch) { return epoch.steps; });
}

/// Returns the array of json(item) for every item.
template <class Items, class Function>
Json array_of(const Items& items, const Function& json) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(json(item));
  return array;
}

/// Returns json(layer) of every layer at every step: [steps][layers].
template <class Function>
Json by_step_and_layer(const Snapshots& flow, const Function& json) {
  return array_of(flow, [&](const FlowSnapshot* snapshot) { return array_of(snapshot->layers, json); });
}

/// Returns the shares as whole numbers, per mille. Returns null if nothing was counted.
template <std::size_t bins>
Json histogram_json(const Histogram<bins>& h) {
  if (std::ranges::all_of(h.shares, [](double share) { return share == 0; })) return nullptr;
  return array_of(h.shares, [](double share) { return std::lround(1000 * share); });
}

Json flow_json(const Snapshots& flow) {
  Json json = {{"steps", array_of(flow, [](const FlowSnapshot* s) { return s->step; })},
               {"loss", array_of(flow, [](const FlowSnapshot* s) { return s->loss; })}};
  for (const LayerQuantity& q : layer_quantities)
    if (!q.section.empty())
      json[std::string(q.name)] = by_step_and_layer(flow, [&](const LayerFlow& l) { return l.*q.member; });
  json["slope_histogram"] = by_step_and_layer(flow, [](const LayerFlow& l) { return histogram_json(l.slopes); });
  json["z_histogram"] = by_step_and_layer(flow, [](const LayerFlow& l) { return histogram_json(l.z); });
  return json;
}

/// Returns the section, title and axis of a quantity. Empty members are left out.
Json quantity_json(const LayerQuantity& q) {
  Json json = {{"name", q.name}, {"section", q.section}, {"title", q.title}};
  if (!q.note.empty()) json["note"] = q.note;
  if (!q.axis.unit.empty()) json["unit"] = q.axis.unit;
  if (q.axis.logarithmic) json["log"] = true;
  if (!std::isnan(q.axis.reference)) json["reference"] = q.axis.reference;
  for (const double bound : {q.axis.low, q.axis.high})
    if (!std::isnan(bound)) json["include"].push_back(bound);
  return json;
}

Json bins_json(const LayerFlow& layer) {
  if (!(layer.slopes.high > layer.slopes.low)) return nullptr;
  return {{"low", layer.slopes.low}, {"high", layer.slopes.high}};
}

Json theory_json(const Snapshots& flow) {
  if (flow.empty() || flow[0]->step != 0) return nullptr;
  const auto& layers = flow[0]->layers;
  if (std::ranges::all_of(layers, [](const LayerFlow& l) { return std::isnan(l.predicted_factor); })) return nullptr;
  return {{"factor", array_of(layers, [](const LayerFlow& l) { return l.predicted_factor; })},
          {"deviation", array_of(layers, [](const LayerFlow& l) { return l.predicted_deviation; })}};
}

/// Returns the accuracy for classes and R^2 for values.
double metric(const Evaluation& e) { return std::isnan(e.accuracy) ? e.r2 : e.accuracy; }

Json epochs_json(const ReportRun& run) {
  std::vector<std::size_t> steps;
  std::vector<double> train, validation, metrics;
  for (const EpochRecord* e : thinned(run.history.epochs)) {
    steps.push_back(e->steps - 1);
    train.push_back(e->train_loss);
    validation.push_back(e->validation.loss);
    metrics.push_back(metric(e->validation));
  }
  return {{"step", steps},
          {"train_loss", train},
          {"validation_loss", validation},
          {"metric_name", std::isnan(run.train.r2) ? "accuracy" : "R^2"},
          {"metric", metrics}};
}

Json finding_json(const Finding& f) {
  return {{"mechanism", name(f.mechanism)},
          {"fault", is_fault(f.mechanism)},
          {"first_layer", f.first_layer},
          {"last_layer", f.last_layer},
          {"text", f.text},
          {"remedies", array_of(f.remedies, [](const Remedy& r) { return describe(r); })}};
}

Json verdict_json(const std::optional<Verdict>& v) {
  if (!v) return nullptr;
  return {{"start", name(v->start)}, {"end", name(v->end)}, {"learning", name(v->learning)}, {"text", v->text}};
}

Json boundary_json(const std::optional<ReportBoundary>& boundary) {
  if (!boundary) return nullptr;
  return {{"low", boundary->low},
          {"high", boundary->high},
          {"columns", boundary->columns},
          {"rows", boundary->rows},
          {"values", array_of(boundary->values, [](double value) { return std::round(1000 * value) / 1000; })}};
}

Json layer_json(const ReportLayer& layer) {
  return {{"name", layer.name}, {"activation", layer.activation ? Json(layer.activation->name) : Json()}};
}

Json run_json(const ReportRun& run) {
  const Snapshots flow = thinned(run.flow);
  const auto& divergence = run.history.divergence;
  return {{"name", run.name},
          {"seed", std::to_string(run.seed)},  // as text: a JavaScript number cannot hold all digits of the seed
          {"outcome", name(run.history.outcome)},
          {"divergence", divergence ? Json(divergence->text) : Json()},
          {"steps", run.history.steps},
          {"layers", array_of(run.layers, layer_json)},
          {"flow", flow_json(flow)},
          {"slope_bins", flow.empty() ? Json() : array_of(flow[0]->layers, bins_json)},
          {"theory", theory_json(flow)},
          {"epochs", epochs_json(run)},
          {"final",
           {{"train_loss", run.train.loss},
            {"validation_loss", run.validation.loss},
            {"train_metric", metric(run.train)},
            {"validation_metric", metric(run.validation)}}},
          {"verdict", verdict_json(run.verdict)},
          {"findings", array_of(run.findings, finding_json)},
          {"cures", array_of(run.cures, [](const ReportCure& c) { return c.text(); })},
          {"boundary", boundary_json(run.boundary)}};
}

/// Returns f and f' of every activation that the runs use, on [-10, 10].
Json activations_json(const std::vector<ReportRun>& runs) {
  std::map<std::string, const ActivationInfo*> all;
  for (const ReportRun& run : runs)
    for (const ReportLayer& layer : run.layers)
      if (layer.activation) all.emplace(layer.activation->name, &*layer.activation);
  const std::vector<double> z = curve_arguments(10);
  Json json = Json::object();
  for (const auto& [name, activation] : all)
    json[name] = {{"z", z}, {"value", mapped(activation->value, z)}, {"slope", mapped(activation->slope, z)}};
  return json;
}

Json points_json(const std::vector<ReportPoint>& points) {
  if (points.empty()) return nullptr;
  return {{"x", array_of(points, [](const ReportPoint& p) { return p.x; })},
          {"y", array_of(points, [](const ReportPoint& p) { return p.y; })},
          {"class", array_of(points, [](const ReportPoint& p) { return p.label; })}};
}

std::string thinning_text(const Report& report) {
  std::size_t steps = 0, all_steps = 0, epochs = 0, all_epochs = 0;
  for (const ReportRun& run : report.runs) {
    steps = std::max(steps, thinned(run.flow).size());
    all_steps = std::max(all_steps, run.history.steps);
    epochs = std::max(epochs, thinned(run.history.epochs).size());
    all_epochs = std::max(all_epochs, run.history.epochs.size());
  }
  const auto of = [](std::size_t some, std::size_t all) { return std::to_string(some) + " of " + std::to_string(all); };
  return of(steps, all_steps) + " steps and " + of(epochs, all_epochs) + " epochs are shown, log-spaced.";
}

}  // namespace

std::string ReportCure::text() const {
  const auto metric_text = [](double x) { return std::isnan(x) ? "diverged" : fmt::format("{:.3f}", x); };
  const auto factor_text = [](double x) {
    return x < 1e-3 || x >= 1e4 ? fmt::format("{:.1e}", x) : fmt::format("{:.3f}", x);
  };
  return fmt::format("{} {}. Factor per layer: {} -> {}; {}: {} -> {}.", describe_in_sentence(remedy), judgement,
                     factor_text(factor_before), factor_text(factor), metric_name, metric_text(metric_before),
                     metric_text(metric));
}

bool can_write_reports() { return has_pages(); }

std::string report_page(const Report& report) {
  const Json data = {{"thinning", thinning_text(report)},
                     {"verdict_rules", verdict_rules()},
                     {"exploding_above", exploding_above},
                     {"quantities", array_of(layer_quantities, quantity_json)},
                     {"activations", activations_json(report.runs)},
                     {"z_bins", {{"low", -10}, {"high", 10}}},
                     {"runs", array_of(report.runs, run_json)},
                     {"points", points_json(report.points)}};
  return make_page(Page::run, {report.title, report.command, report.settings},
                   data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void write_report(const std::string& path, const Report& report) { write_file(path, report_page(report)); }

std::optional<ReportBoundary> boundary_of(const Network<float>& network, const Dataset<float>& data, Reading reading) {
  const Matrix<float>& x = data.x;
  require_shape("boundary_of", "x", x, {rows(x), network.inputs(), "a column for each input of the network"});
  const bool one_of_classes = reading == Reading::class_logits || is_classification(data);
  if (network.inputs() != 2 || rows(x) == 0 || (network.outputs() > 1 && !one_of_classes)) return std::nullopt;
  constexpr std::size_t cells = 60;
  constexpr double margin = 0.1;
  ReportBoundary b{{0, 0}, {0, 0}, cells, cells, {}};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    double low = row(x, 0)[axis], high = low;
    for (std::size_t i = 0; i < rows(x); ++i) {
      low = std::min<double>(low, row(x, i)[axis]);
      high = std::max<double>(high, row(x, i)[axis]);
    }
    b.low[axis] = low - margin * (high - low);
    b.high[axis] = high + margin * (high - low);
  }
  Matrix<float> grid = zeros<float>(cells * cells, 2);
  const auto place = [&](std::size_t i, std::size_t axis) {
    return static_cast<float>(b.low[axis] + (static_cast<double>(i) + 0.5) / cells * (b.high[axis] - b.low[axis]));
  };
  for (std::size_t i = 0; i < cells * cells; ++i) {
    row(grid, i)[0] = place(i % cells, 0);
    row(grid, i)[1] = place(i / cells, 1);
  }
  const Matrix<float> logits = network.predict(grid);
  // Several classes are compared by their logits. Softmax in float can round two probabilities to the same number.
  const Matrix<float> output = reading == Reading::one_logit ? sigmoid(logits) : logits;
  for (std::size_t i = 0; i < rows(output); ++i) {
    const auto values = row(output, i);
    b.values.push_back(values.size() == 1 ? static_cast<double>(values[0])
                                          : static_cast<double>(std::ranges::max_element(values) - values.begin()));
  }
  return b;
}

std::vector<ReportPoint> points_of(const Dataset<float>& data, std::size_t most) {
  detail::require_same_samples("points_of", data);
  std::vector<ReportPoint> points;
  if (columns(data.x) != 2 || (columns(data.y) > 1 && !is_classification(data))) return points;
  require_shape("points_of", "y", data.y, {rows(data.y), std::max<std::size_t>(1, columns(data.y)), "or more columns"});
  for (std::size_t i = 0; i < std::min(most, samples(data)); ++i) {
    const auto y = row(data.y, i);
    const auto of_class = y.size() > 1 ? static_cast<std::size_t>(std::ranges::max_element(y) - y.begin())
                                       : static_cast<std::size_t>(std::max(0.0f, y[0]));
    points.push_back({row(data.x, i)[0], row(data.x, i)[1], of_class});
  }
  return points;
}

}  // namespace gradflow

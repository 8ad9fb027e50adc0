#include <gradflow/report/report.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>

#include <gradflow/base/file.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/report/curve.hpp>
#include <gradflow/report/page.hpp>

namespace gradflow {
namespace {

using namespace detail;

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

/// [steps][layers]
std::string by_step_and_layer(const Snapshots& flow, const std::function<std::string(const LayerFlow&)>& text) {
  return json_array(flow, [&](const FlowSnapshot* snapshot) { return json_array(snapshot->layers, text); });
}

/// Per mille, as whole numbers; null where nothing was counted.
template <std::size_t bins>
std::string json_histogram(const Histogram<bins>& h) {
  if (std::ranges::all_of(h.shares, [](double share) { return share == 0; })) return "null";
  return json_array(h.shares, [](double share) { return std::to_string(std::lround(1000 * share)); });
}

std::string flow_json(const Snapshots& flow) {
  JsonMembers members = {{"steps", json_array(flow, [](const auto* s) { return std::to_string(s->step); })},
                         {"loss", json_array(flow, [](const auto* s) { return json_number(s->loss); })}};
  for (const LayerQuantity& q : layer_quantities)
    if (!q.section.empty())
      members.push_back(
          {q.name.data(), by_step_and_layer(flow, [&](const LayerFlow& l) { return json_number(l.*q.member); })});
  members.push_back(
      {"slope_histogram", by_step_and_layer(flow, [](const LayerFlow& l) { return json_histogram(l.slopes); })});
  members.push_back({"z_histogram", by_step_and_layer(flow, [](const LayerFlow& l) { return json_histogram(l.z); })});
  return json_object(members);
}

/// How each quantity is drawn; what it does not have is left out.
std::string quantity_json(const LayerQuantity& q) {
  JsonMembers members = {{"name", json_text(q.name)}, {"section", json_text(q.section)}, {"title", json_text(q.title)}};
  if (!q.note.empty()) members.push_back({"note", json_text(q.note)});
  if (!q.axis.unit.empty()) members.push_back({"unit", json_text(q.axis.unit)});
  if (q.axis.logarithmic) members.push_back({"log", json_truth(true)});
  if (!std::isnan(q.axis.reference)) members.push_back({"reference", json_number(q.axis.reference)});
  std::vector<double> included{q.axis.low, q.axis.high};
  std::erase_if(included, [](double x) { return std::isnan(x); });
  if (!included.empty()) members.push_back({"include", json_numbers(included)});
  return json_object(members);
}

std::string bins_json(const LayerFlow& layer) {
  if (!(layer.slopes.high > layer.slopes.low)) return "null";
  return json_object({{"low", json_number(layer.slopes.low)}, {"high", json_number(layer.slopes.high)}});
}

std::string theory_json(const Snapshots& flow) {
  if (flow.empty() || flow[0]->step != 0) return "null";
  const auto& layers = flow[0]->layers;
  if (std::ranges::all_of(layers, [](const LayerFlow& l) { return std::isnan(l.predicted_factor); })) return "null";
  return json_object(
      {{"factor", json_array(layers, [](const LayerFlow& l) { return json_number(l.predicted_factor); })},
       {"deviation", json_array(layers, [](const LayerFlow& l) { return json_number(l.predicted_deviation); })}});
}

/// Accuracy for classes, R^2 for values.
double metric(const Evaluation& e) { return std::isnan(e.accuracy) ? e.r2 : e.accuracy; }

std::string epochs_json(const ReportRun& run) {
  std::vector<double> steps, train, validation, metrics;
  for (const EpochRecord* e : thinned(run.history.epochs)) {
    steps.push_back(static_cast<double>(e->steps - 1));
    train.push_back(e->train_loss);
    validation.push_back(e->validation.loss);
    metrics.push_back(metric(e->validation));
  }
  return json_object({{"step", json_numbers(steps)},
                      {"train_loss", json_numbers(train)},
                      {"validation_loss", json_numbers(validation)},
                      {"metric_name", json_text(std::isnan(run.train.r2) ? "accuracy" : "R^2")},
                      {"metric", json_numbers(metrics)}});
}

std::string finding_json(const Finding& f) {
  return json_object({{"mechanism", json_text(name(f.mechanism))},
                      {"fault", json_truth(is_fault(f.mechanism))},
                      {"first_layer", std::to_string(f.first_layer)},
                      {"last_layer", std::to_string(f.last_layer)},
                      {"text", json_text(f.text)},
                      {"remedies", json_array(f.remedies, [](const Remedy& r) { return json_text(describe(r)); })}});
}

std::string verdict_json(const std::optional<Verdict>& v) {
  if (!v) return "null";
  return json_object({{"start", json_text(name(v->start))},
                      {"end", json_text(name(v->end))},
                      {"learning", json_text(name(v->learning))},
                      {"text", json_text(v->text)}});
}

std::string boundary_json(const std::optional<ReportBoundary>& boundary) {
  if (!boundary) return "null";
  const auto pair = [](const double(&p)[2]) { return "[" + json_number(p[0]) + "," + json_number(p[1]) + "]"; };
  const auto rounded = [](double value) { return json_number(std::round(1000 * value) / 1000); };
  return json_object({{"low", pair(boundary->low)},
                      {"high", pair(boundary->high)},
                      {"columns", std::to_string(boundary->columns)},
                      {"rows", std::to_string(boundary->rows)},
                      {"values", json_array(boundary->values, rounded)}});
}

std::string layer_json(const ReportLayer& layer) {
  return json_object(
      {{"name", json_text(layer.name)}, {"activation", layer.activation ? json_text(layer.activation->name) : "null"}});
}

std::string run_json(const ReportRun& run) {
  const Snapshots flow = thinned(run.flow);
  const auto& divergence = run.history.divergence;
  const bool measured = !flow.empty();
  return json_object({{"name", json_text(run.name)},
                      {"seed", json_text(std::to_string(run.seed))},  // a script's number has not all of its digits
                      {"outcome", json_text(name(run.history.outcome))},
                      {"divergence", divergence ? json_text(divergence->text) : "null"},
                      {"steps", std::to_string(run.history.steps)},
                      {"layers", json_array(run.layers, layer_json)},
                      {"flow", flow_json(flow)},
                      {"slope_bins", measured ? json_array(flow[0]->layers, bins_json) : "null"},
                      {"theory", theory_json(flow)},
                      {"epochs", epochs_json(run)},
                      {"final", json_object({{"train_loss", json_number(run.train.loss)},
                                             {"validation_loss", json_number(run.validation.loss)},
                                             {"train_metric", json_number(metric(run.train))},
                                             {"validation_metric", json_number(metric(run.validation))}})},
                      {"verdict", verdict_json(run.verdict)},
                      {"findings", json_array(run.findings, finding_json)},
                      {"cures", json_array(run.cures, [](const ReportCure& c) { return json_text(c.text()); })},
                      {"boundary", boundary_json(run.boundary)}});
}

/// Of every activation there is, f and f' on [-10, 10].
std::string activations_json(const std::vector<ReportRun>& runs) {
  std::map<std::string, const ActivationInfo*> all;
  for (const ReportRun& run : runs)
    for (const ReportLayer& layer : run.layers)
      if (layer.activation) all.emplace(layer.activation->name, &*layer.activation);
  const std::vector<double> z = curve_arguments(10);
  std::string out;
  for (const auto& [name, activation] : all)
    out += (out.empty() ? "" : ",") + json_text(name) + ":" +
           json_object({{"z", json_numbers(z)},
                        {"value", json_numbers(mapped(activation->value, z))},
                        {"slope", json_numbers(mapped(activation->slope, z))}});
  return "{" + out + "}";
}

std::string points_json(const std::vector<ReportPoint>& points) {
  if (points.empty()) return "null";
  return json_object({{"x", json_array(points, [](const ReportPoint& p) { return json_number(p.x); })},
                      {"y", json_array(points, [](const ReportPoint& p) { return json_number(p.y); })},
                      {"class", json_array(points, [](const ReportPoint& p) { return std::to_string(p.label); })}});
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
  return fmt::format("{}: {}. Factor per layer {} -> {}, {} {} -> {}.", describe(remedy), judgement,
                     factor_text(factor_before), factor_text(factor), metric_name, metric_text(metric_before),
                     metric_text(metric));
}

bool can_write_reports() { return has_pages(); }

std::string report_page(const Report& report) {
  return make_page(Page::run, {report.title, report.command, report.settings},
                   {{"thinning", json_text(thinning_text(report))},
                    {"verdict_rules", json_text(verdict_rules())},
                    {"quantities", json_array(layer_quantities, quantity_json)},
                    {"activations", activations_json(report.runs)},
                    {"z_bins", json_object({{"low", "-10"}, {"high", "10"}})},
                    {"runs", json_array(report.runs, run_json)},
                    {"points", points_json(report.points)}});
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
  // Not of several classes: where two are certain to float's precision, the larger one would be lost.
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
  require_shape("points_of", "y", data.y,
                {rows(data.y), std::max<std::size_t>(1, columns(data.y)), "at least one column"});
  for (std::size_t i = 0; i < std::min(most, samples(data)); ++i) {
    const auto y = row(data.y, i);
    const auto of_class = y.size() > 1 ? static_cast<std::size_t>(std::ranges::max_element(y) - y.begin())
                                       : static_cast<std::size_t>(std::max(0.0f, y[0]));
    points.push_back({row(data.x, i)[0], row(data.x, i)[1], of_class});
  }
  return points;
}

}  // namespace gradflow

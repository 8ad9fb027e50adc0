#pragma once
// The report: one page of HTML that opens anywhere and needs nothing else, with what was measured during some runs,
// drawn, explained, and as numbers.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/flow/diagnosis.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/verdict.hpp>
#include <gradflow/nn/loss.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/train/history.hpp>

namespace gradflow {

struct ReportLayer {
  std::string name;                          ///< "64 -> 32"
  std::optional<ActivationInfo> activation;  ///< drawn where there is one
};

/// What a network of two inputs makes of each place: for one output the probability or value, for several the class.
struct ReportBoundary {
  double low[2], high[2];
  std::size_t columns, rows;
  std::vector<double> values;  ///< [rows, columns], from low to high
};

/// What a remedy made of a copy of the run. A metric that is NaN: the run diverged.
struct ReportCure {
  Remedy remedy;
  std::string judgement;    ///< "cures it", "helps", "does not help"
  std::string metric_name;  ///< "accuracy"
  double metric_before, metric;
  double factor_before, factor;  ///< of the gradient per layer, at the start
  /// "another activation: relu: cures it. Factor per layer 0.247 -> 0.994, accuracy 0.100 -> 0.969."
  std::string text() const;
};

struct ReportRun {
  std::string name;
  std::uint64_t seed = 0;
  std::vector<ReportLayer> layers = {};
  std::vector<FlowSnapshot> flow = {};  ///< what a FlowHistory kept
  History history = {};
  Evaluation train = {}, validation = {};  ///< at the end
  std::optional<Verdict> verdict = {};
  std::vector<Finding> findings = {};
  std::vector<ReportCure> cures = {};
  std::optional<ReportBoundary> boundary = {};
};

struct ReportPoint {
  double x, y;
  std::size_t label;
};

struct Report {
  std::string title;
  std::string command = {};                                        ///< that repeats it
  std::vector<std::pair<std::string, std::string>> settings = {};  ///< as they are shown
  std::vector<ReportRun> runs = {};
  std::vector<ReportPoint> points = {};  ///< two-dimensional data, if it is
};

/// False in a build without D3 (Debian's package node-d3): then there is no page to write.
bool can_write_reports();

/// The page shows at most this many measured steps and epochs of a run, log-spaced.
inline constexpr std::size_t report_steps = 60, report_epochs = 200;

/// The whole page. Throws std::runtime_error where can_write_reports() is false.
std::string report_page(const Report& report);

/// Writes it whole or not at all. Throws std::system_error.
void write_report(const std::string& path, const Report& report);

/// Of a network of two inputs, over the place of the points and a little more; nothing for other networks, and for
/// several outputs that are no classes. reading: the loss's. Throws ShapeError where x is not as wide as the network's
/// input.
std::optional<ReportBoundary> boundary_of(const Network<float>& network, const Dataset<float>& data, Reading reading);

/// [samples, 2] and class indices, or what class a row of y is of, at most `most` of them; nothing for other data.
/// Throws ShapeError where x and y differ in samples or y has no column.
std::vector<ReportPoint> points_of(const Dataset<float>& data, std::size_t most = 1000);

}  // namespace gradflow

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

/// A layer of a run, as the page names and draws it.
struct ReportLayer {
  std::string name;                          ///< "64 -> 32"
  std::optional<ActivationInfo> activation;  ///< drawn where there is one
};

/// What a network of two inputs makes of each place: for one output the probability or value, for several the class.
struct ReportBoundary {
  double low[2];               ///< where the first column and the first row begin, in units of the two inputs
  double high[2];              ///< where the last column and the last row end
  std::size_t columns;         ///< places along the first input
  std::size_t rows;            ///< places along the second input
  std::vector<double> values;  ///< [rows, columns], from low to high
};

/// What a remedy made of a copy of the run. A metric that is NaN: the run diverged.
struct ReportCure {
  Remedy remedy;            ///< what was changed in the copy
  std::string judgement;    ///< "cures it", "helps", "does not help"
  std::string metric_name;  ///< "accuracy"
  double metric_before;     ///< of the run
  double metric;            ///< of the copy
  double factor_before;     ///< factor_per_layer() at the start of the run
  double factor;            ///< factor_per_layer() at the start of the copy
  /// "another activation: relu: cures it. Factor per layer 0.247 -> 0.994, accuracy 0.100 -> 0.969."
  std::string text() const;
};

/// One run, as the page draws it. What is empty is left out.
struct ReportRun {
  std::string name;  ///< "relu"; runs of one name are told apart by their seeds
  std::uint64_t seed = 0;
  std::vector<ReportLayer> layers = {};         ///< first to last
  std::vector<FlowSnapshot> flow = {};          ///< what a FlowHistory kept
  History history = {};                         ///< as Trainer::fit() returned it
  Evaluation train = {};                        ///< of the training part, at the end
  Evaluation validation = {};                   ///< of the validation part, at the end; all NaN without one
  std::optional<Verdict> verdict = {};          ///< of judge()
  std::vector<Finding> findings = {};           ///< of diagnose()
  std::vector<ReportCure> cures = {};           ///< of the remedies that were tried
  std::optional<ReportBoundary> boundary = {};  ///< of boundary_of()
};

/// A sample of two features.
struct ReportPoint {
  double x;           ///< the first feature
  double y;           ///< the second feature
  std::size_t label;  ///< the class, from 0
};

/// What report_page() draws.
struct Report {
  std::string title;                                               ///< the page's heading
  std::string command = {};                                        ///< that repeats it
  std::vector<std::pair<std::string, std::string>> settings = {};  ///< as they are shown
  std::vector<ReportRun> runs = {};                                ///< in the order of the page
  std::vector<ReportPoint> points = {};                            ///< two-dimensional data, if it is
};

/// False in a build without D3 (Debian's package node-d3): then there is no page to write.
bool can_write_reports();

/// The page shows at most this many measured steps of a run, log-spaced, and the last one.
inline constexpr std::size_t report_steps = 60;
/// The page shows at most this many epochs of a run, log-spaced, and the last one.
inline constexpr std::size_t report_epochs = 200;

/// The whole page. Throws std::runtime_error where can_write_reports() is false.
std::string report_page(const Report& report);

/// Writes it whole or not at all. Throws std::system_error.
void write_report(const std::string& path, const Report& report);

/// For a network of two inputs, over the place of the points and a little more; nothing for other networks, and for
/// several outputs that are no classes. reading: the loss's. Throws ShapeError where x is not as wide as the network's
/// input.
std::optional<ReportBoundary> boundary_of(const Network<float>& network, const Dataset<float>& data, Reading reading);

/// [samples, 2] and class indices, or what class a row of y is of, at most `most` of them; nothing for other data.
/// Throws ShapeError where x and y differ in samples or y has no column.
std::vector<ReportPoint> points_of(const Dataset<float>& data, std::size_t most = 1000);

}  // namespace gradflow

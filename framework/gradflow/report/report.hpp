#pragma once
// The report: one HTML page that needs no other file. It shows the measurements of some runs as charts, explanations
// and tables.
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

/// A layer of a run.
struct ReportLayer {
  std::string name;                          ///< "64 -> 32"
  std::optional<ActivationInfo> activation;  ///< none: no curve is drawn
};

/// The outputs of a network with two inputs on a grid over the plane of its inputs. A network with one output has a
/// probability or value at each point of the grid; a network with several outputs has the index of a class.
struct ReportBoundary {
  double low[2];               ///< lower edge of the grid along each input, in the unit of the input
  double high[2];              ///< upper edge of the grid along each input
  std::size_t columns;         ///< cells along the first input
  std::size_t rows;            ///< cells along the second input
  std::vector<double> values;  ///< [rows, columns], from low to high; at the middles of the cells
};

/// The result of training a copy of a run with one remedy. A metric of NaN means that the run diverged.
struct ReportCure {
  Remedy remedy;            ///< the change in the copy
  std::string judgement;    ///< "cures the fault", "helps", "does not help"
  std::string metric_name;  ///< "accuracy"
  double metric_before;     ///< metric of the run
  double metric;            ///< metric of the copy
  double factor_before;     ///< factor_per_layer() at the start of the run
  double factor;            ///< factor_per_layer() at the start of the copy
  /// Returns "another activation (relu) cures the fault. Factor per layer: 0.247 -> 0.994; accuracy: 0.100 -> 0.969."
  std::string text() const;
};

/// The data of one run. The page leaves out empty members.
struct ReportRun {
  std::string name;  ///< "relu"; the page adds the seed if several runs have this name
  std::uint64_t seed = 0;
  std::vector<ReportLayer> layers = {};         ///< first to last
  std::vector<FlowSnapshot> flow = {};          ///< from FlowHistory::snapshots()
  History history = {};                         ///< from Trainer::fit()
  Evaluation train = {};                        ///< on the training part, at the end
  Evaluation validation = {};                   ///< on the validation part, at the end; all NaN without one
  std::optional<Verdict> verdict = {};          ///< from judge()
  std::vector<Finding> findings = {};           ///< from diagnose()
  std::vector<ReportCure> cures = {};           ///< one for each remedy that was tried
  std::optional<ReportBoundary> boundary = {};  ///< from boundary_of()
};

/// A sample with two features.
struct ReportPoint {
  double x;           ///< the first feature
  double y;           ///< the second feature
  std::size_t label;  ///< the class, from 0
};

/// The data that report_page() draws.
struct Report {
  std::string title;                                               ///< the page's heading
  std::string command = {};                                        ///< the command line that makes the report again
  std::vector<std::pair<std::string, std::string>> settings = {};  ///< name and value, as text
  std::vector<ReportRun> runs = {};                                ///< in the order of the page
  std::vector<ReportPoint> points = {};                            ///< from points_of(); may be empty
};

/// Returns false in a build without D3 (Debian's package node-d3), which cannot make pages.
bool can_write_reports();

/// The page shows at most this many log-spaced steps of a run, and its last measured step.
inline constexpr std::size_t report_steps = 60;
/// The page shows at most this many log-spaced epochs of a run, and its last epoch.
inline constexpr std::size_t report_epochs = 200;

/// Returns the whole page as HTML. Throws std::runtime_error if can_write_reports() is false.
std::string report_page(const Report& report);

/// Writes report_page() to a file, completely or not at all. Throws std::system_error if the file cannot be written,
/// and whatever report_page() throws.
void write_report(const std::string& path, const Report& report);

/// Returns the boundary of a network with two inputs, on a grid of 60 x 60 cells that covers the samples and a margin
/// of 10 % on each side. Returns nothing if the network does not have two inputs, if there are no samples, or if the
/// network has several outputs that are not classes. reading: how the loss reads the outputs. Throws ShapeError if the
/// number of columns of x is not the number of inputs.
std::optional<ReportBoundary> boundary_of(const Network<float>& network, const Dataset<float>& data, Reading reading);

/// Returns the first samples of two-dimensional data with their classes, at most `most` samples. y has one column of
/// class indices, or one column for each class; the class of a sample is then the column of its largest number. Returns
/// nothing if x does not have two columns, or if y has several columns that are not classes. Throws ShapeError if x and
/// y have different numbers of samples, or if y has no column.
std::vector<ReportPoint> points_of(const Dataset<float>& data, std::size_t most = 1000);

}  // namespace gradflow

#pragma once
// The files of a sweep in its folder: sweep.csv has a line for every finished run, sweep.json has the settings that all
// runs share. An interrupted sweep continues from these files.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <gradflow/base/append_file.hpp>

#include <cli/results.hpp>

/// Identifies a run of the sweep.
struct SweepKey {
  std::string activation, init;
  std::size_t depth = 0;
  std::uint64_t seed = 0;
  friend auto operator<=>(const SweepKey&, const SweepKey&) = default;
};

/// The results of a run, as in a line of sweep.csv. A number that does not apply is NaN.
struct SweepRun {
  std::size_t steps = 0;
  double train_loss, train_metric;
  double validation_loss, validation_metric;
  double gradient_left, factor_per_layer;                       ///< at the first step
  std::string gradient_start, gradient_end, learning, outcome;  ///< the same words as in summary.json
};

/// Returns the results of a run for sweep.csv. The metric is the accuracy for classes, R^2 for values.
SweepRun sweep_run(const RunResult& result);

/// The folder of a sweep; it is locked against other sweeps. After append() returns, the line is completely on the
/// disk. If a crash or a full disk has left an incomplete last line, the next SweepFile for this folder removes it.
class SweepFile {
 public:
  /// Makes the folder if it does not exist. restart: deletes the runs in it. Throws UsageError if the existing runs
  /// have other settings, std::runtime_error if another sweep uses the folder, FormatError if a file is damaged,
  /// std::system_error if a file cannot be read or written.
  SweepFile(const std::string& folder, const Json& settings, bool restart);

  const std::map<SweepKey, SweepRun>& runs() const { return runs_; }
  /// Whether the file had an incomplete last line when it was opened.
  bool was_torn() const { return torn_; }
  /// Appends the line of a finished run. Throws std::system_error if it cannot be written; the file is then unchanged.
  /// Must not be called by several threads at the same time.
  void append(const SweepKey& key, const SweepRun& run);
  /// Sorts the lines, so that the same runs give the same bytes in whatever order they ended. Must be the last call,
  /// because nothing can be appended afterwards. Throws std::system_error if the file cannot be written; it is then
  /// unchanged.
  void put_in_order() const;

 private:
  void lock();
  void repair();
  void read_runs();
  void check_settings(const std::string& path, const Json& settings) const;
  void append_line(const std::string& line);
  void require(bool success) const;

  gradflow::AppendFile file_;
  std::map<SweepKey, SweepRun> runs_;
  bool torn_ = false;
};

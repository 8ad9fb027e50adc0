#pragma once
// What a sweep leaves in its folder: sweep.csv, a line for every run that ended, and sweep.json, the settings that they
// all share. A sweep that was ended continues from there.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <gradflow/base/append_file.hpp>

#include <cli/results.hpp>

/// Which run of the sweep.
struct SweepKey {
  std::string activation, init;
  std::size_t depth = 0;
  std::uint64_t seed = 0;
  friend auto operator<=>(const SweepKey&, const SweepKey&) = default;
};

/// What a line of sweep.csv says of a run; NaN where a number does not apply.
struct SweepRun {
  std::size_t steps = 0;
  double train_loss, train_metric;
  double validation_loss, validation_metric;
  double gradient_left, factor_per_layer;                       ///< of the first step
  std::string gradient_start, gradient_end, learning, outcome;  ///< as summary.json has them
};

/// The metric is the accuracy of classes, R^2 of values.
SweepRun sweep_run(const RunResult& result);

/// A sweep's folder, which no other sweep can have meanwhile. A line is on the disk, whole, when append() returns; one
/// that was torn, by a crash or a full disk, is taken away when the folder is opened next.
class SweepFile {
 public:
  /// Makes the folder where there is none; with restart the runs in it are forgotten. Throws UsageError where they were
  /// made with other settings, std::runtime_error where another sweep has the folder, std::system_error, FormatError.
  SweepFile(const std::string& folder, const Json& settings, bool restart);

  const std::map<SweepKey, SweepRun>& runs() const { return runs_; }
  /// Whether the last line was torn.
  bool was_torn() const { return torn_; }
  /// Throws std::system_error; the file is then as it was. Not for several threads at once.
  void append(const SweepKey& key, const SweepRun& run);
  /// Sorts the lines, so that the same runs leave the same bytes, whichever ended first. The last call: nothing can be
  /// appended after it. Throws std::system_error; the file is then as it was.
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

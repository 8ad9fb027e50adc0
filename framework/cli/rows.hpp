#pragma once
// Collects rows during a run. The tables are written from them when all runs have ended.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradflow/base/append_file.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/base/state.hpp>
#include <gradflow/log/csv_rows.hpp>
#include <gradflow/log/file_sink.hpp>
#include <gradflow/train/observer.hpp>

/// Text that grows during a run, in a file and not in memory. If the text cannot be written, the run continues, and
/// copy_to() throws.
class RowFile {
 public:
  /// A file in this folder. Without a name the file is temporary: it is created only for more text than a buffer holds,
  /// and has no name in the folder, so that a killed run leaves no file that looks complete. With a name the file
  /// stays, for a run that can be resumed. keep: append to the text that the file already has.
  explicit RowFile(std::string folder, const std::string& name = {}, bool keep = false);

  void append(std::string_view text);
  /// Hands all text to write(), in pieces. Throws std::system_error, which names path, if some text could not be kept.
  void copy_to(const gradflow::WriteText& write, const std::string& path);
  /// Saves or loads the size of the text. A resumed run removes the text beyond the saved size. Throws FormatError if
  /// the file is shorter than that, std::system_error if it cannot be written.
  void visit_state(gradflow::StateVisitor& state);

 private:
  void flush();

  std::string folder_, buffer_;
  std::optional<gradflow::AppendFile> file_;
  int error_ = 0;  // errno of the first failure
};

/// The rows of gradients.csv: all measured values except histograms, which would be most of the file.
class GradientRows final : public gradflow::Sink {
 public:
  /// events: null, or another sink that gets all records too, with the histograms. After it has failed no state is
  /// kept, so that a resumed run writes the lost events again.
  GradientRows(std::unique_ptr<RowFile> file, std::vector<gradflow::CsvColumn> columns, gradflow::FileSink* events)
      : file_(std::move(file)), columns_(std::move(columns)), events_(events) {}

  const std::vector<gradflow::CsvColumn>& columns() const { return columns_; }
  RowFile& file() { return *file_; }
  /// Throws std::runtime_error if some events could not be written.
  void require_events() const;

 private:
  void write_records(std::span<const gradflow::Record> records) override;
  void visit_written(gradflow::StateVisitor& state) override;

  std::unique_ptr<RowFile> file_;
  std::vector<gradflow::CsvColumn> columns_;
  gradflow::FileSink* events_;
  std::string text_;
};

/// The rows of metrics.csv: losses and metrics of each epoch.
class EpochRows final : public gradflow::Observer<float> {
 public:
  /// row_begins: the first fields of each row, for example "relu,1,". events: null, or the sink of GradientRows, which
  /// saves its state. The sink gets the numbers of each row as records. Their step is the last step of the epoch.
  EpochRows(std::unique_ptr<RowFile> file, std::string row_begins, gradflow::Sink* events);

  static std::string header();
  RowFile& file() { return *file_; }

  gradflow::Next on_epoch(const gradflow::Epoch<float>& epoch) override;
  void visit_state(gradflow::StateVisitor& state, const gradflow::Network<float>&) override;

 private:
  std::unique_ptr<RowFile> file_;
  std::string row_begins_;
  gradflow::Sink* events_;
};

/// Returns the number as text, or an empty field for NaN, which means that the number does not apply.
std::string csv_field(double number);

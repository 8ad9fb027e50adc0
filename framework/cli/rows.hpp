#pragma once
// Rows of tables that are written when all runs have ended.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradflow/base/append_file.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/base/state.hpp>
#include <gradflow/log/csv_rows.hpp>
#include <gradflow/train/observer.hpp>

/// Text that grows with a run, and takes no memory for it. Where it cannot be kept the run continues, and copy_to()
/// says so.
class RowFile {
 public:
  /// In this folder. Without a name the file has none either, and is there only where the rows are many: a run that is
  /// killed leaves nothing that looks whole. With a name it stays, for a run that can be resumed; keep: continue with
  /// what the file has.
  explicit RowFile(std::string folder, const std::string& name = {}, bool keep = false);

  void append(std::string_view text);
  /// All of it, in pieces. Throws std::system_error, naming path, where it could not be kept.
  void copy_to(const gradflow::WriteText& write, const std::string& path);
  /// How much there is: what a resumed run finds beyond it is removed. Throws FormatError where there is
  /// less.
  void visit_state(gradflow::StateVisitor& state);

 private:
  void flush();

  std::string folder_, buffer_;
  std::optional<gradflow::AppendFile> file_;
  int error_ = 0;  // errno, of the first failure
};

/// gradients.csv: what is measured. Histograms are left out: as rows they would be most of it.
class GradientRows final : public gradflow::Sink {
 public:
  GradientRows(std::unique_ptr<RowFile> file, std::vector<gradflow::CsvColumn> columns)
      : file_(std::move(file)), columns_(std::move(columns)) {}

  const std::vector<gradflow::CsvColumn>& columns() const { return columns_; }
  RowFile& file() { return *file_; }

 private:
  void write_records(std::span<const gradflow::Record> records) override;
  void visit_written(gradflow::StateVisitor& state) override { file_->visit_state(state); }

  std::unique_ptr<RowFile> file_;
  std::vector<gradflow::CsvColumn> columns_;
  std::string text_;
};

/// metrics.csv: what becomes of the loss, epoch by epoch.
class EpochRows final : public gradflow::Observer<float> {
 public:
  /// row_begins: "relu,1,"
  EpochRows(std::unique_ptr<RowFile> file, std::string row_begins)
      : file_(std::move(file)), row_begins_(std::move(row_begins)) {}

  static std::string header();
  RowFile& file() { return *file_; }

  gradflow::Next on_epoch(const gradflow::Epoch<float>& epoch) override;
  void visit_state(gradflow::StateVisitor& state, const gradflow::Network<float>&) override;

 private:
  std::unique_ptr<RowFile> file_;
  std::string row_begins_;
};

/// Empty where the number is NaN: where it does not apply.
std::string csv_field(double number);

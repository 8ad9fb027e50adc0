#pragma once
#include <string>
#include <vector>

#include <gradflow/base/file.hpp>
#include <gradflow/log/csv.hpp>

/// Rows of a table that is written when all runs have ended: until then, where they are many, in a file without a name,
/// so that a long run takes no memory for them, and a run that is killed leaves nothing that looks whole. Histograms
/// are left out: as rows they would be most of it. Where that fails the run goes on, and copy_to() says so.
class RowStore final : public gradflow::Sink {
 public:
  /// The file is made in this folder, which has room for the table.
  RowStore(std::string folder, std::vector<gradflow::CsvColumn> columns);
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;
  ~RowStore() override;

  const std::vector<gradflow::CsvColumn>& columns() const { return columns_; }
  /// All rows, in pieces. Throws std::system_error, naming path, where they could not be kept.
  void copy_to(const gradflow::WriteText& write, const std::string& path);

 private:
  void write_records(std::span<const gradflow::Record> records) override;
  void flush();

  std::string folder_;
  std::vector<gradflow::CsvColumn> columns_;
  std::string buffer_;
  int descriptor_ = -1;
  int error_ = 0;  // the first
};

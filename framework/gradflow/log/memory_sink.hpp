#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <gradflow/base/memory.hpp>
#include <gradflow/log/name_store.hpp>
#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Keeps all records in memory, to read them or write them to another sink later. Groups of records mostly have the
/// same form at every step, and each form is stored once. A group then needs only its numbers: 8 bytes for each record,
/// 8 for each bin, and 16 for the group itself.
class MemorySink final : public Sink {
 public:
  /// Returns all records in the order in which they were written. The span is valid until the next write(); the names
  /// and bins in it are valid as long as the sink. Do not call records() while another thread calls write() or
  /// records().
  std::span<const Record> records() const;
  /// Writes all records to another sink, in the same groups.
  void replay(Sink& to) const;

 private:
  /// A record without its value and bins.
  struct Form {
    std::string_view quantity;
    int layer;
    std::size_t steps;  ///< difference to the step of the first record in the group
    std::size_t bins;   ///< number of bins
    double low, high;   ///< Record::low, Record::high
  };
  /// The form of a group: everything except its first step and its numbers.
  struct GroupForm {
    std::vector<Form> records;
    std::size_t numbers;  ///< values and bins of the whole group
  };
  /// Groups one after the other. Each group: the step of its first record, the number of its form, then the value and
  /// the bins of each record.
  using Block = AlignedVector<double>;

  void write_records(std::span<const Record> records) override;
  std::size_t form_of(std::span<const Record> records);
  double* room_for(std::size_t count);
  const double* append(const double* group, std::vector<Record>& to) const;

  detail::NameStore names_;
  std::vector<GroupForm> forms_;
  std::size_t last_form_ = 0;
  std::vector<Block> blocks_;  // never filled beyond their capacity, so that numbers do not move

  mutable std::vector<Record> records_;                     // the records that records() has made so far
  mutable std::size_t read_blocks_ = 0, read_numbers_ = 0;  // already in records_: blocks, numbers of the next block
};

}  // namespace gradflow

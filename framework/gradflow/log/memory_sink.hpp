#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <gradflow/base/memory.hpp>
#include <gradflow/log/name_store.hpp>
#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Keeps all records, to be looked at, or written elsewhere, later. Groups are much alike from step to step: of most,
/// only the numbers are kept, 8 bytes a record and 16 a group.
class MemorySink final : public Sink {
 public:
  /// In the order they came in; valid until the next write(), names and bins as long as the sink. Not while a thread
  /// still writes, or asks for them too.
  std::span<const Record> records() const;
  /// Writes all to another sink, in the same groups.
  void replay(Sink& to) const;

 private:
  /// A record without its numbers.
  struct Form {
    std::string_view quantity;
    int layer;
    std::size_t steps;  ///< after the first record of its group
    std::size_t bins;
    double low, high;  ///< the bins' edges
  };
  struct GroupForm {
    std::vector<Form> records;
    std::size_t numbers;  ///< of their values and bins
  };
  /// Group after group: the step of its first record, the number of its form, and of each record its value and bins.
  using Block = AlignedVector<double>;

  void write_records(std::span<const Record> records) override;
  std::size_t form_of(std::span<const Record> records);
  double* room_for(std::size_t count);
  const double* append(const double* group, std::vector<Record>& to) const;

  detail::NameStore names_;
  std::vector<GroupForm> forms_;
  std::size_t last_form_ = 0;
  std::vector<Block> blocks_;  // filled to their capacity at most, so that numbers stay where they are

  mutable std::vector<Record> records_;                     // what records() has made of the groups,
  mutable std::size_t read_blocks_ = 0, read_numbers_ = 0;  // as far as these blocks and numbers of the next
};

}  // namespace gradflow

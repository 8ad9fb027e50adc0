#pragma once
#include <cstddef>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include <gradflow/log/name_store.hpp>
#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Keeps all records, to be looked at, or written elsewhere, later. Groups are much alike from step to step: of most,
/// only the numbers are kept, 8 bytes a record and 24 a group.
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
  };
  using GroupForm = std::vector<Form>;
  struct Group {
    std::size_t step;  ///< of its first record
    std::size_t form;
    const double* numbers;  ///< of each record its value, then its bins
  };

  void write_records(std::span<const Record> records) override;
  std::size_t form_of(std::span<const Record> records);
  double* room_for(std::span<const Record> records);
  void append(const Group& group, std::vector<Record>& to) const;

  detail::NameStore names_;
  std::vector<GroupForm> forms_;
  std::size_t last_form_ = 0;
  std::vector<Group> groups_;
  std::deque<std::vector<double>> blocks_;  // within their capacity, so that numbers stay where they are
  mutable std::vector<Record> records_;     // of the first groups, as far as records() was asked for
  mutable std::size_t unpacked_ = 0;
};

}  // namespace gradflow

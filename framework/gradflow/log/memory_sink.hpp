#pragma once
#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include <gradflow/log/name_store.hpp>
#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Keeps all records, to be looked at, or written elsewhere, later.
class MemorySink final : public Sink {
 public:
  /// In the order they came in; valid until the next write(), names and bins as long as the sink. Not while a thread
  /// still writes.
  std::span<const Record> records() const { return records_; }
  /// Writes all to another sink, in the same groups.
  void replay(Sink& to) const;

 private:
  void write_records(std::span<const Record> records) override;

  std::vector<Record> records_;
  std::vector<std::size_t> ends_;  // of the groups that came in
  detail::NameStore names_;
  std::deque<std::vector<double>> bins_;
};

}  // namespace gradflow

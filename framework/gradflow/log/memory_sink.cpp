#include <gradflow/log/memory_sink.hpp>

#include <cstddef>
#include <span>

namespace gradflow {

void MemorySink::replay(Sink& to) const {
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    to.write(records().subspan(begin, end - begin));
    begin = end;
  }
}

void MemorySink::write_records(std::span<const Record> records) {
  for (Record record : records) {
    record.quantity = names_.keep(record.quantity);
    if (!record.bins.empty()) record.bins = bins_.emplace_back(record.bins.begin(), record.bins.end());
    records_.push_back(record);
  }
  ends_.push_back(records_.size());
}

}  // namespace gradflow
